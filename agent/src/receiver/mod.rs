//! OTLP from the systems beside the agent: over gRPC and over HTTP, each request stored in
//! the spool before it is acknowledged.

mod body;
mod fields;
mod grpc;
mod http;
mod request;

use std::time::Duration;

use bytes::Bytes;
use ordertrace_otlp::Signal;

use crate::clock::now_ns;
use crate::spool::{AppendError, Spool};
use crate::telemetry::{Meter, Refusal};
pub use grpc::serve_grpc;
pub use http::serve_http;
use request::Counted;

/// Longest request after decompression.
pub const LIMIT_BYTES: usize = 64 * 1024 * 1024;
/// When a refused sender may try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Where accepted requests go.
#[derive(Clone, Debug)]
pub struct Intake {
    spool: Spool,
    meter: Meter,
}

/// The spans, log records or points in a request in protobuf, as the receivers count them;
/// `None` when they would refuse it.
pub fn count_items(signal: Signal, request: &Bytes) -> Option<u32> {
    request::from_protobuf(signal, request.clone()).ok().map(|counted| counted.items)
}

impl Intake {
    /// Requests go to `spool` and are counted on `meter`.
    pub fn new(spool: Spool, meter: Meter) -> Self {
        Self { spool, meter }
    }

    /// Stores a well-formed request; returns when it is on disk. An error means that it is
    /// not stored and that the sender should try again.
    async fn store(&self, signal: Signal, request: Counted) -> Result<(), AppendError> {
        let Counted { items, sender, payload } = request;
        if items == 0 {
            return Ok(());
        }
        let stored = self.spool.append(signal, &sender, items, now_ns(), payload).await;
        if stored.is_err() {
            let sender = self.spool.sender(&sender);
            self.meter.refused(signal, Some(sender), Refusal::NoRoom, u64::from(items));
        }
        stored
    }
}
