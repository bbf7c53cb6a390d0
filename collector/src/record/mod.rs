//! What arrived, decoded and recognised, in ordertrace's own terms: the hand-over from
//! ingest to storage. Records borrow from the request they came in.

mod batch;
mod content;
mod event;
mod line;
mod mention;
mod origin;
mod reading;
mod source;
mod span;

pub use batch::Batch;
pub use content::Content;
pub use event::EventRecord;
pub use line::{LineRecord, OrderLines};
pub use mention::{KeyRecord, Mention};
pub use origin::{Attribute, Attributes, Origin, Scope};
pub use reading::{ReadingRecord, SkuId};
pub use source::{SourceOutcome, SourceRecord};
pub use span::{Access, HandoffSide, Side, SpanEventRecord, SpanLinkRecord, SpanRecord, SpanStatus};
