//! Requests in which no field has the value that it has when it is absent.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

const START: u64 = 1_795_253_154_000_000_001;

pub(super) fn traces() -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        trace_state: "a=b".to_owned(),
        parent_span_id: vec![3; 8],
        flags: 257,
        name: "POST /orders".to_owned(),
        kind: 2,
        start_time_unix_nano: START,
        end_time_unix_nano: START + 2,
        attributes: attributes(),
        dropped_attributes_count: 3,
        events: vec![Event {
            time_unix_nano: START + 1,
            name: "e".to_owned(),
            attributes: attributes(),
            dropped_attributes_count: 4,
        }],
        dropped_events_count: 5,
        links: vec![Link {
            trace_id: vec![4; 16],
            span_id: vec![5; 8],
            trace_state: "c=d".to_owned(),
            attributes: attributes(),
            dropped_attributes_count: 6,
            flags: 256,
        }],
        dropped_links_count: 7,
        status: Some(Status { message: "no".to_owned(), code: 2 }),
    };
    let scope_spans = vec![ScopeSpans { scope: scope(), spans: vec![span], schema_url: "s".to_owned() }];
    let resource_spans = vec![ResourceSpans { resource: resource(), scope_spans, schema_url: "r".to_owned() }];
    ExportTraceServiceRequest { resource_spans }
}

pub(super) fn logs() -> ExportLogsServiceRequest {
    let log = LogRecord {
        time_unix_nano: START,
        observed_time_unix_nano: START + 1,
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: value(Value::StringValue("text".to_owned())),
        attributes: attributes(),
        dropped_attributes_count: 1,
        flags: 1,
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        event_name: "order.placed".to_owned(),
    };
    let scope_logs = vec![ScopeLogs { scope: scope(), log_records: vec![log], schema_url: "s".to_owned() }];
    let resource_logs = vec![ResourceLogs { resource: resource(), scope_logs, schema_url: "r".to_owned() }];
    ExportLogsServiceRequest { resource_logs }
}

pub(super) fn metrics() -> ExportMetricsServiceRequest {
    let gauge = Gauge { data_points: vec![number(number_data_point::Value::AsInt(-5))] };
    let sum = Sum {
        data_points: vec![number(number_data_point::Value::AsDouble(1.5))],
        aggregation_temporality: 2,
        is_monotonic: true,
    };
    let histogram = Histogram { data_points: vec![histogram()], aggregation_temporality: 1 };
    let exponential = ExponentialHistogram { data_points: vec![exponential()], aggregation_temporality: 1 };
    let summary = SummaryDataPoint {
        attributes: attributes(),
        start_time_unix_nano: START,
        time_unix_nano: START + 1,
        count: 2,
        sum: 3.5,
        quantile_values: vec![ValueAtQuantile { quantile: 0.5, value: 7.25 }],
        flags: 1,
    };
    let summary = Summary { data_points: vec![summary] };
    let all = [
        Data::Gauge(gauge),
        Data::Sum(sum),
        Data::Histogram(histogram),
        Data::ExponentialHistogram(exponential),
        Data::Summary(summary),
    ];
    let metrics = all.map(|data| Metric {
        name: "commerce.price".to_owned(),
        description: "d".to_owned(),
        unit: "EUR".to_owned(),
        metadata: attributes(),
        data: Some(data),
    });
    let scope_metrics = vec![ScopeMetrics { scope: scope(), metrics: metrics.into(), schema_url: "s".to_owned() }];
    let resource_metrics = vec![ResourceMetrics { resource: resource(), scope_metrics, schema_url: "r".to_owned() }];
    ExportMetricsServiceRequest { resource_metrics }
}

fn number(value: number_data_point::Value) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(),
        start_time_unix_nano: START,
        time_unix_nano: START + 1,
        exemplars: exemplars(),
        flags: 1,
        value: Some(value),
    }
}

fn histogram() -> HistogramDataPoint {
    HistogramDataPoint {
        attributes: attributes(),
        start_time_unix_nano: START,
        time_unix_nano: START + 1,
        count: 3,
        sum: Some(4.5),
        bucket_counts: vec![1, 2],
        explicit_bounds: vec![0.5],
        exemplars: exemplars(),
        flags: 1,
        min: Some(0.25),
        max: Some(2.5),
    }
}

fn exponential() -> ExponentialHistogramDataPoint {
    ExponentialHistogramDataPoint {
        attributes: attributes(),
        start_time_unix_nano: START,
        time_unix_nano: START + 1,
        count: 3,
        sum: Some(4.5),
        scale: -1,
        zero_count: 1,
        positive: Some(Buckets { offset: 1, bucket_counts: vec![2] }),
        negative: Some(Buckets { offset: -1, bucket_counts: vec![3] }),
        flags: 1,
        exemplars: exemplars(),
        min: Some(-0.5),
        max: Some(2.5),
        zero_threshold: 0.125,
    }
}

fn exemplars() -> Vec<Exemplar> {
    let values = [exemplar::Value::AsInt(9), exemplar::Value::AsDouble(9.5)];
    let exemplar = |value| Exemplar {
        filtered_attributes: attributes(),
        time_unix_nano: START,
        span_id: vec![1; 8],
        trace_id: vec![2; 16],
        value: Some(value),
    };
    values.map(exemplar).into()
}

fn resource() -> Option<Resource> {
    let entity = EntityRef {
        schema_url: "e".to_owned(),
        r#type: "service".to_owned(),
        id_keys: vec!["service.name".to_owned()],
        description_keys: vec!["service.version".to_owned()],
    };
    Some(Resource { attributes: attributes(), dropped_attributes_count: 1, entity_refs: vec![entity] })
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope {
        name: "lib".to_owned(),
        version: "1".to_owned(),
        attributes: attributes(),
        dropped_attributes_count: 2,
    })
}

fn attributes() -> Vec<KeyValue> {
    let text = value(Value::StringValue("v".to_owned()));
    vec![KeyValue { key: "k".to_owned(), value: text, ..KeyValue::default() }]
}

fn value(value: Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}
