use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1 as proto;
use serde::Deserialize;

use super::scalar::{Hex, Int32, List, Object, Uint32, Uint64, each};
use super::value::KeyValue;
use super::{JsonResource, JsonScope, resource, scope};

/// Reads the body of `POST /v1/traces`.
pub(super) fn traces(body: &[u8]) -> serde_json::Result<ExportTraceServiceRequest> {
    let json: Object<Request> = serde_json::from_slice(body)?;
    Ok(ExportTraceServiceRequest { resource_spans: each(json.0.resource_spans) })
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Request {
    resource_spans: List<ResourceSpans>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceSpans {
    resource: Option<Object<JsonResource>>,
    scope_spans: List<ScopeSpans>,
    schema_url: Option<String>,
}

impl From<ResourceSpans> for proto::ResourceSpans {
    fn from(json: ResourceSpans) -> Self {
        Self {
            resource: resource(json.resource),
            scope_spans: each(json.scope_spans),
            schema_url: json.schema_url.unwrap_or_default(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ScopeSpans {
    scope: Option<Object<JsonScope>>,
    spans: List<Span>,
    schema_url: Option<String>,
}

impl From<ScopeSpans> for proto::ScopeSpans {
    fn from(json: ScopeSpans) -> Self {
        Self { scope: scope(json.scope), spans: each(json.spans), schema_url: json.schema_url.unwrap_or_default() }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Span {
    trace_id: Option<Hex>,
    span_id: Option<Hex>,
    trace_state: Option<String>,
    parent_span_id: Option<Hex>,
    flags: Option<Uint32>,
    name: Option<String>,
    kind: Option<Int32>,
    start_time_unix_nano: Option<Uint64>,
    end_time_unix_nano: Option<Uint64>,
    attributes: List<KeyValue>,
    dropped_attributes_count: Option<Uint32>,
    events: List<Event>,
    dropped_events_count: Option<Uint32>,
    links: List<Link>,
    dropped_links_count: Option<Uint32>,
    status: Option<Object<Status>>,
}

impl From<Span> for proto::Span {
    fn from(json: Span) -> Self {
        Self {
            trace_id: json.trace_id.unwrap_or_default().0,
            span_id: json.span_id.unwrap_or_default().0,
            trace_state: json.trace_state.unwrap_or_default(),
            parent_span_id: json.parent_span_id.unwrap_or_default().0,
            flags: json.flags.unwrap_or_default().0,
            name: json.name.unwrap_or_default(),
            kind: json.kind.unwrap_or_default().0,
            start_time_unix_nano: json.start_time_unix_nano.unwrap_or_default().0,
            end_time_unix_nano: json.end_time_unix_nano.unwrap_or_default().0,
            attributes: each(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count.unwrap_or_default().0,
            events: each(json.events),
            dropped_events_count: json.dropped_events_count.unwrap_or_default().0,
            links: each(json.links),
            dropped_links_count: json.dropped_links_count.unwrap_or_default().0,
            status: json.status.map(|status| proto::Status {
                message: status.0.message.unwrap_or_default(),
                code: status.0.code.unwrap_or_default().0,
            }),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    time_unix_nano: Option<Uint64>,
    name: Option<String>,
    attributes: List<KeyValue>,
    dropped_attributes_count: Option<Uint32>,
}

impl From<Event> for proto::span::Event {
    fn from(json: Event) -> Self {
        Self {
            time_unix_nano: json.time_unix_nano.unwrap_or_default().0,
            name: json.name.unwrap_or_default(),
            attributes: each(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count.unwrap_or_default().0,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Link {
    trace_id: Option<Hex>,
    span_id: Option<Hex>,
    trace_state: Option<String>,
    attributes: List<KeyValue>,
    dropped_attributes_count: Option<Uint32>,
    flags: Option<Uint32>,
}

impl From<Link> for proto::span::Link {
    fn from(json: Link) -> Self {
        Self {
            trace_id: json.trace_id.unwrap_or_default().0,
            span_id: json.span_id.unwrap_or_default().0,
            trace_state: json.trace_state.unwrap_or_default(),
            attributes: each(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count.unwrap_or_default().0,
            flags: json.flags.unwrap_or_default().0,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    message: Option<String>,
    code: Option<Int32>,
}
