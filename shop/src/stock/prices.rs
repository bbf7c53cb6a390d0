//! Prices: what the ERP says they are, and what becomes of them in the channels.

use super::fault::{Damage, Fault, Stop};
use super::held::{Change, HOUR_MS, Held, MINUTE_MS};
use crate::chance::{Chance, Seed};

/// Time from one feed to the next.
pub(super) const FEED_MS: i64 = 15 * MINUTE_MS;

/// A price of the ERP.
pub(super) fn of_erp(seed: Seed, sku: &str, which: &str, ends_ms: i64) -> Held {
    let mut chance = seed.chance(&["price", sku, which]);
    let first = chance.whole(199, 29_999);
    let mut changes = Vec::new();
    let mut at_ms = chance.whole(MINUTE_MS, 6 * HOUR_MS);
    while at_ms < ends_ms - 5 * MINUTE_MS {
        changes.push(Change::to(at_ms, first * chance.whole(80, 120) / 100));
        at_ms += chance.whole(MINUTE_MS, 6 * HOUR_MS);
    }
    Held::from(first, changes)
}

/// The storefront's price, some seconds later.
pub(super) fn of_storefront(of: &Held, stop: Option<Stop>, chance: &mut Chance) -> (Held, Vec<Damage>) {
    let damages = stop.map(|stop| Damage::stopped(Fault::StoppedSync, stop)).into_iter().collect();
    let mut last_ms = 0;
    let changes = of.steps().iter().skip(1).filter_map(|step| {
        let mut shown_ms = step.at_ms + chance.whole(1_000, 20_000);
        if let Some(stop) = stop.filter(|stop| stop.holds(step.at_ms)) {
            shown_ms = stop.until_ms.checked_add(chance.whole(1_000, 20_000))?;
        }
        // They are taken in one after the other.
        last_ms = shown_ms.max(last_ms + 1);
        Some(Change::to(last_ms, step.value))
    });
    (Held::from(of.at(0).value, changes.collect()), damages)
}

/// When the feed is made.
pub(super) fn feeds(ends_ms: i64, stop: Stop) -> impl Iterator<Item = i64> {
    let all = (0..).map(|n| n * FEED_MS).take_while(move |at_ms| *at_ms < ends_ms);
    all.filter(move |at_ms| !stop.holds(*at_ms))
}

/// The price in the feed.
pub(super) fn of_feed(of: &Held, ends_ms: i64, stop: Stop) -> (Held, Vec<Damage>) {
    let changes = feeds(ends_ms, stop).map(|at_ms| Change::to(at_ms, of.at(at_ms).value)).collect();
    (Held::from(of.at(0).value, changes), vec![Damage::stopped(Fault::StaleFeed, stop)])
}
