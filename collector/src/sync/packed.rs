//! All copies of a subject as one text, which is what evaluators read: JSON, a list for each copy.

use ordertrace_api::reading::Entity;
use twox_hash::XxHash3_64;

use super::copy::Copy;
use super::item::{Item, Subject};

/// Location, channel, currency, state, field, system, value, `since_ns`, `uncertain_ms`, by how much `at_ns` and
/// `moment_ns` are later than `since_ns`, which is mostly nothing, version.
type Packed<T> = (T, T, T, T, T, T, T, i64, u32, i64, i64, T);

/// By what a subject is looked up. ClickHouse has it as `xxh3(concat(entity, char(0), subject))`.
pub(super) fn id(subject: &Subject) -> u64 {
    let mut text = subject.entity.name().as_bytes().to_vec();
    text.push(0);
    text.extend(subject.name.as_bytes());
    XxHash3_64::oneshot(&text)
}

/// All `copies` of a subject.
pub(super) fn pack<'c>(copies: impl Iterator<Item = &'c Copy>) -> String {
    let packed: Vec<Packed<&str>> = copies
        .map(|copy| {
            let Item { location, channel, currency, state, field, .. } = &copy.item;
            let (system, value, version) = (&copy.system, &copy.value, &copy.version);
            // What is out of range comes back as it was, because both ways it wraps.
            let later = |time_ns: i64| time_ns.wrapping_sub(copy.since_ns);
            (
                location.as_str(),
                channel.as_str(),
                currency.as_str(),
                state.as_str(),
                field.as_str(),
                system.as_str(),
                value.as_str(),
                copy.since_ns,
                copy.uncertain_ms,
                later(copy.at_ns),
                later(copy.moment_ns),
                version.as_str(),
            )
        })
        .collect();
    // Texts and whole numbers can always be written.
    serde_json::to_string(&packed).unwrap_or_default()
}

/// The copies of a subject, as they were packed.
///
/// # Errors
/// When they were not.
pub(super) fn unpack(subject: &Subject, text: &str) -> serde_json::Result<Vec<Copy>> {
    let packed: Vec<Packed<String>> = serde_json::from_str(text)?;
    let copy = |packed: Packed<String>| {
        let (location, channel, currency, state, field, system, value, since_ns, uncertain_ms, at, moment, version) =
            packed;
        let item = Item { subject: subject.clone(), location, channel, currency, state, field };
        let (at_ns, moment_ns) = (since_ns.wrapping_add(at), since_ns.wrapping_add(moment));
        Copy { item, system, value, since_ns, uncertain_ms, at_ns, moment_ns, version }
    };
    Ok(packed.into_iter().map(copy).collect())
}

/// `None` for what a newer program wrote.
pub(super) fn subject(entity: &str, name: String) -> Option<Subject> {
    Some(Subject { entity: Entity::parse(entity)?, name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::copy::tests::read;

    #[test]
    fn what_is_packed_is_unpacked() {
        let mut first = Copy::of(&read("w\"ms", "ten\n", 10));
        (first.since_ns, first.uncertain_ms, first.moment_ns) = (i64::MAX, u32::MAX, -1);
        first.version = "7".to_owned();
        first.item.field = "größe".to_owned();
        let copies = vec![first, Copy::of(&read("web", "", 20))];
        let text = pack(copies.iter());
        assert_eq!(unpack(&copies[0].item.subject, &text).unwrap(), copies);
        assert!(unpack(&copies[0].item.subject, "[[1]]").is_err());
    }

    #[test]
    fn the_id_is_what_clickhouse_says() {
        let subject = Subject { entity: Entity::Inventory, name: "SKU".to_owned() };
        assert_eq!(id(&subject), 10_462_779_119_139_652_701);
    }
}
