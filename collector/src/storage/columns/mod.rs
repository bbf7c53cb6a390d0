//! The columns of what is stored, filled from records; one file for each table.

mod alias;
mod batch;
mod event;
mod group;
mod handoff;
mod key;
mod loose_end;
mod mention;
mod order_line;
mod reading;
mod shape;
mod sighting;
mod sketch;
mod source;
mod span;
mod stored;
mod surface;
mod template;

pub(crate) use sketch::Sketch;
pub use stored::{Decoder, SPANS, StoredError, StoredSpan, TraceRow};

pub(super) use batch::{Batches, Step, UUID, uuid_bytes};
pub(super) use group::{BATCHES, Group, TABLES, TableBlock};

/// The type of all times: nanoseconds since the Unix epoch.
const TIME: &str = "DateTime64(9, 'UTC')";
const TRACE_ID: &str = "FixedString(16)";
const SPAN_ID: &str = "FixedString(8)";
