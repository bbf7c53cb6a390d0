use std::io::Write;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde::Serialize;

/// 2026-11-21T09:25:54Z.
pub(crate) const NOW_NS: i64 = 1_795_253_154_000_000_000;
pub(crate) const AT: u64 = NOW_NS as u64;

fn string(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn resource() -> Option<Resource> {
    Some(Resource { attributes: vec![string("service.name", "oms-service")], ..Resource::default() })
}

pub(crate) fn span(number: u8) -> Span {
    Span {
        trace_id: vec![number; 16],
        span_id: vec![number; 8],
        name: format!("span {number}"),
        kind: 2,
        start_time_unix_nano: AT,
        end_time_unix_nano: AT + 5,
        attributes: vec![string("order_id", "A-1")],
        ..Span::default()
    }
}

pub(crate) fn traces(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { resource: resource(), scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}

pub(crate) fn logs() -> ExportLogsServiceRequest {
    let log_records =
        vec![LogRecord { time_unix_nano: AT, event_name: "order.placed".to_owned(), ..LogRecord::default() }];
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { resource: resource(), scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }
}

pub(crate) fn metrics(name: &str) -> ExportMetricsServiceRequest {
    let attributes = [("commerce.system", "erp"), ("commerce.sku", "S-1"), ("commerce.currency", "EUR")]
        .map(|(name, value)| string(name, value));
    let attributes = attributes.to_vec();
    let value = Some(Number::AsDouble(12.5));
    let point = NumberDataPoint { attributes, time_unix_nano: AT, value, ..NumberDataPoint::default() };
    let data = Some(Data::Gauge(Gauge { data_points: vec![point] }));
    let metrics = vec![Metric { name: name.to_owned(), data, ..Metric::default() }];
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    let resource_metrics = vec![ResourceMetrics { resource: resource(), scope_metrics, ..ResourceMetrics::default() }];
    ExportMetricsServiceRequest { resource_metrics }
}

/// A body of each signal with one item, in Protobuf and in JSON.
pub(crate) fn bodies() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    fn both<M: Message + Serialize>(signal: &'static str, message: &M) -> [(&'static str, &'static str, Vec<u8>); 2] {
        [
            (signal, "application/x-protobuf", message.encode_to_vec()),
            (signal, "application/json; charset=utf-8", serde_json::to_vec(message).unwrap()),
        ]
    }
    let all = [
        both("traces", &traces(vec![span(1)])),
        both("logs", &logs()),
        both("metrics", &metrics("commerce.inventory.level")),
    ];
    all.concat()
}

pub(crate) fn compress(coding: &str, body: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        }
        "zstd" => zstd::encode_all(body, 3).unwrap(),
        _ => body.to_vec(),
    }
}
