//! What handoffs cost is what adding up all spans gives, each attempt counted once.

use std::collections::BTreeMap;
use std::sync::Arc;

use clickhouse::Row;
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::hotspot::{Against, Figures, HandoffHotspot, Hotspots, MinuteRange};
use ordertrace_api::journey::Observer;
use ordertrace_api::keys::KindTable;
use ordertrace_api::routes;
use ordertrace_api::status::{Status, StorageStatus};
use ordertrace_collector::api::{self, ApiState};
use ordertrace_collector::detect::Ledger;
use ordertrace_collector::explain::Explainer;
use ordertrace_collector::flow::Flows;
use ordertrace_collector::hotspots::{Minutes, Rollup};
use ordertrace_collector::journey::{JourneyLimits, Journeys};
use ordertrace_collector::lines::LinesView;
use ordertrace_collector::moment::Range;
use ordertrace_collector::orders::Orders;
use ordertrace_collector::recognise::Recogniser;
use ordertrace_collector::record::{Side, SpanRecord};
use ordertrace_collector::settings::{RecogniseSettings, SourceSettings};
use ordertrace_collector::sources::SourceView;
use ordertrace_collector::surface::Surfaces;
use ordertrace_collector::sync::{Pairs, SyncView};
use ordertrace_collector::tail::Tail;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::support::{Database, SpanBuilder, at_ns, trace};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// So many milliseconds into the tests' day, which begins at 09:25:54.
fn at(ms: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at_ns(ms))).unwrap()
}

async fn ask(database: &Database, since: Timestamp, until: Timestamp, against: Option<Against>) -> Hotspots {
    let rollup = Rollup::new(database.client(), 0);
    let much_later = at(40 * DAY_MS);
    rollup.hotspots(Minutes::touched(Range::new(since, until).unwrap()), against, None, much_later).await.unwrap()
}

fn range(since: &str, until: &str) -> MinuteRange {
    let time = |text: &str| format!("2026-11-21T{text}Z").parse().unwrap();
    MinuteRange { since: time(since), until: time(until) }
}

fn resent(mut span: SpanRecord<'static>) -> SpanRecord<'static> {
    span.side = span.side.map(|side| &*Box::leak(Box::new(Side { resend_count: 1, ..*side })));
    span
}

/// A handoff, and the observer who is to be counted.
type Counted = (&'static str, &'static str, &'static str, Observer);

const HANDOFFS: [Counted; 4] = [
    ("storefront", "payments", "POST /pay", Observer::Client),
    ("oms", "payments", "POST /pay", Observer::Proxy),
    ("storefront", "search", "GET /search", Observer::Client),
    ("", "payments", "POST /webhooks", Observer::Server),
];

/// Five hours of them, and the same a day before in half the time each.
fn spans() -> Vec<SpanRecord<'static>> {
    let mut spans = Vec::new();
    for n in 0..3_000_u64 {
        let (pay, search, webhook) = ("POST /pay", "GET /search", "POST /webhooks");
        let build = |span: SpanBuilder| {
            let status = [200, 200, 503, 200, 200, 200, 404][n as usize % 7];
            let mut span = span.at(i64::try_from(n).unwrap() * 6_011, 0).status(status).build();
            span.duration_ns = if n % 50 == 0 { 0 } else { (n % 977 + 1).pow(3) * 1_000 };
            if n % 11 == 0 { resent(span) } else { span }
        };
        match n % 4 {
            0 => {
                spans.push(build(SpanBuilder::client(trace(1), 1, "storefront", "payments", pay)));
                // The same attempt, as those on the way and at its end see it.
                spans.push(build(SpanBuilder::proxy(trace(1), 1, "storefront", "payments", pay)));
                spans.push(build(SpanBuilder::server(trace(1), 1, "payments", pay)));
            }
            1 => {
                spans.push(build(SpanBuilder::proxy(trace(1), 1, "oms", "payments", pay)));
                spans.push(build(SpanBuilder::server(trace(1), 1, "payments", pay)));
                if n % 8 == 1 {
                    spans.push(build(SpanBuilder::client(trace(1), 1, "oms", "payments", pay)));
                }
            }
            2 => spans.push(build(SpanBuilder::client(trace(1), 1, "storefront", "search", search))),
            _ => spans.push(build(SpanBuilder::server(trace(1), 1, "payments", webhook))),
        }
        let mut noise = build(SpanBuilder::client(trace(1), 1, "storefront", "search", search));
        noise.noise = "health";
        spans.push(noise);
    }
    let before: Vec<_> = spans
        .iter()
        .map(|span| SpanRecord {
            started_at_ns: span.started_at_ns - DAY_MS * 1_000_000,
            duration_ns: span.duration_ns / 2,
            ..*span
        })
        .collect();
    spans.extend(before);
    for (n, span) in spans.iter_mut().enumerate() {
        span.span_id = (n as u64 + 1).to_be_bytes();
    }
    spans
}

/// A span as it is stored.
#[derive(Debug, Row, Deserialize)]
struct Raw {
    at_ns: i64,
    handoff_from: String,
    handoff_to: String,
    operation: String,
    observer: String,
    duration_ns: u64,
    failed: bool,
    resent: bool,
}

async fn raw(database: &Database) -> Vec<Raw> {
    let sql = "SELECT toUnixTimestamp64Nano(started_at) AS at_ns, handoff_from, handoff_to, operation,
            toString(observer) AS observer, duration_ns, status = 'error' OR status_code >= 400 AS failed,
            resend_count > 0 AS resent
        FROM span_details WHERE noise = ''";
    database.client().query(sql).fetch_all().await.unwrap()
}

type Recount<'r> = BTreeMap<Counted, Vec<&'r Raw>>;

/// The spans of these minutes, by what is counted.
fn recount(raw: &[Raw], range: MinuteRange) -> Recount<'_> {
    let mut counted = Recount::new();
    for raw in raw {
        let of = |(from, to, operation, observer): &&Counted| {
            let name = format!("{observer:?}").to_lowercase();
            (*from, *to, *operation, &*name) == (&*raw.handoff_from, &*raw.handoff_to, &*raw.operation, &*raw.observer)
        };
        let within = (range.since.as_nanosecond()..range.until.as_nanosecond()).contains(&i128::from(raw.at_ns));
        if let Some(handoff) = HANDOFFS.iter().find(of).filter(|_| within) {
            counted.entry(*handoff).or_default().push(raw);
        }
    }
    counted
}

fn assert_figures(figures: &Figures, raw: &[&Raw], seconds: f64) {
    let count = |counts: fn(&Raw) -> bool| raw.iter().filter(|raw| counts(raw)).count() as u64;
    let attempts = raw.len() as u64;
    let (failed, resent) = (count(|raw| raw.failed), count(|raw| raw.resent));
    assert_eq!((figures.attempts, figures.failed, figures.resent), (attempts, failed, resent));
    assert!((figures.per_s * seconds - attempts as f64).abs() < 1e-6, "{figures:?}");
    assert!((figures.error_share - failed as f64 / attempts as f64).abs() < 1e-12, "{figures:?}");
    assert!((figures.amplification - attempts as f64 / (attempts - resent) as f64).abs() < 1e-12, "{figures:?}");
    let mut durations: Vec<u64> = raw.iter().map(|raw| raw.duration_ns).collect();
    durations.sort_unstable();
    let sum: u64 = durations.iter().sum();
    assert_eq!((figures.time_ns, figures.mean_ns), (sum, sum / attempts));
    for (found, share) in [(figures.p50_ns, 0.5), (figures.p95_ns, 0.95), (figures.p99_ns, 0.99)] {
        let exact = durations[(share * (durations.len() - 1) as f64) as usize] as f64;
        // Half a nanosecond more, for these are whole ones.
        assert!((found as f64 - exact).abs() <= exact * 0.01 + 1.0, "{share}: {found} for {exact}");
    }
}

fn key(handoff: &HandoffHotspot) -> (&str, &str, &str, Observer) {
    (handoff.from.as_deref().unwrap_or_default(), &handoff.to, &handoff.operation, handoff.observer)
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_equal_a_recount() {
    let database = Database::start().await;
    for request in spans().chunks(4_000) {
        database.spans(request.to_vec()).await.unwrap();
    }
    let raw = raw(&database).await;
    for (since_ms, until_ms, expected) in [
        (-6_000, HOUR_MS - 54_000, range("09:25:00", "10:25:00")),
        // Cuts both minutes, and one minute twice.
        (HOUR_MS, 3 * HOUR_MS + 1, range("10:25:00", "12:26:00")),
        (HOUR_MS + 7_000, HOUR_MS + 60_000, range("10:26:00", "10:27:00")),
        (
            0,
            5 * HOUR_MS + DAY_MS,
            MinuteRange { until: at(5 * HOUR_MS + DAY_MS + 6_000), ..range("09:25:00", "10:00:00") },
        ),
    ] {
        let reply = ask(&database, at(since_ms), at(until_ms), Some(Against::Day)).await;
        assert_eq!(reply.range, expected);
        let day = SignedDuration::from_hours(24);
        let earlier = MinuteRange { since: expected.since - day, until: expected.until - day };
        assert_eq!((reply.compared, reply.more), (Some(earlier), false));
        let (now, then) = (recount(&raw, expected), recount(&raw, earlier));
        let seconds = expected.until.duration_since(expected.since).as_secs_f64();
        let mut found: Vec<_> = reply.handoffs.iter().map(key).collect();
        found.sort();
        assert_eq!(found, now.keys().copied().collect::<Vec<_>>());
        for handoff in &reply.handoffs {
            let of = |counted: &Recount<'_>, figures: &Figures| {
                let (_, raw) = counted.iter().find(|(counted, _)| **counted == key(handoff)).unwrap();
                assert_figures(figures, raw, seconds);
            };
            of(&now, &handoff.figures);
            of(&then, &handoff.before.unwrap());
        }
        for system in &reply.systems {
            let of = |counted: &Recount<'_>, figures: &Figures| {
                let received = counted.values().flatten().filter(|raw| raw.handoff_to == system.system);
                assert_figures(figures, &received.copied().collect::<Vec<_>>(), seconds);
            };
            of(&now, &system.figures);
            of(&then, &system.before.unwrap());
        }
        let times: Vec<u64> = reply.handoffs.iter().map(|handoff| handoff.figures.time_ns).collect();
        assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_costs_nothing() {
    let database = Database::start().await;
    let none = ask(&database, at(0), at(HOUR_MS), Some(Against::Week)).await;
    assert_eq!((none.handoffs.len(), none.systems.len(), none.more), (0, 0, false));
    assert_eq!(none.range, range("09:25:00", "10:26:00"));
    let span = SpanBuilder::client(trace(1), 1, "storefront", "payments", "POST /pay").at(0, 10).build();
    database.spans(vec![span]).await.unwrap();
    // The minute before its own, and the one after.
    assert_eq!(ask(&database, at(-66_000), at(-54_000), None).await.handoffs, []);
    assert_eq!(ask(&database, at(6_000), at(66_000), None).await.handoffs, []);
    let one = ask(&database, at(-54_000), at(6_000), None).await;
    assert_eq!((one.handoffs.len(), one.compared, one.handoffs[0].before), (1, None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_callers_did_not_report_in_the_range_receivers_did() {
    let database = Database::start().await;
    let pay = "POST /pay/{}";
    let mut spans = Vec::new();
    for n in 0..6_u8 {
        spans.push(SpanBuilder::server(trace(n), 1, "payments", "POST /pay/:id").at(i64::from(n), 5).build());
        spans.push(SpanBuilder::client(trace(n), 2, "storefront", "payments", pay).at(i64::from(n), 9).build());
        // The hour after, nobody but the receiver reports.
        let alone = SpanBuilder::server(trace(n), 3, "payments", "POST /pay/:id").at(HOUR_MS + i64::from(n), 5);
        spans.push(alone.build());
    }
    database.spans(spans).await.unwrap();
    let both = ask(&database, at(0), at(60_000), None).await;
    let found: Vec<_> = both.handoffs.iter().map(|handoff| (key(handoff), handoff.figures.attempts)).collect();
    assert_eq!(found, [(("storefront", "payments", pay, Observer::Client), 6)]);
    assert_eq!((both.systems[0].figures.attempts, both.systems[0].figures.mean_ns), (6, 9_000_000));
    let alone = ask(&database, at(HOUR_MS), at(HOUR_MS + 60_000), None).await;
    assert_eq!(alone.handoffs.len(), 1);
    assert_eq!(key(&alone.handoffs[0]), ("", "payments", "POST /pay/:id", Observer::Server));
    assert_eq!(alone.handoffs[0].from, None);
    assert_eq!(alone.systems[0].figures.attempts, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rollup_alone_is_read_and_no_more_of_it_than_the_range() {
    const MINUTES: i64 = 30_000;
    let database = Database::start().await;
    let spans: Vec<_> = (0..MINUTES)
        .map(|n| {
            let span = SpanBuilder::client(trace(1), 1, "storefront", "payments", "POST /pay").at(n * 60_000, 1);
            SpanRecord { span_id: (n + 1).to_be_bytes(), ..span.build() }
        })
        .collect();
    for request in spans.chunks(10_000) {
        database.spans(request.to_vec()).await.unwrap();
    }
    database.execute("OPTIMIZE TABLE handoffs_per_minute FINAL").await;
    assert_eq!(database.number("SELECT count() FROM handoffs_per_minute").await, MINUTES as u64);
    database.execute("RENAME TABLE spans TO spans_that_hotspots_need_not").await;
    // Two granules: where one ends and the next begins, both are read.
    let frugal = database.client().with_setting("max_rows_to_read", "16384");
    let minutes = Minutes::touched(Range::new(at(DAY_MS), at(DAY_MS + HOUR_MS)).unwrap());
    let hour =
        Rollup::new(frugal.clone(), 0).hotspots(minutes, Some(Against::Day), None, at(40 * DAY_MS)).await.unwrap();
    assert_eq!(hour.handoffs[0].figures.attempts, 61);
    let all = Minutes::touched(Range::new(at(0), at(30 * DAY_MS)).unwrap());
    let refused = Rollup::new(frugal, 0).hotspots(all, None, None, at(40 * DAY_MS)).await.unwrap_err();
    assert!(refused.to_string().contains("TOO_MANY_ROWS"), "{refused}");
}

/// The URL of the HTTP API over a database.
async fn serve(database: &Database) -> String {
    let client = database.client();
    let flows = Flows::new(&[], &Recogniser::new(&RecogniseSettings::default()).unwrap()).unwrap();
    let journeys = Journeys::new(client.clone(), JourneyLimits::default(), &KindTable::default(), flows.ends());
    let status = || Status {
        version: String::new(),
        started_at: at(0),
        storage: StorageStatus { url: String::new(), embedded: true, version: None, error: None },
        signals: Vec::new(),
        detection: None,
        sources: Vec::new(),
        more_sources: false,
        noise: Vec::new(),
    };
    let flows = Arc::new(flows);
    let state = ApiState {
        orders: Orders::new(client.clone(), journeys.clone()),
        findings: Ledger::new(client.clone()),
        flows: Arc::clone(&flows),
        hotspots: Rollup::new(client.clone(), 1),
        explainer: Explainer::new(client.clone(), journeys.clone()),
        surfaces: Surfaces::new(client.clone()),
        alerts: ordertrace_collector::alert::AlertView {
            ledger: ordertrace_collector::alert::Ledger::new(client.clone()),
            rules: 0,
            failures: ordertrace_collector::alert::Failures::default(),
            replay: Arc::default(),
            receivers: ordertrace_collector::alert::Receivers::default(),
        },
        sync: SyncView::new(client.clone(), Pairs::default()),
        sources: SourceView::new(client.clone(), SourceSettings::default(), &[]),
        lines: LinesView::new(client.clone(), flows),
        tail: Tail::new(client.clone(), journeys.clone()),
        journeys,
        client,
        status: Arc::new(status),
        registry: Arc::default(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{}", listener.local_addr().unwrap(), routes::HOTSPOTS);
    tokio::spawn(api::serve(listener, state, CancellationToken::new()));
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_the_last_hour_unless_told_otherwise() {
    let database = Database::start().await;
    let now = Timestamp::now();
    let ago = |minutes: i64| {
        let span = SpanBuilder::client(trace(1), minutes.unsigned_abs() as u8, "storefront", "payments", "POST /pay");
        let started_at_ns = i64::try_from(now.as_nanosecond()).unwrap() - minutes * 60_000_000_000;
        SpanRecord { started_at_ns, ..span.build() }
    };
    database.spans(vec![ago(1), ago(59), ago(63), ago(200)]).await.unwrap();
    let url = serve(&database).await;
    // Fails only when one is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let get = async |query: &str| {
        let response = reqwest::get(format!("{url}{query}")).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let hotspots = async |query: &str| {
        let (status, body) = get(query).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Hotspots>(&body).unwrap()
    };
    let hour = hotspots("").await;
    assert_eq!((hour.handoffs[0].figures.attempts, hour.compared), (2, None));
    let length = hour.range.until.duration_since(hour.range.since);
    assert!((60..=61).contains(&length.as_mins()), "{length}");
    // The minute under way is not over.
    let per_s = hour.handoffs[0].figures.per_s;
    assert!((2.0 / 3_662.0..=2.0 / 3_600.0).contains(&per_s), "{per_s}");
    let sliced = hotspots("?slices=10").await;
    let slices = &sliced.handoffs[0].slices;
    // 61 minutes in at most ten parts; 60 when it is asked on the stroke of one.
    assert!(matches!((sliced.slice_s, slices.len()), (Some(420), 9) | (Some(360), 10)), "{slices:?}");
    assert_eq!(slices.iter().map(|slice| slice.attempts).sum::<u64>(), 2);
    let (status, body) = get("/orders?to=payments").await;
    assert_eq!((status, &*body), (200, r#"{"orders":[],"more":false}"#), "no pass was there");
    let all = hotspots("?since=2000-01-01T00:00:00Z&against=week").await;
    assert_eq!((all.handoffs[0].figures.attempts, all.handoffs[0].before), (4, None));
    let kept = Timestamp::now().duration_since(all.range.since);
    assert_eq!(kept.as_hours(), 24, "one day is kept");
    assert!(all.compared.is_some_and(|range| range.since == range.until), "a week is not");
    let until = hotspots(&format!("?until={}", now - SignedDuration::from_mins(150))).await;
    assert_eq!(until.handoffs[0].figures.attempts, 1, "the hour before");
    for (query, expected) in [
        ("?since=2026-11-21T10:00:00Z&until=2026-11-21T10:00:00Z", "since must be earlier"),
        ("?against=month", "month"),
        ("?limit=3", "limit"),
        ("?slices=0", "slices"),
        ("?slices=121", "slices"),
        ("/orders", "to"),
        ("/orders?to=payments&limit=1001", "limit"),
    ] {
        let (status, body) = get(query).await;
        assert!(status == 400 && body.contains(expected), "{query}: {status} {body}");
    }
}
