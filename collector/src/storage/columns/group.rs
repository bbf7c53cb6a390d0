use uuid::Uuid;

use super::alias::Aliases;
use super::batch::Batches;
use super::event::Events;
use super::handoff::Handoffs;
use super::key::Keys;
use super::loose_end::LooseEnds;
use super::order_line::Lines;
use super::reading::Readings;
use super::source::Sources;
use super::span::Spans;
use super::surface::Surface;
use crate::native::Block;
use crate::record::{Batch, EventRecord, ReadingRecord, SpanRecord};

/// The rows of many batches.
#[derive(Debug, Default)]
pub(in crate::storage) struct Group {
    batches: Batches,
    bytes: usize,
    spans: Spans,
    keys: Keys,
    handoffs: Handoffs,
    surface: Surface,
    loose_ends: LooseEnds,
    order_lines: Lines,
    events: Events,
    readings: Readings,
    aliases: Aliases,
    sources: Sources,
}

/// The rows of a group for one table, as they are inserted, once or again.
#[derive(Clone, Debug)]
pub(in crate::storage) struct TableBlock {
    /// The table.
    pub(in crate::storage) table: &'static str,
    /// Its rows.
    pub(in crate::storage) block: Block,
}

/// The table that says which batches are stored.
pub(in crate::storage) const BATCHES: &str = "batches";

/// The tables that groups have rows for, in the order in which they are inserted: whoever is told
/// of news by `activity` finds it in those before.
pub(in crate::storage) const TABLES: [&str; 12] = [
    "spans",
    "keys",
    "handoffs_per_minute",
    "surface",
    "loose_ends",
    "order_lines",
    "events",
    "aliases",
    "readings",
    "sources",
    "activity",
    BATCHES,
];

impl Group {
    /// Adds the spans of a batch, and what they say of keys and of handoffs' ends.
    pub(in crate::storage) fn add_spans(&mut self, batch: Batch<'_>, spans: &[SpanRecord<'_>]) {
        self.add(batch, spans.len());
        self.spans.extend(spans);
        self.keys.extend_from_spans(spans);
        self.handoffs.extend(spans);
        self.surface.extend(spans);
        self.loose_ends.extend(spans);
        self.order_lines.extend_from_spans(spans);
        self.aliases.extend_from_spans(spans);
    }

    /// Adds the log records of a batch, and what they say of keys; those that carry readings, as these.
    pub(in crate::storage) fn add_events(&mut self, batch: Batch<'_>, events: &[EventRecord<'_>]) {
        self.add(batch, events.len());
        let are_events = |event: &&EventRecord<'_>| event.reading.is_none();
        self.events.extend(events.iter().filter(are_events));
        self.keys.extend_from_events(events.iter().filter(are_events));
        self.order_lines.extend_from_events(events.iter().filter(are_events));
        self.aliases.extend_from_events(events.iter().filter(are_events));
        self.aliases.extend_from_readings(events.iter().filter_map(|event| event.reading));
        self.readings.extend(events.iter().filter_map(|event| event.reading));
    }

    /// Adds the readings of a batch.
    pub(in crate::storage) fn add_readings(&mut self, batch: Batch<'_>, readings: &[ReadingRecord<'_>]) {
        self.add(batch, readings.len());
        self.aliases.extend_from_readings(readings);
        self.readings.extend(readings);
    }

    fn add(&mut self, batch: Batch<'_>, items: usize) {
        self.bytes += batch.content.length_bytes;
        self.sources.extend(batch.sources);
        self.batches.push(batch, items);
    }

    /// The batches whose rows it holds.
    pub(in crate::storage) fn batches(&self) -> &Batches {
        &self.batches
    }

    /// Spans, log records and readings.
    pub(in crate::storage) fn items(&self) -> usize {
        self.spans.count() + self.events.rows() + self.readings.rows()
    }

    /// Bytes of the batches whose rows it holds; its own memory is about as much.
    pub(in crate::storage) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Leaves an empty group that knows what this one has learned.
    pub(in crate::storage) fn take(&mut self) -> Self {
        let spans = self.spans.next_group();
        std::mem::replace(self, Self { spans, ..Self::default() })
    }

    /// The blocks that are inserted, that of [`BATCHES`] last; they never change any more.
    pub(in crate::storage) fn freeze(self, group: Uuid, collector: Uuid, now_ms: i64) -> Vec<TableBlock> {
        let [
            spans,
            keys,
            handoffs,
            surface,
            loose_ends,
            order_lines,
            events,
            aliases,
            readings,
            sources,
            activity,
            batches,
        ] = TABLES;
        let (of_keys, of_activity) = self.keys.into_blocks();
        let blocks = [
            (spans, self.spans.into_block()),
            (keys, of_keys),
            (handoffs, self.handoffs.into_block()),
            (surface, self.surface.into_block()),
            (loose_ends, self.loose_ends.into_block()),
            (order_lines, self.order_lines.into_block()),
            (events, self.events.into_block()),
            (aliases, self.aliases.into_block()),
            (readings, self.readings.into_block()),
            (sources, self.sources.into_block()),
            (activity, of_activity),
            (batches, self.batches.settled(group, collector, now_ms)),
        ];
        let filled = blocks.into_iter().filter(|(_, block)| block.rows > 0);
        filled.map(|(table, block)| TableBlock { table, block }).collect()
    }
}
