use std::sync::Arc;

use ordertrace_api::journey::Observer;
use ordertrace_api::span::SpanKind;

use super::{Attributes, KeyRecord};

/// A span, decoded and recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanRecord {
    /// Never all zero.
    pub trace_id: [u8; 16],
    /// Never all zero.
    pub span_id: [u8; 8],
    /// All zero on a root.
    pub parent_span_id: [u8; 8],
    /// W3C tracestate.
    pub trace_state: String,
    /// Nanoseconds since the Unix epoch, within what DateTime64(9) holds.
    pub started_at_ns: i64,
    /// 0 where the sender's end was before its start.
    pub duration_ns: u64,
    /// Span name.
    pub name: String,
    /// Span kind.
    pub kind: SpanKind,
    /// Span status.
    pub status: SpanStatus,
    /// Status message.
    pub status_message: String,
    /// `service.name` as sent, `unknown_service` when absent.
    pub service: String,
    /// The commerce system the service is mapped to.
    pub system: String,
    /// Shared by all spans of a resource.
    pub resource_attributes: Arc<Attributes>,
    /// Instrumentation scope.
    pub scope_name: String,
    /// Instrumentation scope's version.
    pub scope_version: String,
    /// Span attributes.
    pub attributes: Attributes,
    /// Span events.
    pub events: Vec<SpanEventRecord>,
    /// Span links.
    pub links: Vec<SpanLinkRecord>,
    /// Keys recognised on it.
    pub keys: Vec<KeyRecord>,
    /// Name of the noise rule that it falls under; empty = none.
    pub noise: String,
    /// The milestone it shows; empty = none.
    pub milestone: String,
    /// Its part in a handoff, when it is one end of it.
    pub side: Option<HandoffSide>,
}

/// OpenTelemetry span status (trace.proto `Status.StatusCode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i8)]
pub enum SpanStatus {
    /// Not said.
    #[default]
    Unset = 0,
    /// Said to be fine.
    Ok = 1,
    /// Failed.
    Error = 2,
}

/// What a span says of the handoff of which it is one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoffSide {
    /// Where its reporter stands.
    pub observer: Observer,
    /// The sending system; empty when this end cannot know.
    pub from: String,
    /// The receiving system, or `host:port` where nothing maps it to one.
    pub to: String,
    /// What was asked, low cardinality.
    pub operation: String,
    /// HTTP method; empty when not HTTP.
    pub method: String,
    /// URL path without query; empty when not HTTP.
    pub path: String,
    /// HTTP status; 0 when unanswered or not HTTP.
    pub status_code: u16,
    /// `http.request.resend_count`.
    pub resend_count: u32,
    /// The idempotency key; empty when none.
    pub idempotency_key: String,
    /// `error.type`; empty when none.
    pub error_type: String,
}

/// An event on a span.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanEventRecord {
    /// Nanoseconds since the Unix epoch.
    pub at_ns: i64,
    /// Event name.
    pub name: String,
    /// Event attributes.
    pub attributes: Attributes,
}

/// A link from a span to another.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanLinkRecord {
    /// The other span's trace.
    pub trace_id: [u8; 16],
    /// The other span.
    pub span_id: [u8; 8],
    /// W3C tracestate.
    pub trace_state: String,
    /// Link attributes.
    pub attributes: Attributes,
}
