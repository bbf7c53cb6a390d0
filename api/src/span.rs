//! Raw spans, for looking inside a handoff.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Reply of [`TRACE_SPANS`](crate::routes::TRACE_SPANS), by start time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SpansReply {
    /// Parents before their children where both start at once.
    pub spans: Vec<Span>,
    /// Whether the size limit cut the list.
    pub more: bool,
}

/// One span as it was received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Span {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// 16 hexadecimal digits; absent on a root.
    pub parent_span_id: Option<String>,
    /// The system that reported it.
    pub system: String,
    /// Span name.
    pub name: String,
    /// OpenTelemetry span kind.
    pub kind: SpanKind,
    /// Start.
    pub started_at: Timestamp,
    /// End minus start; 0 where the sender's end was before its start.
    pub duration_ns: u64,
    /// `true` when the span's status is ERROR.
    pub error: bool,
    /// Status message, empty when none.
    pub status_message: String,
    /// Span attributes, values in text form.
    pub attributes: BTreeMap<String, String>,
    /// Events such as exceptions, by time.
    pub events: Vec<SpanEvent>,
}

/// An event on a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SpanEvent {
    /// When.
    pub at: Timestamp,
    /// Event name.
    pub name: String,
    /// Attributes, values in text form.
    pub attributes: BTreeMap<String, String>,
}

/// OpenTelemetry span kind (trace.proto `SpanKind`).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// Not said.
    Unspecified,
    /// Within one process.
    #[default]
    Internal,
    /// Answers a remote request.
    Server,
    /// Makes a remote request.
    Client,
    /// Sends a message.
    Producer,
    /// Receives a message.
    Consumer,
}
