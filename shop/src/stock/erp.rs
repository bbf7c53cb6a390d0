use super::fault::{BATCH_MS, Damage, Fault, Mishaps, Outages};
use super::held::{Change, Held, SECOND_MS};
use super::marketplace::pushes;
use super::moves::Stock;

/// Units of a case, in hundredths.
const CASE: i64 = 12_00;

/// How long a batch takes.
const BOOKED_MS: i64 = 5 * SECOND_MS;

/// The ERP's level in whole cases, from batches of what changed.
pub(super) fn stock(stock: &Stock, ends_ms: i64, outages: &Outages, mishaps: &mut Mishaps) -> (Held, Vec<Damage>) {
    let stop = outages.of("stock", "erp");
    let cases = |units: i64| units / CASE * 100;
    let pushes = pushes(&stock.sum, ends_ms, stop, BATCH_MS);
    let sets = || pushes.iter().map(|(at_ms, _)| at_ms + BOOKED_MS);
    let (mut changes, mut damages) = (Vec::new(), Vec::new());
    damages.extend(stop.map(|stop| Damage::stopped(Fault::StoppedSync, stop)));
    for (at_ms, units) in &pushes {
        let booked_ms = at_ms + BOOKED_MS;
        if mishaps.happens(Fault::UnitMistake, *at_ms) {
            changes.push(Change::to(booked_ms, units / 100 * 100));
            damages.push(Damage::until_next(Fault::UnitMistake, booked_ms, sets()));
        } else {
            changes.push(Change::to(booked_ms, cases(*units)));
        }
        let (batch, again_ms) = outages.repeated_batch;
        if *at_ms == batch * BATCH_MS {
            changes.push(Change::to(again_ms, cases(*units)));
            damages.push(Damage::until_next(Fault::RepeatedBatch, again_ms, sets()));
        }
    }
    (Held::from(cases(stock.sum.at(0).value), changes), damages)
}
