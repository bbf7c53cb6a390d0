use ordertrace_api::journey::Observer;
use ordertrace_api::span::SpanKind;

use super::{Attribute, Mention, OrderLines, Origin, Scope};

/// A span, decoded and recognised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpanRecord<'a> {
    /// Never all zero.
    pub trace_id: [u8; 16],
    /// Never all zero.
    pub span_id: [u8; 8],
    /// All zero on a root.
    pub parent_span_id: [u8; 8],
    /// W3C tracestate.
    pub trace_state: &'a str,
    /// Nanoseconds since the Unix epoch, within what DateTime64(9) holds.
    pub started_at_ns: i64,
    /// 0 where the sender's end was before its start.
    pub duration_ns: u64,
    /// Span name.
    pub name: &'a str,
    /// Span kind.
    pub kind: SpanKind,
    /// Span status.
    pub status: SpanStatus,
    /// Status message.
    pub status_message: &'a str,
    /// Who reported it.
    pub origin: &'a Origin<'a>,
    /// Instrumentation scope.
    pub scope: &'a Scope<'a>,
    /// Span attributes.
    pub attributes: &'a [Attribute<'a>],
    /// Span events.
    pub events: &'a [SpanEventRecord<'a>],
    /// Span links.
    pub links: &'a [SpanLinkRecord<'a>],
    /// Keys recognised on it.
    pub keys: &'a [Mention<'a>],
    /// What it says of an order's goods.
    pub lines: Option<&'a OrderLines<'a>>,
    /// Name of the noise rule that it falls under; empty = none.
    pub noise: &'a str,
    /// The milestone it shows; empty = none.
    pub milestone: &'a str,
    /// Its part in a handoff, when it is one end of it.
    pub side: Option<&'a Side<'a>>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side<'a> {
    /// Where its reporter stands.
    pub observer: Observer,
    /// The sending system; empty when this end cannot know.
    pub from: &'a str,
    /// The receiving system, or `host:port` where nothing maps it to one.
    pub to: &'a str,
    /// What was asked, low cardinality.
    pub operation: &'a str,
    /// HTTP method; empty when not HTTP.
    pub method: &'a str,
    /// URL path without query; empty when not HTTP.
    pub path: &'a str,
    /// HTTP status; 0 when unanswered or not HTTP.
    pub status_code: u16,
    /// `http.request.resend_count`.
    pub resend_count: u32,
    /// The idempotency key; empty when none.
    pub idempotency_key: &'a str,
    /// `error.type`; empty when none.
    pub error_type: &'a str,
    /// How the receiver was reached.
    pub access: Access<'a>,
}

/// How the receiver of a handoff was reached, as far as the reporter says; never a credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Access<'a> {
    /// Authentication scheme: `bearer`, `none`, …; empty = it does not say.
    pub auth: &'static str,
    /// `none`, `TLSv1.3`, …; `tls` = of some version; empty = it does not say.
    pub tls: &'static str,
    /// Of the URL, else the name of the protocol: `https`, `kafka`; empty = it does not say.
    pub scheme: &'a str,
    /// Empty = it does not say.
    pub host: &'a str,
    /// `None` = the scheme's own, or it does not say.
    pub port: Option<u16>,
}

/// A [`Side`] as journeys read it back.
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpanEventRecord<'a> {
    /// Nanoseconds since the Unix epoch.
    pub at_ns: i64,
    /// Event name.
    pub name: &'a str,
    /// Event attributes.
    pub attributes: &'a [Attribute<'a>],
}

/// A link from a span to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpanLinkRecord<'a> {
    /// The other span's trace.
    pub trace_id: [u8; 16],
    /// The other span.
    pub span_id: [u8; 8],
    /// W3C tracestate.
    pub trace_state: &'a str,
    /// Link attributes.
    pub attributes: &'a [Attribute<'a>],
}
