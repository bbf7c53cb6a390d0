use std::collections::HashMap;

use ordertrace_api::keys::SKU_IDS;

use super::TIME;
use crate::native::{Block, BlockBuilder, Dictionary, Fixed, Text};
use crate::record::{EventRecord, Mention, ReadingRecord, SpanRecord};

/// The kind of key that is a SKU.
const SKU: &str = "sku";

/// The table `aliases`: ids and the SKUs that they were seen with.
#[derive(Debug, Default)]
pub(super) struct Aliases(HashMap<Alias, i64>);

/// Kind, system, value, SKU.
type Alias = (String, String, String, String);

impl Aliases {
    /// What spans say.
    pub(super) fn extend_from_spans(&mut self, spans: &[SpanRecord<'_>]) {
        spans.iter().for_each(|span| self.seen_together(span.keys, span.started_at_ns));
    }

    /// What events say.
    pub(super) fn extend_from_events<'e>(&mut self, events: impl Iterator<Item = &'e EventRecord<'e>>) {
        events.for_each(|event| self.seen_together(event.keys, event.at_ns));
    }

    /// What readings say.
    pub(super) fn extend_from_readings<'r>(&mut self, readings: impl IntoIterator<Item = &'r ReadingRecord<'r>>) {
        for reading in readings {
            for id in reading.other_ids {
                self.add((id.kind, id.system, id.value), reading.subject, reading.at_ns);
            }
        }
    }

    /// One SKU and one id of a kind name the same thing. Of several nobody knows which is which.
    fn seen_together(&mut self, keys: &[Mention<'_>], at_ns: i64) {
        let Some(sku) = only(keys, SKU) else { return };
        for id in SKU_IDS.into_iter().filter_map(|kind| only(keys, kind)) {
            self.add((id.kind, id.system, id.value), sku.value, at_ns);
        }
    }

    fn add(&mut self, (kind, system, value): (&str, &str, &str), sku: &str, at_ns: i64) {
        let alias = [kind, system, value, sku].map(str::to_owned);
        let last = self.0.entry(alias.into()).or_insert(at_ns);
        *last = at_ns.max(*last);
    }

    pub(super) fn into_block(self) -> Block {
        let mut all: Vec<(Alias, i64)> = self.0.into_iter().collect();
        all.sort_unstable();
        let (mut kinds, mut systems) = (Dictionary::default(), Dictionary::default());
        let (mut values, mut skus, mut times) = (Text::default(), Text::default(), Fixed::<8>::new(TIME));
        let mut block = BlockBuilder::new(all.len());
        for ((kind, system, value, sku), at_ns) in all {
            kinds.push(&kind);
            systems.push(&system);
            values.push(&value);
            skus.push(&sku);
            times.push(at_ns.to_le_bytes());
        }
        block
            .column("kind", kinds)
            .column("system", systems)
            .column("value", values)
            .column("sku", skus)
            .column("at", times);
        block.finish()
    }
}

/// The only key of a kind.
fn only<'k, 'm>(keys: &'k [Mention<'m>], kind: &str) -> Option<&'k Mention<'m>> {
    let mut of_kind = keys.iter().filter(|key| key.kind == kind);
    let first = of_kind.next()?;
    of_kind.all(|other| other.is_same_key(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use ordertrace_api::keys::Strength;

    use super::*;

    fn key(kind: &'static str, value: &'static str) -> Mention<'static> {
        Mention { kind, system: "", value, strength: Strength::Weak }
    }

    fn learnt(keys: &[Mention<'_>]) -> Vec<(String, String)> {
        let mut aliases = Aliases::default();
        aliases.seen_together(keys, 7);
        aliases.seen_together(keys, 5);
        assert!(aliases.0.values().all(|at_ns| *at_ns == 7), "the newest");
        let mut all: Vec<(String, String)> = aliases.0.into_keys().map(|(_, _, value, sku)| (value, sku)).collect();
        all.sort();
        all
    }

    #[test]
    fn one_sku_and_one_id_name_the_same_thing() {
        let of = |value: &str, sku: &str| (value.to_owned(), sku.to_owned());
        assert_eq!(learnt(&[key("sku", "HAT"), key("inventory_item", "7"), key("order", "A")]), [of("7", "HAT")]);
        assert_eq!(learnt(&[key("variant", "9"), key("sku", "HAT"), key("inventory_item", "7")]), {
            [of("7", "HAT"), of("9", "HAT")]
        });
        assert_eq!(learnt(&[key("sku", "HAT"), key("sku", "CAP"), key("inventory_item", "7")]), []);
        assert_eq!(learnt(&[key("sku", "HAT"), key("inventory_item", "8"), key("inventory_item", "7")]), []);
        assert_eq!(learnt(&[key("sku", "HAT"), key("customer", "7")]), []);
    }
}
