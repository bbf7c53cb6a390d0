//! A journey of 100,000 spans is answered, whole, with memory bounded.

use std::fs;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use ordertrace_api::journey::Journey;
use ordertrace_tests::CollectorProcess;
use prost::Message;

const SPANS: u32 = 100_000;

/// Peak resident memory that answering may add to the collector, in kB: some ten times what
/// the spans need as JSON.
const ADDED_MEMORY_KB: u64 = 600_000;

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// One trace: a root with the order, and CLIENT calls and internal spans below it.
fn request(from: u32, to: u32, now_ns: u64) -> Vec<u8> {
    let id = |n: u32| (u64::from(n) + 1).to_be_bytes().to_vec();
    let spans = (from..to)
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
        .collect();
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest { resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }] }
        .encode_to_vec()
}

fn peak_memory_kb(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_journey_of_a_hundred_thousand_spans() {
    let collector = CollectorProcess::start("").await.unwrap();
    let client = reqwest::Client::new();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let url = format!("http://{}/v1/traces", collector.otlp_http);
    for from in (0..SPANS).step_by(10_000) {
        let body = request(from, from + 10_000, now.as_nanos() as u64);
        let post = client.post(&url).header("content-type", "application/x-protobuf").body(body);
        assert_eq!(post.send().await.unwrap().status(), 200);
    }
    let before = peak_memory_kb(collector.pid().unwrap());
    let reply = client.get(format!("http://{}/api/v1/journeys/HUGE-1", collector.api)).send().await.unwrap();
    let journey: Journey = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap();
    assert_eq!(journey.span_count, u64::from(SPANS));
    assert_eq!(journey.handoffs.len(), SPANS as usize / 10);
    assert!(journey.limits.is_empty());
    let added = peak_memory_kb(collector.pid().unwrap()).saturating_sub(before);
    assert!(added < ADDED_MEMORY_KB, "answering took {added} kB");
}
