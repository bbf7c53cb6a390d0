use ordertrace_otlp::Signal;
use uuid::Uuid;

use crate::native::{Block, BlockBuilder, Dictionary, Fixed, Offsets};
use crate::record::Batch;

/// What happened to a batch in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::storage) enum Step {
    /// The group will store it, unless another has.
    Claimed = 1,
    /// The group never will.
    Withdrawn = 2,
    /// The group has stored it.
    Settled = 3,
}

/// The batches of a group: what the table `batches` is told of them.
#[derive(Debug, Default)]
pub(in crate::storage) struct Batches(Vec<Row>);

#[derive(Debug)]
struct Row {
    hash: u128,
    signal: Signal,
    sender: String,
    stored: u64,
    refused: Vec<(&'static str, u64)>,
}

/// Of group ids, in what ClickHouse calls Native.
pub(in crate::storage) const UUID: &str = "UUID";

/// A UUID as ClickHouse writes it: its high half, then its low half, each little-endian.
pub(in crate::storage) fn uuid_bytes(id: Uuid) -> [u8; 16] {
    let (high, low) = id.as_u64_pair();
    (u128::from(high) | u128::from(low) << 64).to_le_bytes()
}

impl Batches {
    /// Adds a batch of which so many items are stored.
    pub(super) fn push(&mut self, batch: Batch<'_>, stored: usize) {
        self.0.push(Row {
            hash: batch.content.hash,
            signal: batch.signal,
            sender: batch.sender.to_owned(),
            stored: stored as u64,
            refused: batch.refused.to_vec(),
        });
    }

    /// What they are known by.
    pub(in crate::storage) fn hashes(&self) -> impl Iterator<Item = u128> {
        self.0.iter().map(|row| row.hash)
    }

    /// Rows that say so of all of them.
    pub(in crate::storage) fn step(&self, step: Step, group: Uuid, collector: Uuid) -> Block {
        self.head(step, group, collector).finish()
    }

    /// Rows that say that all of them are stored, and what became of their items.
    pub(in crate::storage) fn settled(&self, group: Uuid, collector: Uuid, at_ms: i64) -> Block {
        let mut times = Fixed::new("DateTime64(3, 'UTC')");
        let mut signals = Dictionary::default();
        let mut senders = Dictionary::default();
        let mut stored = Fixed::new("UInt64");
        let mut offsets = Offsets::default();
        let mut reasons = Dictionary::default();
        let mut refused = Fixed::new("UInt64");
        for row in &self.0 {
            times.push(at_ms.to_le_bytes());
            signals.push(row.signal.name());
            senders.push(&row.sender);
            stored.push(row.stored.to_le_bytes());
            offsets.push(row.refused.len());
            for (reason, items) in &row.refused {
                reasons.push(reason);
                refused.push(items.to_le_bytes());
            }
        }
        let offsets = offsets.into_bytes();
        let mut block = self.head(Step::Settled, group, collector);
        block
            .column("at", times)
            .column("signal", signals)
            .column("sender", senders)
            .column("stored", stored)
            .array("refused.reason", &offsets, reasons)
            .array("refused.items", &offsets, refused);
        block.finish()
    }

    fn head(&self, step: Step, group: Uuid, collector: Uuid) -> BlockBuilder {
        let mut batches = Fixed::new("FixedString(16)");
        let mut groups = Fixed::new(UUID);
        let mut collectors = Fixed::new(UUID);
        let mut steps = Fixed::new("Enum8('claimed' = 1, 'withdrawn' = 2, 'settled' = 3)");
        for row in &self.0 {
            batches.push(row.hash.to_be_bytes());
            groups.push(uuid_bytes(group));
            collectors.push(uuid_bytes(collector));
            steps.push([step as u8]);
        }
        let mut block = BlockBuilder::new(self.0.len());
        block.column("batch", batches).column("group_id", groups);
        block.column("collector", collectors).column("step", steps);
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_two_numbers() {
        // SELECT hex(reinterpretAsString(toUUID('01020304-0506-0708-090a-0b0c0d0e0f10')))
        let id = Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
        assert_eq!(hex::encode_upper(uuid_bytes(id)), "0807060504030201100F0E0D0C0B0A09");
    }
}
