use bumpalo::Bump;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use ordertrace_otlp::{Signal, json};
use prost::Message;

use super::decode::{Decoded, Decoder, WireError};
use super::error::IngestError;
use super::examine::Encoding;
use crate::record::{Batch, EventRecord, ReadingRecord, SpanRecord};
use crate::store::{Store, Stored, Unavailable};

/// What differs between traces, logs and metrics.
pub(super) trait Export: 'static {
    /// Its OTLP response.
    type Response: Message + Default;
    /// What is stored of it.
    type Record<'a>;
    /// Its name.
    const NAME: Signal;
    /// The name in JSON of the number of refused items.
    const REJECTED: &'static str;

    /// A request as it is in Protobuf.
    ///
    /// # Errors
    /// [`IngestError::Malformed`] when it is in JSON and no request, or would take too much memory.
    fn protobuf(encoding: Encoding, body: Bytes) -> Result<Bytes, IngestError> {
        match encoding {
            Encoding::Protobuf => Ok(body),
            Encoding::Json => json::to_protobuf(Self::NAME, &body)
                .map(Bytes::from)
                .map_err(|error| IngestError::Malformed { reason: error.to_string() }),
        }
    }
    /// Turns a request in Protobuf into records.
    fn decode<'a>(
        decoder: &'a Decoder,
        arena: &'a Bump,
        body: &'a [u8],
        now_ns: i64,
    ) -> Result<Decoded<'a, Self::Record<'a>>, WireError>;
    /// Stores the records of a batch; the future returns when they are stored.
    fn store<S: Store>(
        store: &S,
        batch: Batch<'_>,
        records: &[Self::Record<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<Self, S>;
    /// The noise rule that a record falls under; empty = none.
    fn noise<'r>(_record: &'r Self::Record<'_>) -> &'r str {
        ""
    }
    /// The response that tells of refused items.
    fn response(rejected: i64, error_message: String) -> Self::Response;
}

pub(super) enum Traces {}

impl Export for Traces {
    type Response = ExportTraceServiceResponse;
    type Record<'a> = SpanRecord<'a>;
    const NAME: Signal = Signal::Traces;
    const REJECTED: &'static str = "rejectedSpans";

    fn decode<'a>(
        decoder: &'a Decoder,
        arena: &'a Bump,
        body: &'a [u8],
        now_ns: i64,
    ) -> Result<Decoded<'a, SpanRecord<'a>>, WireError> {
        decoder.spans(arena, body, now_ns)
    }

    fn store<S: Store>(
        store: &S,
        batch: Batch<'_>,
        records: &[Self::Record<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<S> {
        store.spans(batch, records)
    }

    fn noise<'r>(record: &'r SpanRecord<'_>) -> &'r str {
        record.noise
    }

    fn response(rejected_spans: i64, error_message: String) -> Self::Response {
        let partial = ExportTracePartialSuccess { rejected_spans, error_message };
        Self::Response { partial_success: Some(partial) }
    }
}

pub(super) enum Logs {}

impl Export for Logs {
    type Response = ExportLogsServiceResponse;
    type Record<'a> = EventRecord<'a>;
    const NAME: Signal = Signal::Logs;
    const REJECTED: &'static str = "rejectedLogRecords";

    fn decode<'a>(
        decoder: &'a Decoder,
        arena: &'a Bump,
        body: &'a [u8],
        now_ns: i64,
    ) -> Result<Decoded<'a, EventRecord<'a>>, WireError> {
        decoder.events(arena, body, now_ns)
    }

    fn store<S: Store>(
        store: &S,
        batch: Batch<'_>,
        records: &[Self::Record<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<S> {
        store.events(batch, records)
    }

    fn response(rejected_log_records: i64, error_message: String) -> Self::Response {
        let partial = ExportLogsPartialSuccess { rejected_log_records, error_message };
        Self::Response { partial_success: Some(partial) }
    }
}

pub(super) enum Metrics {}

impl Export for Metrics {
    type Response = ExportMetricsServiceResponse;
    type Record<'a> = ReadingRecord<'a>;
    const NAME: Signal = Signal::Metrics;
    const REJECTED: &'static str = "rejectedDataPoints";

    fn decode<'a>(
        decoder: &'a Decoder,
        arena: &'a Bump,
        body: &'a [u8],
        now_ns: i64,
    ) -> Result<Decoded<'a, ReadingRecord<'a>>, WireError> {
        decoder.readings(arena, body, now_ns)
    }

    fn store<S: Store>(
        store: &S,
        batch: Batch<'_>,
        records: &[Self::Record<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<S> {
        store.readings(batch, records)
    }

    fn response(rejected_data_points: i64, error_message: String) -> Self::Response {
        let partial = ExportMetricsPartialSuccess { rejected_data_points, error_message };
        Self::Response { partial_success: Some(partial) }
    }
}
