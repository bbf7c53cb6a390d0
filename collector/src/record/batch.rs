use ordertrace_otlp::Signal;

use super::{Content, SourceRecord};

/// One OTLP request, apart from the records that are stored of it.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// What it is known by.
    pub content: Content,
    /// What it carries.
    pub signal: Signal,
    /// The service of its first resource.
    pub sender: &'a str,
    /// How many of its items are not stored, by reason.
    pub refused: &'a [(&'static str, u64)],
    /// What it tells of sources of readings.
    pub sources: &'a [SourceRecord<'a>],
}
