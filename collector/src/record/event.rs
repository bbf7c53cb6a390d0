use std::sync::Arc;

use super::{Attributes, KeyRecord};

/// A log record; a business event when it has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRecord {
    /// Nanoseconds since the Unix epoch; the observed time where the sender gave no other.
    pub at_ns: i64,
    /// `event_name`, or the attribute `event.name`; empty for a plain log line.
    pub name: String,
    /// Severity number (logs.proto), 0 = unspecified.
    pub severity: u8,
    /// Body in text form.
    pub body: String,
    /// `service.name` as sent.
    pub service: String,
    /// The commerce system the service is mapped to.
    pub system: String,
    /// Shared by all records of a resource.
    pub resource_attributes: Arc<Attributes>,
    /// Attributes.
    pub attributes: Attributes,
    /// All zero when outside a trace.
    pub trace_id: [u8; 16],
    /// All zero when outside a span.
    pub span_id: [u8; 8],
    /// Keys recognised on it.
    pub keys: Vec<KeyRecord>,
    /// The milestone it shows; empty = none.
    pub milestone: String,
}
