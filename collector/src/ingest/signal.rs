use std::fmt::Display;
use std::future::Future;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;

use super::decode::{Decoded, Decoder, json, shape};
use super::error::IngestError;
use super::examine::Encoding;
use super::metrics::SignalName;
use crate::record::{Content, EventRecord, ReadingRecord, SpanRecord};
use crate::store::{Store, Unavailable};

/// What differs between traces, logs and metrics.
pub(super) trait Signal: 'static {
    /// Its OTLP request.
    type Request: Message + Default + 'static;
    /// Its OTLP response.
    type Response: Message + Default;
    /// What is stored of it.
    type Record: Send + 'static;
    /// Its name.
    const NAME: SignalName;
    /// Its gRPC service.
    const SERVICE: &'static str;
    /// The name in JSON of the number of refused items.
    const REJECTED: &'static str;

    /// Reads a request in JSON.
    fn parse_json(body: &[u8]) -> serde_json::Result<Self::Request>;
    /// Reads a request in Protobuf.
    ///
    /// # Errors
    /// [`IngestError::Malformed`] when it is none, or would take too much memory.
    fn read_protobuf(body: Bytes) -> Result<Self::Request, IngestError> {
        shape::check(&body, Self::NAME).map_err(|unfolds| malformed(&unfolds))?;
        Self::Request::decode(body).map_err(|error| malformed(&error))
    }
    /// Reads a request in JSON.
    ///
    /// # Errors
    /// [`IngestError::Malformed`] when it is none, or would take too much memory.
    fn read_json(body: &[u8]) -> Result<Self::Request, IngestError> {
        json::within(shape::room_bytes(body.len()), || Self::parse_json(body)).map_err(|error| malformed(&error))
    }
    /// Reads a request.
    ///
    /// # Errors
    /// [`IngestError::Malformed`] when it is none, or would take too much memory.
    fn read(encoding: Encoding, body: Bytes) -> Result<Self::Request, IngestError> {
        match encoding {
            Encoding::Protobuf => Self::read_protobuf(body),
            Encoding::Json => Self::read_json(&body),
        }
    }
    /// Turns a request into records.
    fn decode(decoder: &Decoder, request: Self::Request, now_ns: i64) -> Decoded<Self::Record>;
    /// Stores records; the future returns when they are stored.
    fn store<S: Store>(
        store: &S,
        request: Content,
        records: &[Self::Record],
    ) -> impl Future<Output = Result<(), Unavailable>> + Send + use<Self, S>;
    /// The noise rule that a record falls under; empty = none.
    fn noise(_record: &Self::Record) -> &str {
        ""
    }
    /// The response that tells of refused items.
    fn response(rejected: i64, error_message: String) -> Self::Response;
}

fn malformed(error: &dyn Display) -> IngestError {
    IngestError::Malformed { reason: error.to_string() }
}

pub(super) enum Traces {}

impl Signal for Traces {
    type Request = ExportTraceServiceRequest;
    type Response = ExportTraceServiceResponse;
    type Record = SpanRecord;
    const NAME: SignalName = SignalName::Traces;
    const SERVICE: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
    const REJECTED: &'static str = "rejectedSpans";

    fn parse_json(body: &[u8]) -> serde_json::Result<Self::Request> {
        json::traces(body)
    }

    fn decode(decoder: &Decoder, request: Self::Request, now_ns: i64) -> Decoded<Self::Record> {
        decoder.spans(request, now_ns)
    }

    fn store<S: Store>(
        store: &S,
        request: Content,
        records: &[Self::Record],
    ) -> impl Future<Output = Result<(), Unavailable>> + Send + use<S> {
        store.spans(request, records)
    }

    fn noise(record: &Self::Record) -> &str {
        &record.noise
    }

    fn response(rejected_spans: i64, error_message: String) -> Self::Response {
        let partial = ExportTracePartialSuccess { rejected_spans, error_message };
        Self::Response { partial_success: Some(partial) }
    }
}

pub(super) enum Logs {}

impl Signal for Logs {
    type Request = ExportLogsServiceRequest;
    type Response = ExportLogsServiceResponse;
    type Record = EventRecord;
    const NAME: SignalName = SignalName::Logs;
    const SERVICE: &'static str = "opentelemetry.proto.collector.logs.v1.LogsService";
    const REJECTED: &'static str = "rejectedLogRecords";

    fn parse_json(body: &[u8]) -> serde_json::Result<Self::Request> {
        json::logs(body)
    }

    fn decode(decoder: &Decoder, request: Self::Request, now_ns: i64) -> Decoded<Self::Record> {
        decoder.events(request, now_ns)
    }

    fn store<S: Store>(
        store: &S,
        request: Content,
        records: &[Self::Record],
    ) -> impl Future<Output = Result<(), Unavailable>> + Send + use<S> {
        store.events(request, records)
    }

    fn response(rejected_log_records: i64, error_message: String) -> Self::Response {
        let partial = ExportLogsPartialSuccess { rejected_log_records, error_message };
        Self::Response { partial_success: Some(partial) }
    }
}

pub(super) enum Metrics {}

impl Signal for Metrics {
    type Request = ExportMetricsServiceRequest;
    type Response = ExportMetricsServiceResponse;
    type Record = ReadingRecord;
    const NAME: SignalName = SignalName::Metrics;
    const SERVICE: &'static str = "opentelemetry.proto.collector.metrics.v1.MetricsService";
    const REJECTED: &'static str = "rejectedDataPoints";

    fn parse_json(body: &[u8]) -> serde_json::Result<Self::Request> {
        json::metrics(body)
    }

    fn decode(decoder: &Decoder, request: Self::Request, now_ns: i64) -> Decoded<Self::Record> {
        decoder.readings(request, now_ns)
    }

    fn store<S: Store>(
        store: &S,
        request: Content,
        records: &[Self::Record],
    ) -> impl Future<Output = Result<(), Unavailable>> + Send + use<S> {
        store.readings(request, records)
    }

    fn response(rejected_data_points: i64, error_message: String) -> Self::Response {
        let partial = ExportMetricsPartialSuccess { rejected_data_points, error_message };
        Self::Response { partial_success: Some(partial) }
    }
}
