use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

/// What one system says at one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Saying {
    pub(super) system: &'static str,
    /// Span name; of an event its name.
    pub(super) name: String,
    /// The system that is called, where the caller tells of it.
    pub(super) calls: Option<&'static str>,
    pub(super) failed: bool,
    /// How often it was sent before, where the caller tells of it.
    pub(super) resent: u32,
    pub(super) attributes: Vec<(String, String)>,
}

impl Saying {
    /// One span of a trace of its own.
    pub(super) fn span(&self, at: Timestamp, trace_id: [u8; 16], span_id: [u8; 8]) -> ResourceSpans {
        let mut attributes: Vec<KeyValue> = self.attributes.iter().map(|(name, value)| text(name, value)).collect();
        let (method, path) = self.name.split_once(' ').unwrap_or(("POST", "/"));
        attributes.push(text("http.request.method", method));
        attributes.push(text("url.path", path));
        attributes.push(integer("http.response.status_code", if self.failed { 503 } else { 201 }));
        if let Some(called) = self.calls {
            attributes.push(text("service.peer.name", called));
        }
        if self.resent > 0 {
            attributes.push(integer("http.request.resend_count", i64::from(self.resent)));
        }
        let started = nanoseconds(at);
        let kind = if self.calls.is_some() { SpanKind::Client } else { SpanKind::Server };
        let status = Status { message: String::new(), code: StatusCode::Error as i32 };
        let span = Span {
            trace_id: trace_id.to_vec(),
            span_id: span_id.to_vec(),
            name: self.name.clone(),
            kind: kind as i32,
            start_time_unix_nano: started,
            end_time_unix_nano: started + 40_000_000,
            attributes,
            status: self.failed.then_some(status),
            ..Span::default()
        };
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        ResourceSpans { resource: Some(self.resource()), scope_spans, schema_url: String::new() }
    }

    /// A request with one business event outside of any trace.
    pub(super) fn event(&self, at: Timestamp) -> Vec<u8> {
        let record = LogRecord {
            time_unix_nano: nanoseconds(at),
            event_name: self.name.clone(),
            attributes: self.attributes.iter().map(|(name, value)| text(name, value)).collect(),
            ..LogRecord::default()
        };
        let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
        let resource_logs = ResourceLogs { resource: Some(self.resource()), scope_logs, schema_url: String::new() };
        ExportLogsServiceRequest { resource_logs: vec![resource_logs] }.encode_to_vec()
    }

    fn resource(&self) -> Resource {
        Resource { attributes: vec![text("service.name", self.system)], ..Resource::default() }
    }
}

/// A request with these spans.
pub(super) fn request(resource_spans: Vec<ResourceSpans>) -> Vec<u8> {
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

pub(crate) fn text(name: &str, value: &str) -> KeyValue {
    attribute(name, any_value::Value::StringValue(value.to_owned()))
}

fn integer(name: &str, value: i64) -> KeyValue {
    attribute(name, any_value::Value::IntValue(value))
}

fn attribute(name: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: name.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

pub(crate) fn nanoseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_nanosecond()).unwrap_or(0)
}
