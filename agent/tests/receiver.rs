//! OTLP in over HTTP and gRPC, real bodies and bad ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::Write;

use bytes::Bytes;
use http::StatusCode;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use ordertrace_agent::Agent;
use ordertrace_api::agent::{AGENT_STATUS, AgentStatus};
use ordertrace_otlp::Signal;
use prost::Message;
use rand::RngExt;
use support::{Collector, PATIENCE, client, config, fixture};
use tempfile::TempDir;
use tonic::codec::CompressionEncoding;
use tonic_types::StatusExt;

struct Receiving {
    agent: Agent,
    collector: Collector,
    _dir: TempDir,
}

impl Receiving {
    async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let collector = Collector::start().await;
        let agent = Agent::start(config(dir.path(), &collector.endpoint())).await.unwrap();
        Self { agent, collector, _dir: dir }
    }

    async fn post(&self, signal: &str, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> reqwest::Response {
        let url = format!("http://{}/v1/{signal}", self.agent.receiver_http_addr().unwrap());
        let request = headers.iter().fold(client().post(url), |request, (name, value)| request.header(*name, *value));
        request.body(body).send().await.unwrap()
    }

    /// accepted = sent + spooled + dropped, and nothing is left.
    async fn assert_audit(self, signal: Signal, accepted: u64, refused: u64) {
        assert!(self.agent.drained(PATIENCE).await);
        let stats = self.agent.stats();
        let stats = stats.of(signal);
        let dropped: u64 = stats.dropped.iter().map(|(_, count)| count).sum();
        assert_eq!((stats.accepted, stats.sent, stats.spooled, dropped), (accepted, accepted, 0, 0));
        assert_eq!(stats.refused.iter().map(|(_, count)| count).sum::<u64>(), refused);
        self.agent.stop().await;
    }
}

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn chunked(bytes: &Bytes) -> reqwest::Body {
    let chunks: Vec<Result<Bytes, std::io::Error>> =
        bytes.chunks(1000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    reqwest::Body::wrap_stream(futures::stream::iter(chunks))
}

fn spans_of(body: &[u8]) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn service_name(body: &[u8]) -> String {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let resource = request.resource_spans[0].resource.clone().unwrap();
    let attribute = resource.attributes.into_iter().find(|attribute| attribute.key == "service.name").unwrap();
    match attribute.value.unwrap().value.unwrap() {
        Value::StringValue(name) => name,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_real_sdks_bodies_arrive_in_every_coding() {
    let receiving = Receiving::start().await;
    let bodies: Vec<Bytes> = (327..=341).map(|number| fixture(&format!("otlp/{number:05}-traces.pb"))).collect();
    let mut expected = Vec::new();
    for (n, body) in bodies.iter().enumerate() {
        let answer = match n % 3 {
            0 => receiving.post("traces", &[PROTOBUF], chunked(body)).await,
            1 => receiving.post("traces", &[PROTOBUF, ("content-encoding", "gzip")], gzip(body)).await,
            _ => {
                let zstd = zstd::encode_all(&body[..], 3).unwrap();
                receiving.post("traces", &[PROTOBUF, ("content-encoding", "zstd")], zstd).await
            }
        };
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "application/x-protobuf");
        assert!(answer.bytes().await.unwrap().is_empty());
        expected.extend(spans_of(body));
    }
    let arrived = receiving.collector.wait_for_spans(expected.len()).await;
    assert_eq!(arrived, expected, "unchanged and in order");
    receiving.assert_audit(Signal::Traces, expected.len() as u64, 0).await;
}

#[tokio::test]
async fn json_arrives_as_protobuf() {
    let receiving = Receiving::start().await;
    let json = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"x"}}]},
        "scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708",
        "name":"a","kind":2,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000000001"}]}]}]}"#;
    let answer = receiving.post("traces", &[JSON], json).await;
    assert_eq!((answer.status(), answer.text().await.unwrap().as_str()), (StatusCode::OK, "{}"));
    let span = receiving.collector.wait_for_spans(1).await.remove(0);
    assert_eq!((span.name.as_str(), span.start_time_unix_nano), ("a", 1_700_000_000_000_000_000));
    receiving.assert_audit(Signal::Traces, 1, 0).await;
}

#[tokio::test]
async fn grpc_delivers_in_every_coding() {
    let receiving = Receiving::start().await;
    let endpoint = format!("http://{}", receiving.agent.receiver_grpc_addr().unwrap());
    let body = fixture("otlp/00336-traces.pb");
    let request = ExportTraceServiceRequest::decode(&body[..]).unwrap();
    for coding in [None, Some(CompressionEncoding::Gzip), Some(CompressionEncoding::Zstd)] {
        let mut traces = TraceServiceClient::connect(endpoint.clone()).await.unwrap();
        if let Some(coding) = coding {
            traces = traces.send_compressed(coding);
        }
        traces.export(request.clone()).await.unwrap();
    }
    let count = spans_of(&body).len();
    assert_eq!(receiving.collector.wait_for_spans(3 * count).await[count..2 * count], spans_of(&body)[..]);

    let scope_logs = vec![ScopeLogs { log_records: vec![LogRecord::default(); 3], ..ScopeLogs::default() }];
    let logs = ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] };
    LogsServiceClient::connect(endpoint).await.unwrap().export(logs).await.unwrap();
    assert!(receiving.agent.drained(PATIENCE).await);
    assert_eq!(receiving.agent.stats().of(Signal::Logs).sent, 3);
    receiving.assert_audit(Signal::Traces, 3 * count as u64, 0).await;
}

#[tokio::test]
async fn bad_input_is_refused_clearly_and_leaves_nothing() {
    let receiving = Receiving::start().await;
    let real = fixture("otlp/00341-traces.pb");
    let mut noise = vec![0xff; 1000];
    rand::rng().fill(&mut noise[10..]);
    let bomb = gzip(&vec![0; 100 << 20]);
    type Headers = &'static [(&'static str, &'static str)];
    let cases: [(Headers, Vec<u8>, StatusCode); 9] = [
        (&[PROTOBUF], noise, StatusCode::BAD_REQUEST),
        (&[PROTOBUF], real[..real.len() - 7].to_vec(), StatusCode::BAD_REQUEST),
        (&[PROTOBUF, ("content-encoding", "gzip")], real.to_vec(), StatusCode::BAD_REQUEST),
        (&[PROTOBUF, ("content-encoding", "gzip")], gzip(&real)[..50].to_vec(), StatusCode::BAD_REQUEST),
        (&[PROTOBUF, ("content-encoding", "gzip")], bomb, StatusCode::PAYLOAD_TOO_LARGE),
        (&[PROTOBUF, ("content-encoding", "br")], real.to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (&[JSON], b"{\"resourceSpans\":7}".to_vec(), StatusCode::BAD_REQUEST),
        (&[JSON], vec![b'['; 1_000_000], StatusCode::BAD_REQUEST),
        (&[("content-type", "text/plain")], real.to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ];
    let count = cases.len() as u64;
    for (headers, body, status) in cases {
        let answer = receiving.post("traces", headers, body).await;
        assert_eq!(answer.status(), status, "{headers:?}");
        let is_json = headers[0] != PROTOBUF;
        let told = answer.bytes().await.unwrap();
        let message = if is_json {
            serde_json::from_slice::<serde_json::Value>(&told).unwrap()["message"].as_str().unwrap().to_owned()
        } else {
            tonic_types::Status::decode(&told[..]).unwrap().message
        };
        assert!(message.len() > 10, "{message}");
    }
    assert!(receiving.collector.received().is_empty());
    receiving.assert_audit(Signal::Traces, 0, count).await;
}

#[tokio::test]
async fn an_empty_request_is_fine() {
    let receiving = Receiving::start().await;
    for signal in ["traces", "logs", "metrics"] {
        assert_eq!(receiving.post(signal, &[PROTOBUF], "").await.status(), StatusCode::OK);
    }
    receiving.assert_audit(Signal::Traces, 0, 0).await;
}

#[tokio::test]
async fn a_full_spool_tells_senders_when_to_retry() {
    let dir = TempDir::new().unwrap();
    let mut settings = config(dir.path(), "http://127.0.0.1:1");
    settings.spool.limit_bytes = 20_000;
    let agent = Agent::start(settings).await.unwrap();
    let body = fixture("otlp/00341-traces.pb");
    let url = format!("http://{}/v1/traces", agent.receiver_http_addr().unwrap());
    let post = async || client().post(&url).header(PROTOBUF.0, PROTOBUF.1).body(body.clone()).send().await.unwrap();
    assert_eq!(post().await.status(), StatusCode::OK);
    let refused = post().await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()["retry-after"], "5");

    let endpoint = format!("http://{}", agent.receiver_grpc_addr().unwrap());
    let request = ExportTraceServiceRequest::decode(&body[..]).unwrap();
    let status = TraceServiceClient::connect(endpoint).await.unwrap().export(request).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unavailable);
    assert_eq!(status.get_details_retry_info().unwrap().retry_delay.unwrap().as_secs(), 5);

    let count = spans_of(&body).len() as u64;
    let stats = agent.stats();
    let traces = stats.of(Signal::Traces);
    assert_eq!((traces.accepted, traces.spooled), (count, count));
    assert_eq!(traces.refused, [("no_room", 2 * count)]);
    agent.stop().await;
}

#[tokio::test]
async fn a_grpc_message_over_the_limit_is_refused() {
    let receiving = Receiving::start().await;
    let endpoint = format!("http://{}", receiving.agent.receiver_grpc_addr().unwrap());
    let spans = vec![Span { name: "x".repeat(65 << 20), ..Span::default() }];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    let mut bomb = TraceServiceClient::connect(endpoint).await.unwrap().send_compressed(CompressionEncoding::Gzip);
    let status = bomb.export(ExportTraceServiceRequest { resource_spans }).await.unwrap_err();
    assert!(
        matches!(status.code(), tonic::Code::OutOfRange | tonic::Code::ResourceExhausted | tonic::Code::Internal),
        "{status}"
    );
    receiving.assert_audit(Signal::Traces, 0, 0).await;
}

#[tokio::test]
async fn health_and_metrics_are_served() {
    let receiving = Receiving::start().await;
    receiving.post("traces", &[PROTOBUF], fixture("otlp/00341-traces.pb")).await;
    assert!(receiving.agent.drained(PATIENCE).await);
    let base = format!("http://{}", receiving.agent.metrics_addr().unwrap());
    for path in ["/livez", "/readyz"] {
        assert_eq!(client().get(format!("{base}{path}")).send().await.unwrap().status(), StatusCode::OK);
    }
    let text = client().get(format!("{base}/metrics")).send().await.unwrap().text().await.unwrap();
    let body = fixture("otlp/00341-traces.pb");
    let count = spans_of(&body).len();
    let sender = service_name(&body);
    for line in [
        format!("ordertrace_agent_accepted_items_total{{signal=\"traces\",sender=\"{sender}\"}} {count}"),
        format!("ordertrace_agent_sent_items_total{{signal=\"traces\",sender=\"{sender}\"}} {count}"),
        format!("ordertrace_agent_spool_items{{signal=\"traces\",sender=\"{sender}\"}} 0"),
        "# EOF".to_owned(),
    ] {
        assert!(text.contains(&line), "{line} in {text}");
    }
    let status = client().get(format!("{base}{AGENT_STATUS}")).send().await.unwrap();
    let status: AgentStatus = serde_json::from_slice(&status.bytes().await.unwrap()).unwrap();
    assert_eq!((status.name.as_str(), status.spool.records), ("agent-under-test", 0));
    let [stream] = &status.streams[..] else { panic!("{status:?}") };
    assert_eq!((stream.signal.as_str(), &stream.sender), ("traces", &sender));
    assert_eq!((stream.accepted, stream.sent, stream.spooled), (count as u64, count as u64, 0));
    receiving.agent.stop().await;
}
