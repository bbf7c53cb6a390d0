use super::TIME;
use crate::native::{Block, BlockBuilder, Column, Dictionary, Fixed, Text};
use crate::record::{SourceOutcome, SourceRecord};
use crate::storage::codes::{SOURCE_OUTCOMES, code};

const OUTCOMES: &str = "Enum8('ok' = 1, 'partly' = 2, 'late' = 3, 'failed' = 4, 'read' = 5, 'refused' = 6)";

/// The table `sources`.
#[derive(Debug)]
pub(super) struct Sources {
    system: Dictionary,
    poll: Dictionary,
    agent: Dictionary,
    entities: Dictionary,
    outcome: Fixed<1>,
    at: Fixed<8>,
    reason: Text,
    readings: Fixed<8>,
    refused: Fixed<8>,
    interval_ms: Fixed<4>,
    timeout_ms: Fixed<4>,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            system: Dictionary::default(),
            poll: Dictionary::default(),
            agent: Dictionary::default(),
            entities: Dictionary::default(),
            outcome: Fixed::new(OUTCOMES),
            at: Fixed::new(TIME),
            reason: Text::default(),
            readings: Fixed::new("UInt64"),
            refused: Fixed::new("UInt64"),
            interval_ms: Fixed::new("UInt32"),
            timeout_ms: Fixed::new("UInt32"),
        }
    }
}

impl Sources {
    pub(super) fn extend(&mut self, sources: &[SourceRecord<'_>]) {
        for source in sources {
            self.system.push(source.system);
            self.poll.push(source.poll);
            self.agent.push(source.agent);
            self.entities.push(source.entities);
            self.outcome.push(code::<SourceOutcome>(&SOURCE_OUTCOMES, source.outcome).to_le_bytes());
            self.at.push(source.at_ns.to_le_bytes());
            self.reason.push(source.reason);
            self.readings.push(source.readings.to_le_bytes());
            self.refused.push(source.refused.to_le_bytes());
            self.interval_ms.push(source.interval_ms.to_le_bytes());
            self.timeout_ms.push(source.timeout_ms.to_le_bytes());
        }
    }

    pub(super) fn into_block(self) -> Block {
        let mut block = BlockBuilder::new(self.at.rows());
        block
            .column("system", self.system)
            .column("poll", self.poll)
            .column("agent", self.agent)
            .column("entities", self.entities)
            .column("outcome", self.outcome)
            .column("at", self.at)
            .column("reason", self.reason)
            .column("readings", self.readings)
            .column("refused", self.refused)
            .column("interval_ms", self.interval_ms)
            .column("timeout_ms", self.timeout_ms);
        block.finish()
    }
}
