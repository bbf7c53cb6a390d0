use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1 as proto;
use serde::Deserialize;

use super::scalar::{Hex, Int32, List, Object, Uint32, Uint64, each};
use super::value::{AnyValue, KeyValue};
use super::{JsonResource, JsonScope, resource, scope};

/// Reads the body of `POST /v1/logs`.
pub(super) fn logs(body: &[u8]) -> serde_json::Result<ExportLogsServiceRequest> {
    let json: Object<Request> = serde_json::from_slice(body)?;
    Ok(ExportLogsServiceRequest { resource_logs: each(json.0.resource_logs) })
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Request {
    resource_logs: List<ResourceLogs>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceLogs {
    resource: Option<Object<JsonResource>>,
    scope_logs: List<ScopeLogs>,
    schema_url: Option<String>,
}

impl From<ResourceLogs> for proto::ResourceLogs {
    fn from(json: ResourceLogs) -> Self {
        Self {
            resource: resource(json.resource),
            scope_logs: each(json.scope_logs),
            schema_url: json.schema_url.unwrap_or_default(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ScopeLogs {
    scope: Option<Object<JsonScope>>,
    log_records: List<LogRecord>,
    schema_url: Option<String>,
}

impl From<ScopeLogs> for proto::ScopeLogs {
    fn from(json: ScopeLogs) -> Self {
        Self {
            scope: scope(json.scope),
            log_records: each(json.log_records),
            schema_url: json.schema_url.unwrap_or_default(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LogRecord {
    time_unix_nano: Option<Uint64>,
    observed_time_unix_nano: Option<Uint64>,
    severity_number: Option<Int32>,
    severity_text: Option<String>,
    body: Option<AnyValue>,
    attributes: List<KeyValue>,
    dropped_attributes_count: Option<Uint32>,
    flags: Option<Uint32>,
    trace_id: Option<Hex>,
    span_id: Option<Hex>,
    event_name: Option<String>,
}

impl From<LogRecord> for proto::LogRecord {
    fn from(json: LogRecord) -> Self {
        Self {
            time_unix_nano: json.time_unix_nano.unwrap_or_default().0,
            observed_time_unix_nano: json.observed_time_unix_nano.unwrap_or_default().0,
            severity_number: json.severity_number.unwrap_or_default().0,
            severity_text: json.severity_text.unwrap_or_default(),
            body: json.body.map(Into::into),
            attributes: each(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count.unwrap_or_default().0,
            flags: json.flags.unwrap_or_default().0,
            trace_id: json.trace_id.unwrap_or_default().0,
            span_id: json.span_id.unwrap_or_default().0,
            event_name: json.event_name.unwrap_or_default(),
        }
    }
}
