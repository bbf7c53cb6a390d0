use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::shape::{more_text, origin_text, texts};
use super::template::Templates;
use super::{SPAN_ID, TIME, TRACE_ID};
use crate::native::{Block, BlockBuilder, Dictionary, Fixed, List, Offsets, Text, same};
use crate::record::{Origin, SpanRecord};

/// Spans of one trace in one row: parents and texts are numbered in a byte.
const MOST_SPANS: usize = 100;

/// Spans of a row start within so long: a row is kept for as long as its first span is.
const MOST_NS: u64 = 24 * 60 * 60 * 1_000_000_000;

/// Texts in one row.
const MOST_TEXTS: usize = 255;

/// Room for the texts of most rows.
const ROW_BYTES: usize = 256;
const ROW_TEXTS: usize = 24;

/// Ends a text in a row: a byte that UTF-8 never has.
pub(super) const TEXT_END: u8 = 0xff;

/// The table `spans`: a row for each trace of the group.
#[derive(Debug, Default)]
pub(super) struct Spans {
    templates: Templates,
    spans: Vec<Span>,
    /// The numbers of all spans' own texts, one span after the other.
    texts: Vec<u8>,
    more: HashMap<u32, String>,
    rows: Vec<Row>,
    /// The row that takes further spans of a trace.
    open: HashMap<[u8; 16], u32>,
    origins: Dictionary,
    shapes: Dictionary,
}

#[derive(Debug)]
struct Span {
    id: [u8; 8],
    parent: [u8; 8],
    started_at_ns: i64,
    duration_ns: u64,
    row: u32,
    origin: u32,
    shape: u32,
    /// Where its texts end.
    texts_end: u32,
}

#[derive(Debug)]
struct Row {
    trace_id: [u8; 16],
    /// When the span started that it was made for.
    around_ns: i64,
    spans: usize,
    /// Each with [`TEXT_END`].
    texts: Vec<u8>,
    /// Where they end.
    ends: Vec<u32>,
}

impl Row {
    fn text(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.texts[start..self.ends[number] as usize - 1]
    }

    /// The number of a text from 1, a new one if need be.
    fn number(&mut self, text: &str) -> u8 {
        let known = (0..self.ends.len()).find(|number| same(self.text(*number), text.as_bytes()));
        let number = known.unwrap_or_else(|| {
            self.texts.extend_from_slice(text.as_bytes());
            self.texts.push(TEXT_END);
            self.ends.push(self.texts.len() as u32);
            self.ends.len() - 1
        });
        number as u8 + 1
    }
}

impl Spans {
    pub(super) fn extend<'r>(&mut self, spans: &[SpanRecord<'r>]) {
        let (mut all, mut own): (Vec<&'r str>, Vec<&'r str>) = (Vec::new(), Vec::new());
        let mut origin: Option<(&Origin<'_>, u32)> = None;
        for span in spans {
            let origin = match origin {
                Some((previous, number)) if std::ptr::eq(previous, span.origin) => number,
                _ => {
                    let number = self.origins.number(&origin_text(span.origin));
                    origin = Some((span.origin, number));
                    number
                }
            };
            texts(span, &mut all);
            let shape = self.templates.shape(span, &all, &mut own, &mut self.shapes);
            let number = self.row(span.trace_id, span.started_at_ns, own.len());
            let Some(row) = self.rows.get_mut(number as usize) else { continue };
            row.spans += 1;
            self.texts.extend(own.iter().map(|text| row.number(text)));
            let more = more_text(span);
            if !more.is_empty() {
                self.more.insert(self.spans.len() as u32, more);
            }
            self.spans.push(Span {
                id: span.span_id,
                parent: span.parent_span_id,
                started_at_ns: span.started_at_ns,
                duration_ns: span.duration_ns,
                row: number,
                origin,
                shape,
                texts_end: self.texts.len() as u32,
            });
        }
    }

    /// The row for a further span of the trace with so many texts of its own.
    fn row(&mut self, trace_id: [u8; 16], started_at_ns: i64, texts: usize) -> u32 {
        let last = self.spans.last().map_or(0, |span| span.row);
        let has_room = |number: u32| {
            let row = self.rows.get(number as usize).filter(|row| row.trace_id == trace_id);
            row.is_some_and(|row| {
                row.spans < MOST_SPANS
                    && row.ends.len() + texts <= MOST_TEXTS
                    // On either side of the span that it was made for.
                    && row.around_ns.abs_diff(started_at_ns) < MOST_NS / 2
            })
        };
        if has_room(last) {
            return last;
        }
        let next = self.rows.len() as u32;
        match self.open.entry(trace_id) {
            Entry::Occupied(open) if has_room(*open.get()) => return *open.get(),
            Entry::Occupied(mut open) => *open.get_mut() = next,
            Entry::Vacant(open) => {
                open.insert(next);
            }
        }
        // To grow step by step costs more than what rows of few texts leave unused.
        let (texts, ends) = (Vec::with_capacity(ROW_BYTES), Vec::with_capacity(ROW_TEXTS));
        self.rows.push(Row { trace_id, around_ns: started_at_ns, spans: 0, texts, ends });
        next
    }

    /// Spans, not rows.
    pub(super) fn count(&self) -> usize {
        self.spans.len()
    }

    /// Takes what was learned along to the next group.
    pub(super) fn next_group(&mut self) -> Self {
        Self { templates: self.templates.next_group(), ..Self::default() }
    }

    /// Places of the spans of each row, by start, and the rows by trace.
    fn ordered(&self) -> (Vec<u32>, Vec<(usize, usize)>) {
        let mut ends = vec![0; self.rows.len()];
        let mut end = 0;
        for (row, at) in self.rows.iter().zip(&mut ends) {
            *at = end;
            end += row.spans;
        }
        let mut places = vec![0; self.spans.len()];
        for (place, span) in self.spans.iter().enumerate() {
            let at = &mut ends[span.row as usize];
            places[*at] = place as u32;
            *at += 1;
        }
        for (row, end) in self.rows.iter().zip(&ends) {
            places[end - row.spans..*end].sort_unstable_by_key(|place| {
                let span = &self.spans[*place as usize];
                (span.started_at_ns, *place)
            });
        }
        let mut rows: Vec<(usize, usize)> = ends.into_iter().enumerate().collect();
        rows.sort_unstable_by_key(|(row, _)| (self.rows[*row].trace_id, *row));
        (places, rows)
    }

    pub(super) fn into_block(self) -> Block {
        let (places, rows) = self.ordered();
        let mut trace_id = Fixed::<16>::new(TRACE_ID);
        let mut started_at = Fixed::<8>::new(TIME);
        let mut row_texts = Text::default();
        let mut parents = List::of(Fixed::<8>::new(SPAN_ID));
        let mut offsets = Offsets::default();
        let mut id = Fixed::<8>::new(SPAN_ID);
        let mut parent = Fixed::<1>::new("UInt8");
        let mut after_ns = Fixed::<8>::new("UInt64");
        let mut duration_ns = Fixed::<8>::new("UInt64");
        let (mut origin, mut shape) = (self.origins, self.shapes);
        let mut texts = List::of(Fixed::<1>::new("UInt8"));
        let mut more = Text::default();
        for (number, end) in rows {
            let row = &self.rows[number];
            let places = &places[end - row.spans..end];
            let spans = || places.iter().map(|place| &self.spans[*place as usize]);
            let first_ns = spans().map(|span| span.started_at_ns).next().unwrap_or_default();
            trace_id.push(row.trace_id);
            started_at.push(first_ns.to_le_bytes());
            row_texts.push_bytes(&row.texts);
            offsets.push(row.spans);
            let mut previous_ns = first_ns;
            let mut others: Vec<[u8; 8]> = Vec::new();
            for (place, span) in places.iter().zip(spans()) {
                id.push(span.id);
                parent.push([self::parent(span.parent, spans().map(|span| span.id), &mut others)]);
                after_ns.push(span.started_at_ns.wrapping_sub(previous_ns).to_le_bytes());
                previous_ns = span.started_at_ns;
                duration_ns.push(span.duration_ns.to_le_bytes());
                origin.push_number(span.origin);
                shape.push_number(span.shape);
                let texts_from = place.checked_sub(1).map_or(0, |before| self.spans[before as usize].texts_end);
                for text in &self.texts[texts_from as usize..span.texts_end as usize] {
                    texts.items.push([*text]);
                }
                texts.end_row();
                more.push(self.more.get(place).map_or("", String::as_str));
            }
            others.into_iter().for_each(|other| parents.items.push(other));
            parents.end_row();
        }
        let offsets = offsets.into_bytes();
        let mut block = BlockBuilder::new(self.rows.len());
        block
            .column("trace_id", trace_id)
            .column("started_at", started_at)
            .column("texts", row_texts)
            .column("parents", parents)
            .array("span.id", &offsets, id)
            .array("span.parent", &offsets, parent)
            .array("span.after_ns", &offsets, after_ns)
            .array("span.duration_ns", &offsets, duration_ns)
            .array("span.origin", &offsets, origin)
            .array("span.shape", &offsets, shape)
            .array("span.texts", &offsets, texts)
            .array("span.more", &offsets, more);
        block.finish()
    }
}

/// The number of a parent: 0 = none, then the spans of the row from 1, then `others`.
fn parent(parent: [u8; 8], ids: impl ExactSizeIterator<Item = [u8; 8]>, others: &mut Vec<[u8; 8]>) -> u8 {
    if parent == [0; 8] {
        return 0;
    }
    let mut ids = ids;
    let count = ids.len();
    let number = ids.position(|id| id == parent).unwrap_or_else(|| {
        let known = others.iter().position(|other| *other == parent);
        count
            + known.unwrap_or_else(|| {
                others.push(parent);
                others.len() - 1
            })
    });
    number as u8 + 1
}
