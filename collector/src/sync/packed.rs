//! All that evaluators know of a subject as one text: JSON, its copies and its drifts that have not ended, a list
//! for each.

use ordertrace_api::reading::Entity;
use twox_hash::XxHash3_64;

use super::copy::Copy;
use super::drift::Drift;
use super::item::{Item, Subject};

/// Location, channel, currency, state, field, system, value, `since_ns`, `uncertain_ms`, by how much `at_ns` and
/// `moment_ns` are later than `since_ns`, which is mostly nothing, version.
type PackedCopy<T> = (T, T, T, T, T, T, T, i64, u32, i64, i64, T);

/// Location, channel, currency, state, field, sync, target, source's and target's value, difference, `since_ns`,
/// `uncertain_ms`.
type PackedDrift<T> = (T, T, T, T, T, T, T, T, T, T, i64, u32);

/// What is known of a subject, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    pub(super) text: String,
    /// Up to when readings were taken in, milliseconds since the Unix epoch, by ClickHouse's clock.
    pub(super) until_ms: i64,
}

impl Packed {
    /// The copies of a subject, and its drifts that have not ended.
    pub(super) fn unpack(&self, subject: &Subject) -> (Vec<Copy>, Vec<Drift>) {
        unpack(subject, &self.text).unwrap_or_else(|error| {
            tracing::warn!(?subject, %error, "what is known cannot be read; what is read next counts as seen first");
            (Vec::new(), Vec::new())
        })
    }
}

/// By what a subject is looked up. ClickHouse has it as `xxh3(concat(entity, char(0), subject))`.
pub(super) fn id(subject: &Subject) -> u64 {
    let mut text = subject.entity.name().as_bytes().to_vec();
    text.push(0);
    text.extend(subject.name.as_bytes());
    XxHash3_64::oneshot(&text)
}

/// All `copies` of a subject, and its drifts that are `open`.
pub(super) fn pack<'c>(copies: impl Iterator<Item = &'c Copy>, open: impl Iterator<Item = &'c Drift>) -> String {
    let copies: Vec<PackedCopy<&str>> = copies.map(pack_copy).collect();
    let open: Vec<PackedDrift<&str>> = open.map(pack_drift).collect();
    // Texts and whole numbers can always be written.
    serde_json::to_string(&(copies, open)).unwrap_or_default()
}

fn pack_copy(copy: &Copy) -> PackedCopy<&str> {
    let Item { location, channel, currency, state, field, .. } = &copy.item;
    let (system, value, version) = (&copy.system, &copy.value, &copy.version);
    // What is out of range comes back as it was, because both ways it wraps.
    let later = |time_ns: i64| time_ns.wrapping_sub(copy.since_ns);
    let (at, moment) = (later(copy.at_ns), later(copy.moment_ns));
    (location, channel, currency, state, field, system, value, copy.since_ns, copy.uncertain_ms, at, moment, version)
}

fn pack_drift(drift: &Drift) -> PackedDrift<&str> {
    let Item { location, channel, currency, state, field, .. } = &drift.item;
    let Drift { sync, target, source_value, target_value, difference, since_ns, uncertain_ms, .. } = drift;
    let values = (source_value, target_value, difference);
    (location, channel, currency, state, field, sync, target, values.0, values.1, values.2, *since_ns, *uncertain_ms)
}

/// Refuses what was not packed.
fn unpack(subject: &Subject, text: &str) -> serde_json::Result<(Vec<Copy>, Vec<Drift>)> {
    let (copies, open): (Vec<PackedCopy<String>>, Vec<PackedDrift<String>>) = serde_json::from_str(text)?;
    let item = |[location, channel, currency, state, field]: [String; 5]| Item {
        subject: subject.clone(),
        location,
        channel,
        currency,
        state,
        field,
    };
    let copy = |packed: PackedCopy<String>| {
        let (location, channel, currency, state, field, system, value, since_ns, uncertain_ms, at, moment, version) =
            packed;
        let item = item([location, channel, currency, state, field]);
        let (at_ns, moment_ns) = (since_ns.wrapping_add(at), since_ns.wrapping_add(moment));
        Copy { item, system, value, since_ns, uncertain_ms, at_ns, moment_ns, version }
    };
    let drift = |packed: PackedDrift<String>| {
        let (location, channel, currency, state, field, sync, target, source_value, target_value, difference, ..) =
            packed;
        let item = item([location, channel, currency, state, field]);
        let (since_ns, uncertain_ms) = (packed.10, packed.11);
        Drift { sync, target, item, since_ns, ended_ns: 0, source_value, target_value, difference, uncertain_ms }
    };
    Ok((copies.into_iter().map(copy).collect(), open.into_iter().map(drift).collect()))
}

/// `None` for what a newer program wrote.
pub(super) fn subject(entity: &str, name: String) -> Option<Subject> {
    Some(Subject { entity: Entity::parse(entity)?, name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::copy::tests::{read, stock};

    #[test]
    fn what_is_packed_is_unpacked() {
        let mut first = Copy::of(&read("w\"ms", "ten\n", 10));
        (first.since_ns, first.uncertain_ms, first.moment_ns) = (i64::MAX, u32::MAX, -1);
        first.version = "7".to_owned();
        first.item.field = "größe".to_owned();
        let copies = vec![first, Copy::of(&read("web", "", 20))];
        let open = vec![Drift {
            sync: "stock".to_owned(),
            target: "web".to_owned(),
            item: stock("main"),
            since_ns: i64::MIN,
            ended_ns: 0,
            source_value: "10".to_owned(),
            target_value: "\"".to_owned(),
            difference: String::new(),
            uncertain_ms: 30_000,
        }];
        let text = pack(copies.iter(), open.iter());
        assert_eq!(unpack(&copies[0].item.subject, &text).unwrap(), (copies.clone(), open));
        assert!(unpack(&copies[0].item.subject, "[[[1]],[]]").is_err());
    }

    #[test]
    fn the_id_is_what_clickhouse_says() {
        let subject = Subject { entity: Entity::Inventory, name: "SKU".to_owned() };
        assert_eq!(id(&subject), 10_462_779_119_139_652_701);
    }
}
