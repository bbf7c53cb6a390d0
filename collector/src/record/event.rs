use super::{Attribute, Mention, OrderLines, Origin, ReadingRecord};

/// A log record; a business event when it has a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventRecord<'a> {
    /// Nanoseconds since the Unix epoch; the observed time where the sender gave no other.
    pub at_ns: i64,
    /// `event_name`, or the attribute `event.name`; empty for a plain log line.
    pub name: &'a str,
    /// Severity number (logs.proto), 0 = unspecified.
    pub severity: u8,
    /// Body in text form.
    pub body: &'a str,
    /// Who reported it.
    pub origin: &'a Origin<'a>,
    /// Attributes.
    pub attributes: &'a [Attribute<'a>],
    /// All zero when outside a trace.
    pub trace_id: [u8; 16],
    /// All zero when outside a span.
    pub span_id: [u8; 8],
    /// Keys recognised on it.
    pub keys: &'a [Mention<'a>],
    /// What it says of an order's goods.
    pub lines: Option<&'a OrderLines<'a>>,
    /// The milestone it shows; empty = none.
    pub milestone: &'a str,
    /// The reading that it carries, instead of being an event.
    pub reading: Option<&'a ReadingRecord<'a>>,
}
