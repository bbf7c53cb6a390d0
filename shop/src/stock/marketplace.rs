use super::fault::{Damage, Fault, Mishaps, Stop};
use super::held::{Change, Held, SECOND_MS};
use super::moves::{Asked, Stock};
use crate::chance::Chance;

/// Its vendor takes changes every half minute.
const EVERY_MS: i64 = 30 * SECOND_MS;

/// When what changed there is pushed, and what it is then.
pub(super) fn pushes(of: &Held, ends_ms: i64, stop: Option<Stop>, every_ms: i64) -> Vec<(i64, i64)> {
    let mut pushes: Vec<(i64, i64)> = Vec::new();
    let mut last = of.at(0).value;
    for at_ms in (1..).map(|n| n * every_ms).take_while(|at_ms| *at_ms < ends_ms) {
        let value = of.at(at_ms).value;
        if value != last && !stop.is_some_and(|stop| stop.holds(at_ms)) {
            pushes.push((at_ms, value));
            last = value;
        }
    }
    pushes
}

/// The marketplace's level: its own orders at once, and what the WMS has every half minute.
pub(super) fn stock(
    stock: &Stock,
    ends_ms: i64,
    stop: Option<Stop>,
    mishaps: &mut Mishaps,
    chance: &mut Chance,
) -> (Held, Vec<Damage>) {
    let own = stock.moves.iter().filter(|step| step.asked == Asked::Marketplace);
    let mut changes: Vec<Change> = own.map(|step| Change::own_order(step.asked_ms, step.units)).collect();
    let mut damages: Vec<Damage> = stop.map(|stop| Damage::stopped(Fault::StoppedSync, stop)).into_iter().collect();
    let pushes = pushes(&stock.sum, ends_ms, stop, EVERY_MS);
    let later = |after_ms: i64| pushes.iter().map(|(at_ms, _)| *at_ms).filter(move |at_ms| *at_ms > after_ms);
    let mut before = stock.sum.at(0).value;
    for (at_ms, value) in &pushes {
        let shown_ms = at_ms + chance.whole(500, 3_000);
        if mishaps.loses("marketplace", shown_ms) {
            damages.push(Damage::until_next(Fault::LostUpdate, *at_ms, later(*at_ms)));
        } else {
            changes.push(Change::to(shown_ms, *value));
            if mishaps.happens(Fault::OutOfOrder, shown_ms) {
                let late_ms = shown_ms + chance.whole(2_000, 9_000);
                changes.push(Change::to(late_ms, before));
                damages.push(Damage::until_next(Fault::OutOfOrder, late_ms, later(late_ms)));
            }
        }
        before = *value;
    }
    (Held::from(stock.sum.at(0).value, changes), damages)
}

/// The marketplace's price of what the ERP has for it.
pub(super) fn price(
    of: &Held,
    ends_ms: i64,
    stop: Option<Stop>,
    mishaps: &mut Mishaps,
    chance: &mut Chance,
) -> (Held, Vec<Damage>) {
    let mut damages: Vec<Damage> = stop.map(|stop| Damage::stopped(Fault::StoppedSync, stop)).into_iter().collect();
    let pushes = pushes(of, ends_ms, stop, EVERY_MS);
    let mut changes = Vec::new();
    for (at_ms, value) in &pushes {
        if mishaps.happens(Fault::OneChannelOnly, *at_ms) {
            let later = pushes.iter().map(|(at_ms, _)| *at_ms);
            damages.push(Damage::until_next(Fault::OneChannelOnly, *at_ms, later));
        } else {
            changes.push(Change::to(at_ms + chance.whole(500, 3_000), *value));
        }
    }
    (Held::from(of.at(0).value, changes), damages)
}
