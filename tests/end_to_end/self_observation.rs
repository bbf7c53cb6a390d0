//! The programs' own spans and figures, exported over OTLP: to another collector, and to itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use ordertrace_api::span::SpansReply;
use ordertrace_api::status::Status;
use ordertrace_tests::{CollectorProcess, run_ordertrace};
use prost::Message;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Own spans leave in batches; this is how long one may wait for company.
const BATCH_DELAY: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "50");

/// Waits until so many spans are stored: when a batch leaves is the exporter's affair.
async fn stored(collector: &CollectorProcess, count: u64) {
    let asking = async {
        while collector.stored_spans().await.unwrap() < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("own spans never arrived");
}

fn traceparent(trace_id: &str) -> String {
    format!("00-{trace_id}-00f067aa0ba902b7-01")
}

#[tokio::test(flavor = "multi_thread")]
async fn own_spans_go_where_the_environment_says_and_continue_the_callers_trace() {
    let observer = CollectorProcess::start("").await.unwrap();
    let endpoint = format!("http://{}", observer.otlp_http);
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        BATCH_DELAY,
    ];
    let observed = CollectorProcess::start_with("", &environment).await.unwrap();
    let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let status = observed.status_of("/api/v1/journeys/order:A-404", &[("traceparent", &traceparent(trace_id))]).await;
    assert_eq!(status.unwrap(), 404);

    stored(&observer, 3).await;
    let reply: SpansReply = observer.get(&format!("/api/v1/traces/{trace_id}/spans")).await.unwrap().unwrap();
    let names: Vec<&str> = reply.spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["GET /api/v1/journeys/{key}", "find", "SELECT keys by value"]);
    assert!(reply.spans.iter().all(|span| span.system == "ordertrace-collector"));
    assert_eq!(reply.spans[0].parent_span_id.as_deref(), Some("00f067aa0ba902b7"));
    assert_eq!(reply.spans[0].attributes.get("http.response.status_code").map(String::as_str), Some("404"));

    let below = format!("/api/v1/traces/{trace_id}/spans?under={}", reply.spans[1].span_id);
    let below: SpansReply = observer.get(&below).await.unwrap().unwrap();
    assert_eq!(below.spans, reply.spans[1..], "a span and what it caused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_names_its_span_to_the_collector_and_exports_it_before_it_ends() {
    // In place of both the collector asked and the one that is told of own spans.
    let (asked, mut requests) = mpsc::channel(10);
    let (told, mut exports) = mpsc::channel(10);
    let ask = move |headers: HeaderMap| async move {
        asked.send(headers["traceparent"].to_str().unwrap().to_owned()).await.unwrap();
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let tell = move |body: Bytes| async move { told.send(body).await.unwrap() };
    let routes = Router::new().route("/api/v1/status", get(ask)).route("/v1/traces", post(tell));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });

    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")];
    let (code, _) = run_ordertrace(&["--collector", &url, "status"], &environment).await.unwrap();
    assert_eq!(code, Some(3), "the collector refused");
    let request = ExportTraceServiceRequest::decode(exports.try_recv().unwrap()).unwrap();
    let [span] = &request.resource_spans[0].scope_spans[0].spans[..] else { panic!("{request:?}") };
    assert_eq!((span.name.as_str(), span.kind()), ("GET /api/v1/status", SpanKind::Client));
    let named = format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id));
    assert_eq!(requests.try_recv().unwrap(), named);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn relay_to(relay: TcpListener, address: SocketAddr) {
    while let Ok((mut from, _)) = relay.accept().await {
        let mut to = TcpStream::connect(address).await.unwrap();
        tokio::spawn(async move { copy_bidirectional(&mut from, &mut to).await });
    }
}

/// What is compared, and who would be told, often.
const SETTINGS: &str = "
sync:
- {name: stock, entity: inventory, source: wms, targets: [{system: storefront}]}
alerts:
  every: 1s
  rules: [{name: StockDrift, drift: {sync: stock}}]
";

/// Own figures leave so often.
const METRIC_INTERVAL: (&str, &str) = ("OTEL_METRIC_EXPORT_INTERVAL", "200");

/// The names of points, and of their attributes.
fn figures(body: Bytes) -> BTreeMap<String, BTreeSet<String>> {
    let request = ExportMetricsServiceRequest::decode(body).unwrap();
    let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| scope.metrics);
    let named = metrics.map(|metric| {
        let attributes: Vec<KeyValue> = match metric.data.unwrap() {
            Data::Gauge(gauge) => gauge.data_points.into_iter().flat_map(|point| point.attributes).collect(),
            Data::Sum(sum) => sum.data_points.into_iter().flat_map(|point| point.attributes).collect(),
            Data::Histogram(all) => all.data_points.into_iter().flat_map(|point| point.attributes).collect(),
            other => panic!("{other:?}"),
        };
        (metric.name, attributes.into_iter().map(|attribute| attribute.key).collect())
    });
    named.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn own_figures_go_where_the_environment_says() {
    let (told, mut exports) = mpsc::channel(1_000);
    let tell = move |body: Bytes| async move { told.send(body).await.unwrap() };
    let routes = Router::new().route("/v1/metrics", post(tell)).route("/v1/traces", post(|| async {}));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        METRIC_INTERVAL,
    ];
    let collector = CollectorProcess::start_with(SETTINGS, &environment).await.unwrap();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let pair = names(&["sync", "source", "target"]);
    let expected = [
        ("ordertrace.sync.waiting", pair.clone()),
        ("ordertrace.sync.late", pair.clone()),
        ("ordertrace.sync.oldest", pair),
        ("ordertrace.alerts.firing", names(&["rule", "severity"])),
        ("ordertrace.alerts.evaluation_duration", names(&[])),
    ];
    let is_all = |figures: &BTreeMap<String, BTreeSet<String>>| {
        expected.iter().all(|(name, attributes)| figures.get(*name) == Some(attributes))
    };
    let waiting = async {
        let mut last = BTreeMap::new();
        while !is_all(&last) {
            last = figures(exports.recv().await.unwrap());
        }
        last
    };
    let figures = tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("own figures never came");
    // As Prometheus would name them, they are those that it scrapes.
    let scraped = collector.text("/metrics").await.unwrap();
    for name in figures.keys() {
        let scraped_name = name.replace('.', "_");
        assert!(scraped.contains(&format!("# TYPE {scraped_name}")), "{scraped_name} is not in\n{scraped}");
    }
    let off = [environment[0], environment[1], METRIC_INTERVAL, ("OTEL_METRICS_EXPORTER", "none")];
    drop(collector);
    while exports.try_recv().is_ok() {}
    let collector = CollectorProcess::start_with(SETTINGS, &off).await.unwrap();
    // It has counted, and nothing has come.
    let counted = async {
        while !collector.text("/metrics").await.unwrap().contains("ordertrace_alerts_firing{") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), counted).await.expect("rules were never evaluated");
    drop(collector);
    assert!(exports.try_recv().is_err());
}

/// Points of metrics that a collector refused so far.
async fn refused_points(collector: &CollectorProcess) -> u64 {
    let status: Status = collector.get("/api/v1/status").await.unwrap().unwrap();
    let metrics = status.signals.iter().find(|signal| signal.signal == "metrics");
    metrics.map_or(0, |metrics| metrics.total.refused.iter().map(|refused| refused.count).sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_exports_to_itself_comes_to_rest() {
    // Where it listens is known once it does, and where it exports to must be known before.
    let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", relay.local_addr().unwrap());
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        BATCH_DELAY,
        METRIC_INTERVAL,
    ];
    let collector = CollectorProcess::start_with(SETTINGS, &environment).await.unwrap();
    tokio::spawn(relay_to(relay, collector.otlp_http));
    let (first, last) = ("11111111111111111111111111111111", "22222222222222222222222222222222");
    for (trace_id, so_far) in [(first, 3), (last, 6)] {
        let caller = traceparent(trace_id);
        let status = collector.status_of("/api/v1/journeys/order:A-404", &[("traceparent", &caller)]).await;
        assert_eq!(status.unwrap(), 404);
        stored(&collector, so_far).await;
    }
    // Its own figures, which are no readings, are refused, and that makes no spans either.
    let before = refused_points(&collector).await;
    let refusing = async {
        while refused_points(&collector).await < before + 50 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), refusing).await.expect("own figures never came");
    // Had receiving the first three spans made spans, those would have come before the last three.
    assert_eq!(collector.stored_spans().await.unwrap(), 6);
}
