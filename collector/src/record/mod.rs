//! What arrived, decoded and recognised, in ordertrace's own terms: the hand-over from
//! ingest to storage.

mod content;
mod event;
mod reading;
mod span;

pub use content::Content;
pub use event::EventRecord;
pub use reading::{ReadingKind, ReadingRecord};
pub use span::{HandoffSide, SpanEventRecord, SpanLinkRecord, SpanRecord, SpanStatus};

use ordertrace_api::keys::{Key, Strength};

/// A key on a span or event, and what it says there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key.
    pub key: Key,
    /// Its kind's strength, or [`Strength::Weak`] where the span names so many orders that
    /// it is a batch and joins none of them.
    pub strength: Strength,
}

/// Attribute names and values in text form, in the order of the sender.
pub type Attributes = Vec<(String, String)>;
