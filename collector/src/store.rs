//! The one thing ingest needs of storage.

use std::future::Future;

use crate::record::{Content, EventRecord, ReadingRecord, SpanRecord};

/// Why rows could not be stored now; the sender is told to come again.
#[derive(Clone, Debug, thiserror::Error)]
#[error("storage is not available: {reason}")]
pub struct Unavailable {
    /// What is wrong, for the sender's log.
    pub reason: String,
    /// When to try again.
    pub retry_after: std::time::Duration,
}

/// Stores records. Each call takes them over at once and returns a future that ends only after
/// their rows are in ClickHouse, so that an acknowledgement means stored.
pub trait Store: Send + Sync + 'static {
    /// Stores the spans of one request.
    fn spans(
        &self,
        request: Content,
        spans: &[SpanRecord<'_>],
    ) -> impl Future<Output = Result<(), Unavailable>> + Send + use<Self>;
    /// Stores the log records of one request.
    fn events(
        &self,
        request: Content,
        events: &[EventRecord<'_>],
    ) -> impl Future<Output = Result<(), Unavailable>> + Send + use<Self>;
    /// Stores the readings of one request.
    fn readings(
        &self,
        request: Content,
        readings: &[ReadingRecord<'_>],
    ) -> impl Future<Output = Result<(), Unavailable>> + Send + use<Self>;
}
