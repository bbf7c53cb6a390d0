//! Copies as they stand before the run, made in ClickHouse: every system shows the same.

use super::schedule::{SOURCE, STOCK, Schedule, TARGETS};

/// SKUs of one statement.
const AT_ONCE: u64 = 50_000;

/// How long ago they were read, in seconds.
const AGO_S: u64 = 3_600;

/// Statements that make them.
pub(super) fn statements(schedule: &Schedule) -> impl Iterator<Item = [String; 2]> {
    let (skus, locations) = (schedule.skus, schedule.locations);
    (0..skus.div_ceil(AT_ONCE)).map(move |part| {
        let from = part * AT_ONCE;
        let until = (from + AT_ONCE).min(skus);
        [copies(from, until, locations), subjects(from, until, locations)]
    })
}

/// Systems in the order in which evaluators write them.
fn systems() -> String {
    let mut systems: Vec<&str> = TARGETS.iter().map(|(system, _)| *system).chain([SOURCE]).collect();
    systems.sort_unstable();
    systems.iter().map(|system| format!("'{system}'")).collect::<Vec<_>>().join(", ")
}

/// A row for each SKU, location and system.
fn copies(from: u64, until: u64, locations: u64) -> String {
    let (systems, each) = (systems(), locations * (TARGETS.len() as u64 + 1));
    let of_location = TARGETS.len() + 1;
    format!(
        "INSERT INTO copies (entity, subject, location, state, system, value, since, at, moment)
         SELECT 'inventory', concat('SKU-', leftPad(toString(intDiv(number, {each})), 7, '0')),
            concat('location-', toString(intDiv(number, {of_location}) % {locations})), 'available',
            [{systems}][number % {of_location} + 1], toString(intDiv(number, {of_location}) % {STOCK}),
            now64(9) - {AGO_S} AS seen, seen, seen
         FROM numbers({}, {})",
        from * each,
        (until - from) * each
    )
}

/// The same, a row for each SKU, as collector/src/sync/packed.rs has it.
fn subjects(from: u64, until: u64, locations: u64) -> String {
    let systems = systems();
    format!(
        "INSERT INTO sync_subjects (id, entity, subject, known, until)
         WITH concat('SKU-', leftPad(toString(number), 7, '0')) AS sku,
            toUnixTimestamp64Nano(now64(9) - {AGO_S}) AS seen
         SELECT xxh3(concat('inventory', char(0), sku)), 'inventory', sku,
            concat('[[', arrayStringConcat(arrayFlatten(arrayMap(location -> arrayMap(system ->
                concat('[\"location-', toString(location), '\",\"\",\"\",\"available\",\"\",\"', system, '\",\"',
                    toString((number * {locations} + location) % {STOCK}), '\",', toString(seen), ',0,0,0,\"\"]'), [{systems}]), range({locations}))), ','), '],[]]'),
            toDateTime64(0, 3, 'UTC')
         FROM numbers({from}, {})",
        until - from
    )
}
