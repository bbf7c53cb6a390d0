//! What systems tell of what they held, and when that arrives.

use ordertrace_api::reading::Entity;

use super::held::{Held, MINUTE_MS, SECOND_MS};
use crate::chance::{Chance, Seed};

/// Requests leave together, so often.
pub(super) const SENT_EVERY_MS: i64 = 30 * SECOND_MS;

/// Time between polls.
pub(super) const POLLED_EVERY_MS: i64 = MINUTE_MS;

/// Tellings in a hundred that arrive minutes late, and those that arrive again.
const LATE_PERCENT: u32 = 3;
const REPEATED_PERCENT: u32 = 8;

/// Where a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) system: &'static str,
    pub(super) entity: Entity,
    pub(super) sku: String,
    /// Empty where there is none, as below.
    pub(super) location: &'static str,
    pub(super) channel: &'static str,
    pub(super) currency: &'static str,
}

/// How a system tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Every change, with version and time.
    Versioned,
    /// Every change with its time.
    Dated,
    /// What it booked, when it did.
    Plain,
    /// What it holds when it is asked.
    Polled,
    /// Everything, whenever it is made, with that time.
    Made,
}

/// One telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Of which moment it is.
    pub(super) moment_ms: i64,
    pub(super) value: i64,
    /// Since when that is held.
    pub(super) held_ms: i64,
    pub(super) is_own_order: bool,
    /// The system's own count of its changes.
    pub(super) version: usize,
    /// When it arrives, each time that it does; the first is the first.
    pub(super) arrives_ms: Vec<i64>,
}

/// One system's copy of an item, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) place: Place,
    pub(super) manner: Manner,
    pub(super) told: Vec<Told>,
}

/// When a system is polled, or makes its feed, and when that arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rounds(Vec<(i64, Vec<i64>)>);

impl Rounds {
    /// Polls, of which some fail.
    pub(super) fn of_polls(seed: Seed, system: &str, ends_ms: i64) -> Self {
        let mut chance = seed.chance(&["polls", system]);
        let first_ms = chance.whole(SECOND_MS, 20 * SECOND_MS);
        let polls = (0..).map(|n| first_ms + n * POLLED_EVERY_MS).take_while(|at_ms| *at_ms < ends_ms);
        let polls: Vec<i64> = polls.filter(|at_ms| *at_ms == first_ms || !chance.happens(2)).collect();
        Self(polls.into_iter().map(|at_ms| (at_ms, arrivals(at_ms, 2 * SECOND_MS, &mut chance))).collect())
    }

    /// Every time that a feed is made.
    pub(super) fn of_feeds(seed: Seed, made_ms: impl Iterator<Item = i64>) -> Self {
        let mut chance = seed.chance(&["feeds"]);
        Self(made_ms.map(|at_ms| (at_ms, arrivals(at_ms, 10 * SECOND_MS, &mut chance))).collect())
    }

    /// Each time, and when it arrives.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, &[i64])> {
        self.0.iter().map(|(at_ms, arrives_ms)| (*at_ms, arrives_ms.as_slice()))
    }

    /// What is told of a value then.
    pub(super) fn tell(&self, place: Place, manner: Manner, held: &Held) -> Track {
        let told = self.0.iter().map(|(at_ms, arrives_ms)| told(held, *at_ms, arrives_ms.clone()));
        Track { place, manner, told: told.collect() }
    }
}

/// Every change is told, and what was before the days.
pub(super) fn tell_changes(place: Place, manner: Manner, held: &Held, slow_ms: i64, chance: &mut Chance) -> Track {
    let told = held.steps().iter().enumerate().map(|(version, step)| {
        let arrives_ms = match version {
            0 => vec![SENT_EVERY_MS],
            _ => arrivals(step.at_ms, slow_ms, chance),
        };
        Told { version: version + 1, ..told(held, step.at_ms, arrives_ms) }
    });
    Track { told: told.collect(), place, manner }
}

fn told(held: &Held, at_ms: i64, arrives_ms: Vec<i64>) -> Told {
    let step = held.at(at_ms);
    Told {
        moment_ms: at_ms,
        value: step.value,
        held_ms: step.at_ms,
        is_own_order: step.is_own_order,
        version: 0,
        arrives_ms,
    }
}

/// When something that was said arrives: usually within `slow_ms`.
pub(super) fn arrivals(at_ms: i64, slow_ms: i64, chance: &mut Chance) -> Vec<i64> {
    let mut arrives_ms = at_ms + chance.whole(50, slow_ms);
    if chance.happens(LATE_PERCENT) {
        arrives_ms += chance.whole(30 * SECOND_MS, 4 * MINUTE_MS);
    }
    let mut all = vec![arrives_ms];
    if chance.happens(REPEATED_PERCENT) {
        all.push(arrives_ms + chance.whole(SECOND_MS, 5 * MINUTE_MS));
    }
    all.into_iter().map(|at_ms| (at_ms.div_euclid(SENT_EVERY_MS) + 1) * SENT_EVERY_MS).collect()
}
