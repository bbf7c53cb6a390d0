//! The one thing ingest needs of storage.

use std::future::Future;

use crate::record::{Batch, Content, EventRecord, ReadingRecord, SpanRecord};

/// Why a batch could not be stored now; the sender is told to come again.
#[derive(Clone, Debug, thiserror::Error)]
#[error("storage is not available: {reason}")]
pub struct Unavailable {
    /// What is wrong, for the sender's log.
    pub reason: String,
    /// When to try again.
    pub retry_after: std::time::Duration,
}

/// How a batch came to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Now.
    First,
    /// It is stored by what was sent earlier: this one added nothing.
    Before,
}

/// Stores batches, each once however often it is sent. Storing takes the records over at once
/// and returns a future that ends only after their rows are in ClickHouse, so that an
/// acknowledgement means stored.
pub trait Store: Send + Sync + 'static {
    /// Whether a batch is known to be stored already. `false` = perhaps not: storing finds out.
    fn is_stored(&self, batch: Content) -> impl Future<Output = Result<bool, Unavailable>> + Send;
    /// Stores the spans of a batch.
    fn spans(
        &self,
        batch: Batch<'_>,
        spans: &[SpanRecord<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<Self>;
    /// Stores the log records of a batch.
    fn events(
        &self,
        batch: Batch<'_>,
        events: &[EventRecord<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<Self>;
    /// Stores the readings of a batch.
    fn readings(
        &self,
        batch: Batch<'_>,
        readings: &[ReadingRecord<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<Self>;
}
