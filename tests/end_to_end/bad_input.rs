//! Bad input is refused or answered rightly, costs bounded memory, and loses nothing else.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::trace::v1::Span;
use ordertrace_api::journey::Journey;
use ordertrace_api::status::Status;
use ordertrace_tests::otlp::{attribute, now_ns, request};
use ordertrace_tests::{CollectorProcess, PROTOBUF};
use prost::Message;
use rand::{RngExt, SeedableRng};

/// What all bad requests together may add to the collector's peak memory, in kB; the largest
/// of them claims a gigabyte.
const ADDED_MEMORY_KB: u64 = 400_000;

fn span(id: u8) -> Span {
    Span {
        trace_id: vec![id; 16],
        span_id: vec![id; 8],
        name: "POST /orders".to_owned(),
        kind: 2,
        start_time_unix_nano: now_ns(),
        end_time_unix_nano: now_ns() + 1_000_000,
        attributes: vec![
            attribute("order.id", &format!("BAD-{id}")),
            attribute("http.request.method", "POST"),
            attribute("http.route", "/orders"),
        ],
        ..Span::default()
    }
}

struct Sender(CollectorProcess);

impl Sender {
    async fn start() -> Self {
        Self(CollectorProcess::start("").await.unwrap())
    }

    async fn post(&self, content_type: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        self.0.post_traces(&[("content-type", content_type)], body).await.unwrap()
    }

    /// Sends spans one of which is bad; says how many were refused and why.
    async fn refused(&self, spans: Vec<Span>) -> (i64, String) {
        let (status, body) = self.post(PROTOBUF, request(spans)).await;
        assert_eq!(status, 200);
        let partial = ExportTraceServiceResponse::decode(body.as_slice()).unwrap().partial_success.unwrap_or_default();
        (partial.rejected_spans, partial.error_message)
    }

    async fn journey(&self, key: &str) -> Option<Journey> {
        self.0.get(&format!("/api/v1/journeys/{key}")).await.unwrap()
    }
}

fn zeros_compressed(bytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let block = vec![0; 1 << 20];
    for _ in 0..bytes >> 20 {
        encoder.write_all(&block).unwrap();
    }
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_cost_themselves_alone() {
    let sender = Sender::start().await;
    assert_eq!(sender.refused(vec![span(1)]).await, (0, String::new()));
    let before = sender.0.peak_memory_kb().unwrap();

    let whole = request(vec![span(2)]);
    let (status, _) = sender.post(PROTOBUF, whole[..whole.len() - 5].to_vec()).await;
    assert_eq!(status, 400, "truncated");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    for _ in 0..50 {
        let noise: Vec<u8> = (0..random.random_range(1..2_000)).map(|_| random.random()).collect();
        let (status, _) = sender.post(PROTOBUF, noise).await;
        assert!(status == 400 || status == 200, "random bytes gave {status}");
    }
    for wrong in [
        "{",
        "[]",
        "{\"resourceSpans\": 7}",
        "{\"resourceSpans\": [{\"scopeSpans\": [{\"spans\": [{\"traceId\": 4}]}]}]}",
    ] {
        let (status, body) = sender.post("application/json", wrong.into()).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(!body.is_empty(), "{wrong}: no reason given");
    }
    let mut invalid_utf8 = request(vec![span(3)]);
    let at = invalid_utf8.windows(4).position(|window| window == b"POST").unwrap();
    invalid_utf8[at] = 0xff;
    assert_eq!(sender.post(PROTOBUF, invalid_utf8).await.0, 400);
    assert_eq!(sender.post("text/plain", whole.clone()).await.0, 415);

    let (status, _) = sender.post(PROTOBUF, vec![0; 100 << 20]).await;
    assert_eq!(status, 413, "100 MB");
    let gzip = [("content-type", PROTOBUF), ("content-encoding", "gzip")];
    let (status, _) = sender.0.post_traces(&gzip, zeros_compressed(1 << 30)).await.unwrap();
    assert_eq!(status, 413, "a gigabyte of zeros in a megabyte");
    let added = sender.0.peak_memory_kb().unwrap().saturating_sub(before);
    assert!(added < ADDED_MEMORY_KB, "bad requests took {added} kB");

    assert!(sender.journey("BAD-1").await.is_some(), "what was stored before is there");
    assert_eq!(sender.refused(vec![span(4)]).await, (0, String::new()), "and what comes after is taken");
    assert!(sender.journey("BAD-4").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_spans_cost_themselves_alone() {
    let sender = Sender::start().await;
    let day_ns = 86_400_000_000_000;
    let refused = [
        Span { trace_id: vec![1; 15], ..span(10) },
        Span { span_id: Vec::new(), ..span(11) },
        Span { parent_span_id: vec![1; 3], ..span(12) },
        Span { start_time_unix_nano: 1_000, end_time_unix_nano: 2_000, ..span(13) },
        Span {
            start_time_unix_nano: now_ns() + 63_500 * day_ns,
            end_time_unix_nano: now_ns() + 63_500 * day_ns,
            ..span(14)
        },
    ];
    for (at, bad) in (10u8..).zip(refused) {
        let good = span(at + 100);
        let (count, reason) = sender.refused(vec![bad, good]).await;
        assert_eq!(count, 1, "span {at}");
        assert!(!reason.is_empty(), "span {at}: no reason given");
        assert!(sender.journey(&format!("BAD-{at}")).await.is_none());
        assert!(sender.journey(&format!("BAD-{}", at + 100)).await.is_some(), "the good one beside span {at}");
    }

    let mut many = span(20);
    many.attributes.extend((0..10_000).map(|n| attribute(&format!("attribute.{n}"), "x")));
    let backwards = Span { end_time_unix_nano: now_ns() - 1_000_000_000, ..span(21) };
    let own_parent = Span { parent_span_id: vec![22; 8], ..span(22) };
    let cycle = |id: u8, parent: u8| Span { trace_id: vec![23; 16], parent_span_id: vec![parent; 8], ..span(id) };
    let odd = vec![many, backwards, own_parent, cycle(23, 24), cycle(24, 23)];
    assert_eq!(sender.refused(odd).await, (0, String::new()));
    assert_eq!(sender.journey("BAD-20").await.unwrap().handoffs.len(), 1);
    assert_eq!(sender.journey("BAD-21").await.unwrap().handoffs[0].duration_ns, 0);
    assert_eq!(sender.journey("BAD-22").await.unwrap().handoffs.len(), 1);
    assert!(sender.journey("BAD-23").await.is_some() && sender.journey("BAD-24").await.is_some());

    let status: Status = sender.0.get("/api/v1/status").await.unwrap().unwrap();
    let traces = &status.signals.iter().find(|signal| signal.signal == "traces").unwrap().total;
    let refused: u64 = traces.refused.iter().map(|reason| reason.count).sum();
    assert_eq!((traces.accepted, traces.stored, refused), (15, 10, 5));
}
