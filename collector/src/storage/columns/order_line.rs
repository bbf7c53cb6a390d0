use super::TIME;
use crate::native::{Block, BlockBuilder, Column, Dictionary, Fixed, Text};
use crate::record::{EventRecord, OrderLines, SpanRecord};

/// The table `order_lines`.
#[derive(Debug)]
pub(super) struct Lines {
    sku: Text,
    at: Fixed<8>,
    kind: Dictionary,
    value: Text,
    system: Dictionary,
    location: Dictionary,
    units: Text,
    milestone: Dictionary,
    seen_in: Dictionary,
    amount: Text,
    currency: Dictionary,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            sku: Text::default(),
            at: Fixed::new(TIME),
            kind: Dictionary::default(),
            value: Text::default(),
            system: Dictionary::default(),
            location: Dictionary::default(),
            units: Text::default(),
            milestone: Dictionary::default(),
            seen_in: Dictionary::default(),
            amount: Text::default(),
            currency: Dictionary::default(),
        }
    }
}

/// When, which milestone, and who says so.
type Place<'r> = (i64, &'r str, &'r str);

impl Lines {
    /// Adds what spans say of orders' goods, noise apart.
    pub(super) fn extend_from_spans(&mut self, spans: &[SpanRecord<'_>]) {
        for span in spans.iter().filter(|span| span.noise.is_empty()) {
            if let Some(lines) = span.lines {
                self.push((span.started_at_ns, span.milestone, span.origin.system), lines);
            }
        }
    }

    /// Adds what log records say of orders' goods.
    pub(super) fn extend_from_events<'r>(&mut self, events: impl IntoIterator<Item = &'r EventRecord<'r>>) {
        for event in events {
            if let Some(lines) = event.lines {
                self.push((event.at_ns, event.milestone, event.origin.system), lines);
            }
        }
    }

    fn push(&mut self, (at_ns, milestone, seen_in): Place<'_>, said: &OrderLines<'_>) {
        for line in said.lines {
            self.sku.push(line.sku);
            self.at.push(at_ns.to_le_bytes());
            self.kind.push(said.order.kind);
            self.value.push(said.order.value);
            self.system.push(said.order.system);
            self.location.push(line.location);
            self.units.push(line.units);
            self.milestone.push(milestone);
            self.seen_in.push(seen_in);
            self.amount.push(said.amount);
            self.currency.push(said.currency);
        }
    }

    pub(super) fn into_block(self) -> Block {
        let mut block = BlockBuilder::new(self.at.rows());
        block
            .column("sku", self.sku)
            .column("at", self.at)
            .column("kind", self.kind)
            .column("value", self.value)
            .column("system", self.system)
            .column("location", self.location)
            .column("units", self.units)
            .column("milestone", self.milestone)
            .column("seen_in", self.seen_in)
            .column("amount", self.amount)
            .column("currency", self.currency);
        block.finish()
    }
}
