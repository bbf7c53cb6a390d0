use std::collections::BTreeSet;

use super::held::{HOUR_MS, MINUTE_MS, SECOND_MS};
use crate::chance::Seed;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A change never reaches a target.
    LostUpdate,
    /// Nothing reaches a target for hours, or any more.
    StoppedSync,
    /// The storefront takes an order of its own off twice.
    DoubledDecrement,
    /// The marketplace is set to what was pushed before last.
    OutOfOrder,
    /// The ERP books a batch again.
    RepeatedBatch,
    /// The ERP takes units for cases.
    UnitMistake,
    /// A price reaches the storefront and not the marketplace.
    OneChannelOnly,
    /// The price feed is not made any more, for hours or for good.
    StaleFeed,
}

/// Where and when a fault shows, at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damage {
    pub(super) fault: Fault,
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
}

/// A time in which nothing gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) from_ms: i64,
    /// The largest = for good.
    pub(super) until_ms: i64,
}

/// The faults of all items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outages {
    stopped: (&'static str, &'static str, Stop),
    pub(super) feed: Stop,
    /// A batch of the ERP, by its number, and when it is booked again.
    pub(super) repeated_batch: (i64, i64),
}

/// The faults of one item, each from that time on once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mishaps {
    faults: BTreeSet<Fault>,
    from_ms: i64,
    /// Which target loses an update, if one does.
    loser: &'static str,
}

/// Items in a hundred with faults of their own, and of these those with two.
const FAULTY_PERCENT: u32 = 25;
const MIXED_PERCENT: u32 = 30;

const OF_ITEMS: [Fault; 5] =
    [Fault::LostUpdate, Fault::DoubledDecrement, Fault::OutOfOrder, Fault::UnitMistake, Fault::OneChannelOnly];

/// What may stop: the sync and its target.
const STOPS: [(&str, &str); 5] = [
    ("stock", "storefront"),
    ("stock", "marketplace"),
    ("stock", "erp"),
    ("prices", "storefront"),
    ("prices", "marketplace"),
];

/// Time from one batch of the ERP to the next.
pub(super) const BATCH_MS: i64 = 5 * MINUTE_MS;

impl Stop {
    pub(super) fn holds(self, at_ms: i64) -> bool {
        (self.from_ms..self.until_ms).contains(&at_ms)
    }

    fn planned(seed: Seed, what: &str, ends_ms: i64) -> Self {
        let mut chance = seed.chance(&["stop", what]);
        let from_ms = chance.whole(ends_ms / 6, ends_ms / 2);
        let until_ms = from_ms + chance.whole(ends_ms / 8, ends_ms / 3);
        Self { from_ms, until_ms: if chance.happens(30) { i64::MAX } else { until_ms } }
    }
}

impl Outages {
    pub(super) fn planned(seed: Seed, ends_ms: i64) -> Self {
        let mut chance = seed.chance(&["outages"]);
        let (sync, target) = *chance.pick(&STOPS).unwrap_or(&STOPS[0]);
        let batch = chance.whole(1, (ends_ms / BATCH_MS / 2).max(1));
        let again_ms = batch * BATCH_MS + chance.whole(2, 6) * BATCH_MS + 90 * SECOND_MS;
        Self {
            stopped: (sync, target, Stop::planned(seed, "sync", ends_ms)),
            feed: Stop::planned(seed, "feed", ends_ms),
            repeated_batch: (batch, again_ms),
        }
    }

    /// When nothing reaches that target.
    pub(super) fn of(&self, sync: &str, target: &str) -> Option<Stop> {
        let (stopped_sync, stopped_target, stop) = self.stopped;
        (sync == stopped_sync && target == stopped_target).then_some(stop)
    }
}

impl Mishaps {
    pub(super) fn planned(seed: Seed, sku: &str, ends_ms: i64) -> Self {
        let mut chance = seed.chance(&["mishaps", sku]);
        let mut faults = BTreeSet::new();
        if chance.happens(FAULTY_PERCENT) {
            faults.extend(chance.pick(&OF_ITEMS));
            if chance.happens(MIXED_PERCENT) {
                faults.extend(chance.pick(&OF_ITEMS));
            }
        }
        let loser = if chance.happens(50) { "storefront" } else { "marketplace" };
        Self { faults, from_ms: chance.whole(ends_ms / 10, ends_ms * 2 / 3), loser }
    }

    /// Whether that fault happens now; it does once, so it is over then.
    pub(super) fn happens(&mut self, fault: Fault, now_ms: i64) -> bool {
        now_ms >= self.from_ms && self.faults.remove(&fault)
    }

    /// Whether that target loses an update now.
    pub(super) fn loses(&mut self, target: &str, now_ms: i64) -> bool {
        target == self.loser && self.happens(Fault::LostUpdate, now_ms)
    }
}

impl Damage {
    /// From then until the target is set anew, of which these are the times.
    pub(super) fn until_next(fault: Fault, from_ms: i64, set_ms: impl IntoIterator<Item = i64>) -> Self {
        let next = set_ms.into_iter().filter(|at_ms| *at_ms > from_ms).min();
        Self { fault, from_ms, until_ms: next.unwrap_or(i64::MAX) }
    }

    /// While nothing got through, and until what had waited was taken in.
    pub(super) fn stopped(fault: Fault, stop: Stop) -> Self {
        Self { fault, from_ms: stop.from_ms, until_ms: stop.until_ms.saturating_add(HOUR_MS / 2) }
    }
}
