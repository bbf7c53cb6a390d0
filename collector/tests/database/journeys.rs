//! Journeys put together from rows in a real ClickHouse.

use crate::support::{Database, SpanBuilder, mention, origin, trace};
use ordertrace_api::journey::{JoinKind, Journey, JourneyState, MembershipReason, Observer, Outcome, Repeat};
use ordertrace_api::keys::{Key, KindTable, Strength};
use ordertrace_collector::journey::{Found, JourneyLimits, Journeys};
use ordertrace_collector::record::EventRecord;
use ordertrace_collector::settings::FlowSettings;

fn journeys(database: &Database, limits: JourneyLimits) -> Journeys {
    let ends = FlowSettings::shop().ends;
    Journeys::new(database.client(), limits, &KindTable::default(), ends)
}

async fn find(journeys: &Journeys, text: &str) -> Found {
    journeys.find(&text.parse().unwrap(), false).await.unwrap()
}

async fn one(journeys: &Journeys, text: &str) -> Journey {
    match find(journeys, text).await {
        Found::One(journey) => *journey,
        other => panic!("{text} gave {other:?}"),
    }
}

fn shape(journey: &Journey) -> Vec<(String, String, usize)> {
    journey
        .handoffs
        .iter()
        .map(|h| (h.from.clone().unwrap_or_default(), format!("{} {}", h.to, h.operation), h.attempts.len()))
        .collect()
}

fn row(from: &str, to: &str, attempts: usize) -> (String, String, usize) {
    (from.to_owned(), to.to_owned(), attempts)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_handoff_seen_from_three_sides_is_one_handoff() {
    let database = Database::start().await;
    let t = trace(1);
    let spans = vec![
        SpanBuilder::client(t, 1, "storefront", "payments", "POST /capture").at(0, 100).key("order", "A-100").build(),
        SpanBuilder::proxy(t, 2, "storefront", "payments", "POST /capture").parent(1).at(5, 90).build(),
        SpanBuilder::server(t, 3, "payments", "POST /capture").parent(2).at(10, 80).key("payment", "pi_x100").build(),
        SpanBuilder::client(t, 4, "payments", "fraud", "POST /check").parent(3).at(20, 30).build(),
    ];
    database.spans(spans).await.unwrap();
    let journeys = journeys(&database, JourneyLimits::default());
    let journey = one(&journeys, "A-100").await;
    assert_eq!(
        shape(&journey),
        [row("storefront", "payments POST /capture", 1), row("payments", "fraud POST /check", 1)]
    );
    let capture = &journey.handoffs[0];
    let observers: Vec<Observer> = capture.attempts[0].sides.iter().map(|side| side.observer).collect();
    assert_eq!(observers, [Observer::Client, Observer::Proxy, Observer::Server]);
    assert_eq!(capture.attempts[0].joined, JoinKind::Trace);
    assert_eq!(journey.handoffs[1].parent.as_ref(), Some(&capture.id));
    assert_eq!(capture.duration_ns, 100_000_000);
    assert_eq!(one(&journeys, "payment:pi_x100").await, journey, "the same journey by each of its keys");
    assert_eq!(journey.id, "order:A-100".parse().unwrap());
    assert_eq!(journey.state, JourneyState::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_after_the_last_look_is_in_the_next() {
    let database = Database::start().await;
    let first = SpanBuilder::client(trace(1), 1, "storefront", "payments", "POST /capture")
        .at(0, 100)
        .key("order", "G-1")
        .key("payment", "pi_g1")
        .build();
    database.spans(vec![first]).await.unwrap();
    let journeys = journeys(&database, JourneyLimits::default());
    assert_eq!(one(&journeys, "G-1").await.handoffs.len(), 1);
    let later = vec![
        // In the trace that was read before, and in traces that only new keys lead to.
        SpanBuilder::client(trace(1), 2, "payments", "fraud", "POST /check").parent(1).at(10, 20).build(),
        SpanBuilder::client(trace(2), 3, "oms", "wms", "POST /shipments")
            .at(200, 10)
            .key("payment", "pi_g1")
            .key("shipment", "S-g1")
            .build(),
        SpanBuilder::client(trace(3), 4, "wms", "shipping", "POST /labels").at(300, 10).key("shipment", "S-g1").build(),
    ];
    database.spans(later).await.unwrap();
    let grown = one(&journeys, "G-1").await;
    assert_eq!(
        shape(&grown),
        [
            row("storefront", "payments POST /capture", 1),
            row("payments", "fraud POST /check", 1),
            row("oms", "wms POST /shipments", 1),
            row("wms", "shipping POST /labels", 1)
        ]
    );
    assert_eq!(one(&journeys, "S-g1").await, grown);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_lead_over_traces_and_events_but_numbers_stay_in_their_system() {
    let database = Database::start().await;
    let spans = vec![
        SpanBuilder::proxy(trace(1), 1, "shop", "oms", "POST /orders")
            .at(0, 10)
            .key("order", "K-1")
            .within("order", "4", "oms")
            .build(),
        SpanBuilder::server(trace(2), 2, "oms", "GET /orders/{order}").at(1000, 10).within("order", "4", "oms").build(),
        SpanBuilder::server(trace(3), 3, "erp", "GET /docs/{erp_doc}").at(2000, 10).within("order", "4", "erp").build(),
        SpanBuilder::server(trace(4), 4, "wms", "POST /shipments").at(3000, 10).key("shipment", "S-1").build(),
    ];
    let event = EventRecord {
        at_ns: crate::support::at_ns(2500),
        name: "shipment.created",
        severity: 9,
        body: "",
        origin: origin("wms", &[]),
        attributes: &[],
        trace_id: [0; 16],
        span_id: [0; 8],
        keys: &["order:K-1", "shipment:S-1"].map(|key| mention(&key.parse().unwrap(), Strength::Strong)),
        lines: None,
        milestone: "shipment.created",
        reading: None,
    };
    database.spans(spans).await.unwrap();
    database.events(vec![event]).await.unwrap();
    let journeys = journeys(&database, JourneyLimits::default());
    let journey = one(&journeys, "K-1").await;
    assert_eq!(
        shape(&journey),
        [row("shop", "oms POST /orders", 1), row("", "oms GET /orders/{order}", 1), row("", "wms POST /shipments", 1)]
    );
    assert_eq!(journey.milestones.len(), 1);
    assert_eq!(one(&journeys, "S-1").await, journey);
    assert_eq!(one(&journeys, "order@oms:4").await, journey);
    let Found::Several(candidates) = find(&journeys, "4").await else { panic!("4 is a key of two systems") };
    assert_eq!(candidates, ["order:K-1", "order@erp:4"].map(|key| key.parse::<Key>().unwrap()));
    assert_eq!(find(&journeys, "K-2").await, Found::Nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_trace_does_not_join_its_orders() {
    let database = Database::start().await;
    let t = trace(1);
    let mut batch = SpanBuilder::server(t, 1, "oms", "POST /export").at(0, 100);
    for order in 0..5 {
        batch = batch.weak("order", &format!("B-{order}"));
    }
    let mut spans = vec![batch.build()];
    for order in 0..5 {
        let id = 10 + order as u8;
        let call = SpanBuilder::client(t, id, "oms", "erp", "POST /orders").parent(1).at(10 * i64::from(id), 5);
        spans.push(call.key("order", &format!("B-{order}")).build());
    }
    database.spans(spans).await.unwrap();
    let journeys = journeys(&database, JourneyLimits::default());
    for order in 0..5 {
        let journey = one(&journeys, &format!("B-{order}")).await;
        assert_eq!(shape(&journey), [row("oms", "erp POST /orders", 1)]);
        assert_eq!(journey.span_count, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_of_one_intent_are_one_handoff() {
    let database = Database::start().await;
    let call = |id: u8, at: i64, status: u16| {
        SpanBuilder::proxy(trace(id), id, "oms", "erp", "POST /docs").at(at, 10).key("order", "R-1").status(status)
    };
    let spans = vec![
        call(1, 0, 503).idempotency("k1").build(),
        call(2, 100, 503).idempotency("k1").build(),
        call(3, 200, 200).idempotency("k1").build(),
        // Another intent with the same operation.
        call(4, 300, 200).idempotency("k2").build(),
    ];
    database.spans(spans).await.unwrap();
    let journey = one(&journeys(&database, JourneyLimits::default()), "R-1").await;
    assert_eq!(shape(&journey), [row("oms", "erp POST /docs", 3), row("oms", "erp POST /docs", 1)]);
    let outcomes: Vec<Outcome> = journey.handoffs[0].attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Outcome::Error, Outcome::Error, Outcome::Ok]);
    assert_eq!(journey.waits.len(), 1, "the time between two attempts is part of their handoff");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_hours_later_is_an_attempt_of_the_same_handoff() {
    let database = Database::start().await;
    let call = |id: u8, at: i64, status: u16| {
        SpanBuilder::client(trace(id), id, "oms", "erp", "POST /docs").at(at, 10).key("order", "R-2").status(status)
    };
    let hour = 3_600_000;
    // The last of them arrives first.
    database.spans(vec![call(3, 5 * hour, 200).build()]).await.unwrap();
    database.spans(vec![call(1, 0, 503).build(), call(4, 6 * hour, 200).build()]).await.unwrap();
    database.spans(vec![call(2, 2 * hour, 503).build()]).await.unwrap();
    let journey = one(&journeys(&database, JourneyLimits::default()), "R-2").await;
    assert_eq!(shape(&journey), [row("oms", "erp POST /docs", 3), row("oms", "erp POST /docs", 1)]);
    let repeats: Vec<Option<Repeat>> = journey.handoffs[0].attempts.iter().map(|attempt| attempt.repeats).collect();
    assert_eq!(repeats, [None, Some(Repeat::AfterFailure), Some(Repeat::AfterFailure)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_attaches_requests_to_the_order_under_way() {
    let database = Database::start().await;
    let visit = |id: u8, at: i64, operation: &str| {
        SpanBuilder::proxy(trace(id), id, "shopper", "storefront", operation).at(at, 10).session("s1")
    };
    let spans = vec![
        visit(1, 0, "AddItem").key("order", "V-1").build(),
        visit(2, 100, "SetAddress").build(),
        visit(3, 200, "Pay").key("order", "V-1").milestone("order.placed").build(),
        visit(4, 300, "Browse").build(),
        visit(5, 400, "AddItem").key("order", "V-2").build(),
        visit(6, 500, "Pay").key("order", "V-2").build(),
        // The receiver of request 2 dropped the trace context.
        SpanBuilder::server(trace(7), 7, "storefront", "SetAddress").at(102, 5).build(),
        SpanBuilder::internal(trace(7), 8, "storefront").parent(7).at(103, 2).build(),
    ];
    database.spans(spans).await.unwrap();
    let journeys = journeys(&database, JourneyLimits::default());
    let names = |journey: &Journey| journey.handoffs.iter().map(|h| h.operation.clone()).collect::<Vec<_>>();
    let first = one(&journeys, "V-1").await;
    assert_eq!(names(&first), ["AddItem", "SetAddress", "Pay"]);
    assert_eq!(first.handoffs[1].attempts[0].joined, JoinKind::Inferred);
    assert_eq!(first.span_count, 5);
    let reasons: Vec<MembershipReason> = first.traces.iter().map(|trace| trace.reason).collect();
    assert_eq!(
        reasons,
        [MembershipReason::Key, MembershipReason::Session, MembershipReason::Inferred, MembershipReason::Key]
    );
    assert_eq!(names(&one(&journeys, "V-2").await), ["Browse", "AddItem", "Pay"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_trace_is_answered_within_the_limits() {
    let database = Database::start().await;
    let t = trace(1);
    let mut spans = vec![
        SpanBuilder::server(t, 1, "a", "GET /x").parent(1).at(0, 5).key("order", "H-1").build(),
        SpanBuilder::client(t, 2, "a", "b", "GET /y").parent(3).at(0, 5).key("order", "H-1").build(),
        SpanBuilder::server(t, 3, "b", "GET /y").parent(2).at(0, 5).key("order", "H-1").build(),
    ];
    // Twenty thousand spans, each the child of the one before.
    let mut previous = [1; 8];
    for n in 0..20_000u64 {
        let mut span = SpanBuilder::internal(t, 0, "a").at(n as i64 % 50, 1).build();
        span.span_id = (n + 1_000_000).to_be_bytes();
        span.parent_span_id = previous;
        previous = span.span_id;
        spans.push(span);
    }
    database.spans(spans).await.unwrap();
    let whole = one(&journeys(&database, JourneyLimits::default()), "H-1").await;
    assert_eq!(whole.span_count, 20_003);
    assert!(whole.limits.is_empty());
    let limits = JourneyLimits { spans: 1_000, ..JourneyLimits::default() };
    let cut = journeys(&database, limits).of(&["order:H-1".parse().unwrap()]).await.unwrap().remove(0);
    assert!(cut.span_count <= 1_000);
    assert_eq!(cut.limits.iter().map(|reached| reached.limit.as_str()).collect::<Vec<_>>(), ["spans"]);
}
