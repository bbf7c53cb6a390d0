//! An attempt as an OpenTelemetry span.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use ordertrace_api::attributes;

use super::{Captured, Exchange};
use crate::attribute_list::AttributeList;

/// `service.name` of the spans that the proxy makes.
pub const SERVICE_NAME: &str = "ordertrace-agent";

/// Methods that semantic conventions 1.44.0 report as they are.
const METHODS: [&str; 10] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "QUERY"];

/// The CLIENT span of one attempt. Attribute names follow the OpenTelemetry semantic
/// conventions 1.44.0 (HTTP client spans) and [`attributes`].
pub fn attempt_span(exchange: &Exchange, captured: &Captured) -> Span {
    let failed_status = exchange.status.filter(|status| *status >= 400).map(|status| status.to_string());
    let error_type = exchange.error_type.map(str::to_owned).or(failed_status);
    let status = error_type.as_ref().map(|_| Status { message: String::new(), code: StatusCode::Error.into() });
    Span {
        trace_id: exchange.trace.trace_id.to_vec(),
        span_id: exchange.trace.span_id.to_vec(),
        parent_span_id: exchange.trace.parent_span_id.map(Vec::from).unwrap_or_default(),
        trace_state: exchange.trace.state.clone(),
        flags: u32::from(exchange.trace.flags),
        name: captured.operation.clone(),
        kind: SpanKind::Client.into(),
        start_time_unix_nano: exchange.started_at_ns,
        end_time_unix_nano: exchange.ended_at_ns.max(exchange.started_at_ns),
        attributes: span_attributes(exchange, captured, error_type.as_deref()),
        status,
        ..Span::default()
    }
}

/// Spans of the proxy as an export request. `instance_id` tells agents apart.
pub fn export_request(spans: Vec<Span>, instance_id: &str) -> ExportTraceServiceRequest {
    let mut resource = AttributeList::default();
    resource.text("service.name", SERVICE_NAME);
    resource.text("service.instance.id", instance_id);
    resource.text("service.version", env!("CARGO_PKG_VERSION"));
    let scope = InstrumentationScope {
        name: "ordertrace-proxy".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource { attributes: resource.into_attributes(), ..Resource::default() }),
            scope_spans: vec![ScopeSpans { scope: Some(scope), spans, schema_url: String::new() }],
            schema_url: String::new(),
        }],
    }
}

fn span_attributes(exchange: &Exchange, captured: &Captured, error_type: Option<&str>) -> Vec<KeyValue> {
    let mut list = AttributeList::default();
    list.text(attributes::HANDOFF_FROM, &exchange.from);
    list.text(attributes::HANDOFF_TO, &exchange.to);
    list.text(attributes::HANDOFF_OPERATION, &captured.operation);
    list.text(attributes::HANDOFF_OBSERVER, attributes::OBSERVER_PROXY);
    if METHODS.contains(&exchange.method.as_str()) {
        list.text("http.request.method", &exchange.method);
    } else {
        list.text("http.request.method", "_OTHER");
        list.text("http.request.method_original", &exchange.method);
    }
    list.text("url.path", &exchange.path);
    list.optional_text("url.template", captured.url_template.as_deref());
    list.optional_text("server.address", Some(exchange.server_address.as_str()).filter(|host| !host.is_empty()));
    list.optional_number("server.port", Some(i64::from(exchange.server_port)).filter(|port| *port != 0));
    list.text("network.protocol.version", exchange.http_version);
    list.optional_number("http.response.status_code", exchange.status.map(i64::from));
    list.number("http.request.body.size", size(exchange.request_body.size));
    list.number("http.response.body.size", size(exchange.response_body.size));
    let resent = Some(i64::from(exchange.resend_count)).filter(|count| *count > 0);
    list.optional_number("http.request.resend_count", resent);
    list.optional_text("error.type", error_type);
    list.optional_double(attributes::TIMING_CONNECT_MS, exchange.connect_ns.map(milliseconds));
    list.optional_double(attributes::TIMING_FIRST_BYTE_MS, exchange.first_byte_ns.map(milliseconds));
    list.optional_text(attributes::IDEMPOTENCY_KEY, captured.idempotency_key.as_deref());
    list.text(attributes::AUTH_SCHEME, captured.auth_scheme);
    list.text(attributes::TLS_STATE, exchange.tls.unwrap_or("none"));
    list.optional_text(attributes::MILESTONE, captured.milestone.as_deref());
    if let Some(money) = &captured.money {
        list.text(attributes::AMOUNT, &money.amount);
        list.text(attributes::CURRENCY, &money.currency);
    }
    if let Some(graphql) = &captured.graphql {
        list.text("graphql.operation.type", graphql.kind);
        list.optional_text("graphql.operation.name", graphql.name.as_deref());
    }
    if exchange.request_body.is_truncated() || exchange.response_body.is_truncated() {
        list.push(attributes::CAPTURE_TRUNCATED, Value::BoolValue(true));
    }
    list.keys(&captured.keys);
    list.into_attributes()
}

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}
