use super::TIME;
use crate::native::{Block, BlockBuilder, Column, Dictionary, Fixed, Map, Text};
use crate::record::ReadingRecord;

/// The table `readings`.
#[derive(Debug)]
pub(super) struct Readings {
    kind: Fixed<1>,
    system: Dictionary,
    sku: Text,
    location: Dictionary,
    channel: Dictionary,
    currency: Dictionary,
    value: Text,
    at: Fixed<8>,
    version: Text,
    changed_at: Fixed<8>,
    attributes: Map,
}

impl Default for Readings {
    fn default() -> Self {
        Self {
            kind: Fixed::new("Enum8('inventory' = 1, 'price' = 2)"),
            system: Dictionary::default(),
            sku: Text::default(),
            location: Dictionary::default(),
            channel: Dictionary::default(),
            currency: Dictionary::default(),
            value: Text::default(),
            at: Fixed::new(TIME),
            version: Text::default(),
            changed_at: Fixed::new(TIME),
            attributes: Map::default(),
        }
    }
}

impl Readings {
    pub(super) fn extend(&mut self, readings: &[ReadingRecord<'_>]) {
        for reading in readings {
            self.kind.push((reading.kind as i8).to_le_bytes());
            self.system.push(reading.system);
            self.sku.push(reading.sku);
            self.location.push(reading.location);
            self.channel.push(reading.channel);
            self.currency.push(reading.currency);
            self.value.push(reading.value);
            self.at.push(reading.at_ns.to_le_bytes());
            self.version.push(reading.version);
            self.changed_at.push(reading.changed_at_ns.to_le_bytes());
            self.attributes.push(reading.attributes);
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.kind.rows()
    }

    pub(super) fn into_block(self) -> Block {
        let mut block = BlockBuilder::new(self.rows());
        block
            .column("kind", self.kind)
            .column("system", self.system)
            .column("sku", self.sku)
            .column("location", self.location)
            .column("channel", self.channel)
            .column("currency", self.currency)
            .column("value", self.value)
            .column("at", self.at)
            .column("version", self.version)
            .column("changed_at", self.changed_at)
            .column("attributes", self.attributes);
        block.finish()
    }
}
