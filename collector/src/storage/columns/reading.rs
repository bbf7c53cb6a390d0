use ordertrace_api::reading::Entity;

use super::TIME;
use crate::native::{Block, BlockBuilder, Column, Dictionary, Fixed, Map, Text};
use crate::record::ReadingRecord;

const ENTITIES: &str =
    "Enum8('inventory' = 1, 'price' = 2, 'product' = 3, 'order_status' = 4, 'feed' = 5, 'search_index' = 6)";

/// The number of an entity in [`ENTITIES`].
const fn code(entity: Entity) -> i8 {
    match entity {
        Entity::Inventory => 1,
        Entity::Price => 2,
        Entity::Product => 3,
        Entity::OrderStatus => 4,
        Entity::Feed => 5,
        Entity::SearchIndex => 6,
    }
}

/// The table `readings`.
#[derive(Debug)]
pub(super) struct Readings {
    entity: Fixed<1>,
    system: Dictionary,
    subject: Text,
    id_kind: Dictionary,
    id_system: Dictionary,
    location: Dictionary,
    channel: Dictionary,
    currency: Dictionary,
    state: Dictionary,
    field: Dictionary,
    value: Text,
    at: Fixed<8>,
    version: Text,
    changed_at: Fixed<8>,
    interval_ms: Fixed<4>,
    attributes: Map,
}

impl Default for Readings {
    fn default() -> Self {
        Self {
            entity: Fixed::new(ENTITIES),
            system: Dictionary::default(),
            subject: Text::default(),
            id_kind: Dictionary::default(),
            id_system: Dictionary::default(),
            location: Dictionary::default(),
            channel: Dictionary::default(),
            currency: Dictionary::default(),
            state: Dictionary::default(),
            field: Dictionary::default(),
            value: Text::default(),
            at: Fixed::new(TIME),
            version: Text::default(),
            changed_at: Fixed::new(TIME),
            interval_ms: Fixed::new("UInt32"),
            attributes: Map::default(),
        }
    }
}

impl Readings {
    pub(super) fn extend<'r>(&mut self, readings: impl IntoIterator<Item = &'r ReadingRecord<'r>>) {
        for reading in readings {
            self.entity.push(code(reading.entity).to_le_bytes());
            self.system.push(reading.system);
            self.subject.push(reading.subject);
            self.id_kind.push(reading.id_kind);
            self.id_system.push(reading.id_system);
            self.location.push(reading.location);
            self.channel.push(reading.channel);
            self.currency.push(reading.currency);
            self.state.push(reading.state);
            self.field.push(reading.field);
            self.value.push(reading.value);
            self.at.push(reading.at_ns.to_le_bytes());
            self.version.push(reading.version);
            self.changed_at.push(reading.changed_at_ns.to_le_bytes());
            self.interval_ms.push(reading.interval_ms.to_le_bytes());
            self.attributes.push(reading.attributes);
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.entity.rows()
    }

    pub(super) fn into_block(self) -> Block {
        let mut block = BlockBuilder::new(self.rows());
        block
            .column("entity", self.entity)
            .column("system", self.system)
            .column("subject", self.subject)
            .column("id_kind", self.id_kind)
            .column("id_system", self.id_system)
            .column("location", self.location)
            .column("channel", self.channel)
            .column("currency", self.currency)
            .column("state", self.state)
            .column("field", self.field)
            .column("value", self.value)
            .column("at", self.at)
            .column("version", self.version)
            .column("changed_at", self.changed_at)
            .column("interval_ms", self.interval_ms)
            .column("attributes", self.attributes);
        block.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_stored_by_their_names() {
        for entity in Entity::ALL {
            let named = format!("'{}' = {}", entity.name(), code(entity));
            assert!(ENTITIES.contains(&named), "{named}");
        }
    }
}
