//! What is added up by the minute is what adding up all spans gives.

use crate::support::{Database, SpanBuilder, trace};

#[tokio::test(flavor = "multi_thread")]
async fn sums_and_sketches_equal_a_recount() {
    let database = Database::start().await;
    let spans: Vec<_> = (0..2_000_u64)
        .map(|n| {
            let (at_ms, operation) = (i64::try_from(n).unwrap() * 137, ["POST /pay", "GET /pay"][n as usize % 2]);
            let span = match n % 3 {
                0 => SpanBuilder::server(trace(1), 1, "payments", operation),
                1 => SpanBuilder::client(trace(1), 1, "storefront", "payments", operation)
                    .status([200, 503][n as usize % 2]),
                _ => SpanBuilder::internal(trace(1), 1, "storefront"),
            };
            let mut span = span.at(at_ms, 0).build();
            span.span_id = (n + 1).to_be_bytes();
            span.duration_ns = if n % 50 == 0 { 0 } else { n * n * n };
            span.noise = if n % 20 == 0 { "health" } else { "" };
            span
        })
        .collect();
    for request in spans.chunks(300) {
        database.spans(request.to_vec()).await.unwrap();
    }
    let sums = |query: &str| {
        let query = query.to_owned();
        let database = &database;
        async move {
            let mut rows = database.client().query_raw(&query).fetch_bytes("TSV").unwrap();
            String::from_utf8(rows.collect().await.unwrap().to_vec()).unwrap()
        }
    };
    let kept = sums(
        "SELECT minute, handoff_to, handoff_from, operation, toString(observer), sum(attempts), sum(failed), sum(resent),
            sum(duration_ns), quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(durations)
        FROM handoffs_per_minute GROUP BY ALL ORDER BY ALL",
    )
    .await;
    let counted = sums(
        "SELECT toStartOfMinute(started_at) AS minute, handoff_to, handoff_from, operation, toString(observer), count(),
            countIf(status = 'error' OR status_code >= 400), countIf(resend_count > 0), sum(duration_ns),
            quantilesDD(0.01, 0.5, 0.95, 0.99)(duration_ns)
        FROM span_details WHERE observer != 'none' AND noise = '' GROUP BY ALL ORDER BY ALL",
    )
    .await;
    assert_eq!(kept, counted);
    assert!(kept.lines().count() > 12, "{kept}");
}
