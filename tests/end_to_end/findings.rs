//! An order that was paid and never created is found, and told by the command.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::Span;
use ordertrace_api::finding::{FindingKind, FindingsPage};
use ordertrace_tests::otlp::{attribute, now_ns, request};
use ordertrace_tests::{CollectorProcess, PROTOBUF, run_ordertrace};

/// How long what can be known already may take to be found.
const FOUND_WITHIN: Duration = Duration::from_secs(5);

/// A span of an hour ago that shows a milestone.
fn span(number: u8, milestone: &str, keys: &[(&str, &str)]) -> Span {
    let started = now_ns() - 3_600_000_000_000;
    let keys = keys.iter().map(|(name, value)| attribute(name, value));
    Span {
        trace_id: vec![number; 16],
        span_id: vec![number; 8],
        name: milestone.to_owned(),
        kind: 2,
        start_time_unix_nano: started,
        end_time_unix_nano: started + 1_000_000,
        attributes: keys.chain([attribute("commerce.milestone", milestone)]).collect(),
        ..Span::default()
    }
}

#[tokio::test]
async fn paid_and_never_created() {
    let collector = CollectorProcess::start("").await.unwrap();
    let money = [("commerce.amount", "49.90"), ("commerce.currency", "EUR")];
    let placed = span(1, "order.placed", &[&[("commerce.order.id", "A-1")], &money[..]].concat());
    let captured = span(
        2,
        "payment.captured",
        &[&[("commerce.order.id", "A-1"), ("commerce.charge.id", "ch-1")], &money[..]].concat(),
    );
    let body = request(vec![placed, captured]);
    let (status, _) = collector.post_traces(&[("content-type", PROTOBUF)], body).await.unwrap();
    assert_eq!(status, 200);
    let stored = Instant::now();
    let found = loop {
        let page: FindingsPage = collector.get("/api/v1/findings?state=open").await.unwrap().unwrap();
        // What is wrong with systems is about no order.
        let of_orders = page.findings.into_iter().filter_map(|finding| Some((finding.kind, finding.order?)));
        let found: Vec<_> = of_orders.collect();
        if !found.is_empty() {
            break found;
        }
        assert!(stored.elapsed() < FOUND_WITHIN, "nothing was found");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(found, [(FindingKind::PaidNotCreated, "order:A-1".parse().unwrap())]);

    let url = format!("http://{}", collector.api);
    let (code, text) = run_ordertrace(&["findings", "--collector", &url], &[]).await.unwrap();
    assert_eq!(code, Some(0), "{text}");
    for word in ["critical", "paid_not_created", "49.90 EUR", "A-1", "order.created did not follow"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    let (code, _) = run_ordertrace(&["findings", "--kind", "oversell", "--collector", &url], &[]).await.unwrap();
    assert_eq!(code, Some(1));
}
