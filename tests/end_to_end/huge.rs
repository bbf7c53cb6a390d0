//! A journey of 100,000 spans is answered, whole, with memory bounded.

use opentelemetry_proto::tonic::trace::v1::Span;
use ordertrace_api::journey::Journey;
use ordertrace_tests::otlp::{attribute, now_ns, request};
use ordertrace_tests::{CollectorProcess, PROTOBUF};

const SPANS: u32 = 100_000;

/// Peak resident memory that answering may add to the collector, in kB: some ten times what
/// the spans need as JSON.
const ADDED_MEMORY_KB: u64 = 600_000;

/// One trace: a root with the order, and CLIENT calls and internal spans below it.
fn spans(from: u32, to: u32, now_ns: u64) -> Vec<Span> {
    let id = |n: u32| (u64::from(n) + 1).to_be_bytes().to_vec();
    (from..to)
        .map(|n| Span {
            trace_id: vec![7; 16],
            span_id: id(n),
            parent_span_id: if n == 0 { Vec::new() } else { id((n - 1) / 3) },
            name: format!("work {}", n % 20),
            kind: if n % 10 == 1 { 3 } else { 1 },
            start_time_unix_nano: now_ns + u64::from(n) * 1_000,
            end_time_unix_nano: now_ns + u64::from(n) * 1_000 + 500_000,
            attributes: match n {
                0 => vec![attribute("order.id", "HUGE-1")],
                _ if n % 10 == 1 => vec![
                    attribute("http.request.method", "GET"),
                    attribute("url.full", &format!("http://stock:80/items/{n}")),
                    attribute("server.address", "stock"),
                ],
                _ => vec![attribute("step", "some work of no great interest")],
            },
            ..Span::default()
        })
        .collect()
}

#[tokio::test]
async fn a_journey_of_a_hundred_thousand_spans() {
    let collector = CollectorProcess::start("").await.unwrap();
    let now_ns = now_ns();
    for from in (0..SPANS).step_by(10_000) {
        let body = request(spans(from, from + 10_000, now_ns));
        let (status, _) = collector.post_traces(&[("content-type", PROTOBUF)], body).await.unwrap();
        assert_eq!(status, 200);
    }
    let before_kb = collector.peak_memory_kb().unwrap();
    let journey: Journey = collector.get("/api/v1/journeys/HUGE-1").await.unwrap().unwrap();
    assert_eq!(journey.span_count, u64::from(SPANS));
    assert_eq!(journey.handoffs.len(), SPANS as usize / 10);
    assert!(journey.limits.is_empty());
    let added_kb = collector.peak_memory_kb().unwrap().saturating_sub(before_kb);
    assert!(added_kb < ADDED_MEMORY_KB, "answering took {added_kb} kB");
}
