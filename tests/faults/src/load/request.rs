//! Requests whose items can be found again, of kinds that leave rows in every table.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use ordertrace_api::attributes::{
    AUTH_SCHEME, HANDOFF_FROM, HANDOFF_OBSERVER, HANDOFF_OPERATION, HANDOFF_TO, LOCATION, METRIC_INVENTORY_LEVEL,
    MILESTONE, OBSERVER_PROXY, SKU, SYSTEM, UNITS, key_attribute,
};
use ordertrace_tests::otlp::{attribute, now_ns};
use rand::{Rng, RngExt};

/// Traces of a request of spans.
const TRACES: u8 = 4;

/// Log records, or readings, of a request.
const RECORDS: u8 = 12;

/// How far back items happened, so that they fall into several minutes.
const SPREAD_NS: u64 = 150_000_000_000;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signal {
    Traces,
    Logs,
    Metrics,
}

impl Signal {
    /// As in the collector's status, and in paths.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }
}

/// A request's number: no other request has it. Its items are numbered within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RequestId(pub(crate) u64);

impl RequestId {
    /// The `number`th request of a sender in a cycle.
    pub(crate) fn new(cycle: u32, sender: usize, number: u32) -> Self {
        // One more, so that no id is zero.
        Self((u64::from(cycle) + 1) << 32 | (sender as u64) << 28 | u64::from(number))
    }

    /// Which request of its sender it is.
    pub(crate) fn number(self) -> u64 {
        self.0 & 0x0fff_ffff
    }

    /// The id of an item, as the queries of `check` read it.
    fn item(self, item: u8) -> [u8; 8] {
        (self.0 << 8 | u64::from(item)).to_le_bytes()
    }

    fn trace(self, trace: u8) -> Vec<u8> {
        [self.item(trace), 0x5eed_u64.to_be_bytes()].concat()
    }

    fn text(self, item: u8) -> String {
        format!("{:x}-{item}", self.0)
    }
}

/// A request, encoded when it is sent.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Traces(ExportTraceServiceRequest),
    Logs(ExportLogsServiceRequest),
    Metrics(ExportMetricsServiceRequest),
}

/// A request and what is in it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) id: RequestId,
    pub(crate) signal: Signal,
    pub(crate) payload: Payload,
    /// Items to be stored.
    pub(crate) items: u64,
    /// Items to be refused.
    pub(crate) refused: u64,
}

/// Makes a request; with a point that is no reading if `refusable`, which only readings may be.
pub(crate) fn make(id: RequestId, signal: Signal, service: &str, refusable: bool, rng: &mut impl Rng) -> Request {
    let started_ns = now_ns() - rng.random_range(0..SPREAD_NS);
    let (payload, items, refused) = match signal {
        Signal::Traces => {
            let spans: Vec<Span> = (0..TRACES).flat_map(|trace| spans(id, trace, started_ns, rng)).collect();
            let items = spans.len() as u64;
            (Payload::Traces(traces(service, spans)), items, 0)
        }
        Signal::Logs => (Payload::Logs(logs(service, id, started_ns)), u64::from(RECORDS), 0),
        Signal::Metrics => {
            (Payload::Metrics(metrics(service, id, started_ns, refusable)), u64::from(RECORDS), u64::from(refusable))
        }
    };
    Request { id, signal, payload, items, refused }
}

fn resource(service: &str) -> Option<Resource> {
    Some(Resource { attributes: vec![attribute("service.name", service)], ..Resource::default() })
}

/// The spans of one order: every side of a handoff, keys, a milestone, a failure, internal work.
fn spans(id: RequestId, trace: u8, started_ns: u64, rng: &mut impl Rng) -> Vec<Span> {
    let first = trace * 8;
    let order = attribute(&key_attribute("order", None), &format!("F-{}", id.text(trace)));
    let mut span = |item: u8, parent: Option<u8>, kind: SpanKind, name: &str, attributes: Vec<KeyValue>| Span {
        trace_id: id.trace(trace),
        span_id: id.item(first + item).to_vec(),
        parent_span_id: parent.map_or_else(Vec::new, |parent| id.item(first + parent).to_vec()),
        name: name.to_owned(),
        kind: kind.into(),
        start_time_unix_nano: started_ns + u64::from(item) * 1_000_000,
        end_time_unix_nano: started_ns + u64::from(item) * 1_000_000 + rng.random_range(100_000..400_000_000),
        attributes,
        ..Span::default()
    };
    let http = |method: &str, url: &str, status: &str| {
        vec![
            attribute("http.request.method", method),
            attribute("url.full", url),
            attribute("http.response.status_code", status),
        ]
    };
    let mut pay = http("POST", "http://payments:8080/v1/payment_intents", "200");
    pay.push(order.clone());
    pay.push(attribute(&key_attribute("payment", None), &format!("pi-{}", id.text(trace))));
    pay.push(attribute(MILESTONE, "payment.captured"));
    let mut again = http("POST", "http://erp:8080/documents", "503");
    again.push(attribute("http.request.resend_count", "1"));
    let proxied = vec![
        attribute(HANDOFF_OBSERVER, OBSERVER_PROXY),
        attribute(HANDOFF_FROM, "oms"),
        attribute(HANDOFF_TO, "wms"),
        attribute(HANDOFF_OPERATION, "POST /reservations"),
        attribute("http.request.method", "POST"),
        attribute("url.full", "http://wms:8080/reservations"),
        attribute(AUTH_SCHEME, "bearer"),
        order.clone(),
    ];
    let send = vec![attribute("messaging.system", "kafka"), attribute("messaging.destination.name", "shipments")];
    let mut checkout = http("POST", "http://storefront:8080/checkout", "200");
    checkout.push(order);
    checkout.extend(goods());
    vec![
        span(0, None, SpanKind::Server, "POST /checkout", checkout),
        span(1, Some(0), SpanKind::Client, "POST", pay),
        Span {
            status: Some(Status { code: 2, message: "erp is away".to_owned() }),
            ..span(2, Some(0), SpanKind::Client, "POST", again)
        },
        span(3, Some(0), SpanKind::Client, "POST", proxied),
        span(4, Some(0), SpanKind::Internal, "prices are looked up", vec![attribute("step", "4")]),
        span(5, Some(4), SpanKind::Producer, "send shipments", send),
    ]
}

/// What an order is of.
fn goods() -> impl Iterator<Item = KeyValue> {
    [attribute(&key_attribute("sku", None), "HAT-RED-M"), attribute(UNITS, "2")].into_iter()
}

fn traces(service: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { resource: resource(service), scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}

/// Business events, every other one outside of any trace.
fn logs(service: &str, id: RequestId, started_ns: u64) -> ExportLogsServiceRequest {
    let record = |item: u8| LogRecord {
        time_unix_nano: started_ns + u64::from(item) * 1_000_000,
        event_name: "order.placed".to_owned(),
        // Away from the traces of requests of spans.
        trace_id: if item.is_multiple_of(2) { id.trace(item + 64) } else { Vec::new() },
        span_id: id.item(item).to_vec(),
        attributes: goods()
            .chain([attribute(&key_attribute("order", None), &format!("E-{}", id.text(item)))])
            .collect(),
        ..LogRecord::default()
    };
    let log_records = (0..RECORDS).map(record).collect();
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { resource: resource(service), scope_logs, ..ResourceLogs::default() }],
    }
}

/// Stock, each of a SKU of its own.
fn metrics(service: &str, id: RequestId, started_ns: u64, refusable: bool) -> ExportMetricsServiceRequest {
    let point = |item: u8| NumberDataPoint {
        time_unix_nano: started_ns + u64::from(item) * 1_000_000,
        value: Some(Value::AsInt(i64::from(item))),
        attributes: vec![
            attribute(SYSTEM, "wms"),
            attribute(SKU, &format!("{:016x}", u64::from_be_bytes(id.item(item)))),
            attribute(LOCATION, "DC-01"),
        ],
        ..NumberDataPoint::default()
    };
    let gauge = |name: &str, data_points| Metric {
        name: name.to_owned(),
        data: Some(Data::Gauge(Gauge { data_points })),
        ..Metric::default()
    };
    let mut metrics = vec![gauge(METRIC_INVENTORY_LEVEL, (0..RECORDS).map(point).collect())];
    if refusable {
        metrics.push(gauge("process.cpu.utilization", vec![point(RECORDS)]));
    }
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: resource(service),
            scope_metrics,
            ..ResourceMetrics::default()
        }],
    }
}
