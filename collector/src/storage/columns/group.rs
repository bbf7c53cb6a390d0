use super::event::Events;
use super::key::Keys;
use super::loose_end::LooseEnds;
use super::reading::Readings;
use super::span::Spans;
use crate::native::Block;
use crate::record::{Content, EventRecord, ReadingRecord, SpanRecord};

/// The rows of many requests.
#[derive(Debug, Default)]
pub(in crate::storage) struct Group {
    requests: Vec<Content>,
    spans: Spans,
    keys: Keys,
    loose_ends: LooseEnds,
    events: Events,
    readings: Readings,
}

/// The rows of a group for one table, as they are inserted, once or again.
#[derive(Clone, Debug)]
pub(in crate::storage) struct TableBlock {
    /// The table.
    pub(in crate::storage) table: &'static str,
    /// Its rows.
    pub(in crate::storage) block: Block,
}

impl Group {
    /// Adds the spans of a request, and what they say of keys and of handoffs' ends.
    pub(in crate::storage) fn add_spans(&mut self, request: Content, spans: &[SpanRecord<'_>]) {
        self.requests.push(request);
        self.spans.extend(spans);
        self.keys.extend_from_spans(spans);
        self.loose_ends.extend(spans);
    }

    /// Adds the log records of a request, and what they say of keys.
    pub(in crate::storage) fn add_events(&mut self, request: Content, events: &[EventRecord<'_>]) {
        self.requests.push(request);
        self.events.extend(events);
        self.keys.extend_from_events(events);
    }

    /// Adds the readings of a request.
    pub(in crate::storage) fn add_readings(&mut self, request: Content, readings: &[ReadingRecord<'_>]) {
        self.requests.push(request);
        self.readings.extend(readings);
    }

    /// The requests whose rows it holds.
    pub(in crate::storage) fn requests(&self) -> &[Content] {
        &self.requests
    }

    /// Spans, log records and readings.
    pub(in crate::storage) fn items(&self) -> usize {
        self.spans.rows() + self.events.rows() + self.readings.rows()
    }

    /// Bytes of the requests whose rows it holds; its own memory is about as much.
    pub(in crate::storage) fn bytes(&self) -> usize {
        self.requests.iter().map(|request| request.length_bytes).sum()
    }

    /// The blocks that are inserted; they never change any more.
    pub(in crate::storage) fn freeze(self) -> Vec<TableBlock> {
        let blocks = [
            ("spans", self.spans.into_block()),
            ("keys", self.keys.into_block()),
            ("loose_ends", self.loose_ends.into_block()),
            ("events", self.events.into_block()),
            ("readings", self.readings.into_block()),
        ];
        let filled = blocks.into_iter().filter(|(_, block)| block.rows > 0);
        filled.map(|(table, block)| TableBlock { table, block }).collect()
    }
}
