//! How handoffs were done, added up by the hour.

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::journey::Observer;
use ordertrace_api::surface::HandoffAccess;
use ordertrace_collector::moment::Range;
use ordertrace_collector::record::Access;
use ordertrace_collector::surface::{Hours, Surfaces};

use crate::support::{Database, SpanBuilder, at_ns, trace};

const HOUR_MS: i64 = 3_600_000;

/// So many milliseconds into the tests' day, which begins at 09:25:54.
fn at(ms: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at_ns(ms))).unwrap()
}

fn reached(auth: &'static str, tls: &'static str, scheme: &'static str, host: &'static str) -> Access<'static> {
    Access { auth, tls, scheme, host, port: Some(8443) }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_of_each_handoff_is_counted_once() {
    let database = Database::start().await;
    let safe = reached("bearer", "TLSv1.3", "https", "payments");
    let bare = reached("none", "none", "http", "erp");
    let unsaid = reached("", "tls", "https", "127.0.0.1");
    for request in 0..3_u8 {
        let mut spans = Vec::new();
        for n in 0..100_u8 {
            let ms = i64::from(request) * HOUR_MS + i64::from(n) * 20_000;
            let pay = "POST /pay";
            spans.push(SpanBuilder::proxy(trace(1), n + 1, "oms", "payments", pay).access(safe).at(ms, 5).build());
            // The same call, as its two ends saw it.
            spans.push(SpanBuilder::client(trace(1), n + 1, "oms", "payments", pay).access(unsaid).at(ms, 6).build());
            spans.push(SpanBuilder::server(trace(1), n + 1, "payments", pay).at(ms, 4).build());
            if n % 10 == 0 {
                let document = SpanBuilder::client(trace(1), n + 1, "oms", "erp", "POST /documents");
                spans.push(document.access(bare).at(ms, 9).build());
            }
            let mut noise = SpanBuilder::client(trace(1), n + 1, "oms", "erp", "GET /health").access(bare).build();
            noise.noise = "health";
            spans.push(noise);
        }
        for (n, span) in spans.iter_mut().enumerate() {
            span.span_id = ((u64::from(request) << 32) | (n as u64 + 1)).to_be_bytes();
        }
        database.spans(spans).await.unwrap();
    }
    let surfaces = Surfaces::new(database.client());
    let surface = surfaces.surface(Hours::touched(Range::new(at(0), at(3 * HOUR_MS)).unwrap())).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    let last = |ms: i64| {
        let at = at(2 * HOUR_MS + ms);
        at - SignedDuration::from_nanos(i64::from(at.subsec_nanosecond()))
    };
    let documents = HandoffAccess {
        from: text("oms"),
        to: "erp".to_owned(),
        operation: "POST /documents".to_owned(),
        observer: Observer::Client,
        auth: text("none"),
        tls: text("none"),
        endpoint: text("http://erp:8443"),
        calls: 30,
        last_seen: last(90 * 20_000),
    };
    let pay = HandoffAccess {
        from: text("oms"),
        to: "payments".to_owned(),
        operation: "POST /pay".to_owned(),
        observer: Observer::Proxy,
        auth: text("bearer"),
        tls: text("TLSv1.3"),
        endpoint: text("https://payments:8443"),
        calls: 300,
        last_seen: last(99 * 20_000),
    };
    assert_eq!(surface.rows, [documents, pay]);
    assert_eq!((surface.summary.plaintext, surface.summary.unauthenticated, surface.summary.endpoints), (1, 1, 2));
    assert!(!surface.more);

    let first = surfaces.surface(Hours::touched(Range::new(at(0), at(1)).unwrap())).await.unwrap();
    assert_eq!(first.range.since.to_string(), "2026-11-21T09:00:00Z");
    let calls: Vec<u64> = first.rows.iter().map(|row| row.calls).collect();
    assert_eq!(calls, [10, 100], "of 09:25 to 09:59");
    let none = surfaces.surface(Hours::touched(Range::new(at(24 * HOUR_MS), at(25 * HOUR_MS)).unwrap())).await.unwrap();
    assert!(none.rows.is_empty());
}
