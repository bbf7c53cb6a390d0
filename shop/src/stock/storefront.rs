use super::fault::{Damage, Fault, Mishaps, Stop};
use super::held::{Change, HOUR_MS, Held};
use super::moves::{Asked, Stock};
use crate::chance::Chance;

/// Time from one setting of all levels to the next.
const SET_MS: i64 = 4 * HOUR_MS;

/// The storefront's level: its own orders at once, everything else by what it changes.
pub(super) fn stock(
    stock: &Stock,
    ends_ms: i64,
    stop: Option<Stop>,
    mishaps: &mut Mishaps,
    chance: &mut Chance,
) -> (Held, Vec<Damage>) {
    let stopped = |at_ms| stop.is_some_and(|stop| stop.holds(at_ms));
    let first_ms = chance.whole(HOUR_MS, SET_MS);
    let sets: Vec<i64> = (0..).map(|n| first_ms + n * SET_MS).take_while(|at_ms| *at_ms < ends_ms).collect();
    let sets: Vec<i64> = sets.into_iter().filter(|at_ms| !stopped(*at_ms)).collect();
    let (mut changes, mut damages) = (Vec::new(), Vec::new());
    damages.extend(stop.map(|stop| Damage::stopped(Fault::StoppedSync, stop)));
    for step in &stock.moves {
        let mut heard_ms = step.booked_ms + chance.whole(200, 8_000);
        if let Some(stop) = stop.filter(|stop| stop.holds(step.booked_ms)) {
            heard_ms = stop.until_ms.saturating_add(chance.whole(200, 8_000));
        }
        // What was booked before all was set is in it.
        let is_in_set = sets.iter().any(|set_ms| (step.booked_ms..=heard_ms).contains(set_ms));
        if step.asked == Asked::Storefront {
            changes.push(Change::own_order(step.asked_ms, step.units));
            if !is_in_set && !stopped(step.booked_ms) && mishaps.happens(Fault::DoubledDecrement, heard_ms) {
                changes.push(Change::by(heard_ms, step.units));
                damages.push(Damage::until_next(Fault::DoubledDecrement, heard_ms, sets.iter().copied()));
            }
        } else if is_in_set || heard_ms == i64::MAX {
        } else if mishaps.loses("storefront", heard_ms) {
            damages.push(Damage::until_next(Fault::LostUpdate, step.booked_ms, sets.iter().copied()));
        } else {
            changes.push(Change::by(heard_ms, step.units));
        }
    }
    for set_ms in sets {
        let in_flight = |step: &&super::moves::Move| {
            step.asked == Asked::Storefront && (step.asked_ms..step.booked_ms).contains(&set_ms)
        };
        let in_flight: i64 = stock.moves.iter().filter(in_flight).map(|step| step.units).sum();
        changes.push(Change::to(set_ms, stock.sum.at(set_ms).value + in_flight));
    }
    (Held::from(stock.sum.at(0).value, changes), damages)
}
