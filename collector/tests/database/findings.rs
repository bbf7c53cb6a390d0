//! What detection finds in a real database, whoever detects and whenever it begins.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::finding::{DetectionProgress, Finding, FindingKind, FindingState};
use ordertrace_api::keys::KindTable;
use ordertrace_collector::detect::{Detection, DetectionMetrics, Detector, Ledger, Wanted, progress};
use ordertrace_collector::flow::Flows;
use ordertrace_collector::journey::{JourneyLimits, Journeys};
use ordertrace_collector::recognise::Recogniser;
use ordertrace_collector::record::Access;
use ordertrace_collector::settings::{DetectionSettings, FlowSettings, RecogniseSettings};

use crate::support::{Database, SpanBuilder, at_ns, trace};

async fn detector(database: &Database) -> Detector {
    let flows = [FlowSettings::shop()];
    let flows = Flows::new(&flows, &Recogniser::new(&RecogniseSettings::default()).unwrap()).unwrap();
    let client = database.client();
    let journeys = Journeys::new(client.clone(), JourneyLimits::default(), &KindTable::default(), flows.ends());
    let (settings, metrics) = (DetectionSettings::default(), DetectionMetrics::default());
    Detector::open(Detection { client, journeys, flows: Arc::new(flows), settings, metrics }).await.unwrap()
}

/// So many seconds into the tests' day.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at_ns(seconds * 1_000))).unwrap()
}

async fn findings(database: &Database) -> Vec<Finding> {
    let wanted = Wanted { limit: 100, ..Wanted::default() };
    let mut findings = Ledger::new(database.client()).list(&wanted).await.unwrap();
    findings.sort_by_key(|finding| (finding.kind, finding.id.clone()));
    findings
}

async fn kinds(database: &Database) -> Vec<(FindingKind, FindingState)> {
    findings(database).await.into_iter().map(|finding| (finding.kind, finding.state)).collect()
}

/// Looks until nothing is left to be looked at.
async fn look(detector: &mut Detector, now: Timestamp) {
    while detector.round(now).await.unwrap() {}
}

/// An order that was placed and paid, in two traces that share no context.
async fn paid(database: &Database, n: u8) {
    let order = format!("A-{n}");
    let place = SpanBuilder::server(trace(n), n, "storefront", "POST /orders")
        .at(0, 10)
        .key("order", &order)
        .attributes(&[("commerce.amount", "49.90"), ("commerce.currency", "EUR")])
        .milestone("order.placed");
    let charge = format!("ch-{n}");
    let capture = SpanBuilder::proxy(trace(100 + n), n, "storefront", "payments", "POST /capture")
        .at(1_000, 50)
        .key("order", &order)
        .key("charge", &charge)
        .attributes(&[("commerce.amount", "49.90"), ("commerce.currency", "EUR")])
        .milestone("payment.captured");
    database.spans(vec![place.build()]).await.unwrap();
    database.spans(vec![capture.build()]).await.unwrap();
}

/// Its way into the OMS.
async fn created(database: &Database, n: u8, seconds: i64) {
    let create = SpanBuilder::client(trace(200 + n), n, "storefront", "oms", "POST /orders")
        .at(seconds * 1_000, 10)
        .key("order", &format!("A-{n}"))
        .within("order", &format!("{n}"), "oms")
        .milestone("order.created");
    database.spans(vec![create.build()]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn paid_and_not_created_until_it_is() {
    let database = Database::start().await;
    let mut detector = detector(&database).await;
    paid(&database, 1).await;
    paid(&database, 2).await;
    created(&database, 2, 5).await;
    look(&mut detector, at(10)).await;
    assert_eq!(kinds(&database).await, []);
    // One second of capture, two minutes, half a minute's grace.
    look(&mut detector, at(150)).await;
    assert_eq!(kinds(&database).await, []);
    look(&mut detector, at(151)).await;
    let found = findings(&database).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let finding = &found[0];
    assert_eq!((finding.kind, finding.state), (FindingKind::PaidNotCreated, FindingState::Open));
    assert_eq!(finding.order.as_ref().map(ToString::to_string).as_deref(), Some("order:A-1"));
    assert_eq!((finding.since, finding.opened_at), (at(121), at(151)));
    assert_eq!(finding.money.as_ref().map(|money| (&*money.amount, &*money.currency)), Some(("49.90", "EUR")));
    let spans = database.number(&format!("SELECT count() FROM ({})", finding.sql())).await;
    assert_eq!(spans, 1, "its evidence is there: {}", finding.sql());

    created(&database, 1, 400).await;
    look(&mut detector, at(410)).await;
    let late = &findings(&database).await[0];
    assert_eq!((late.state, late.closed_at), (FindingState::Closed, Some(at(400))));
    assert_eq!(late.closed_because, "order.created came 4m 39s late");
    assert_eq!((&late.id, late.opened_at), (&finding.id, at(151)));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_known_how_far_detection_has_come() {
    let database = Database::start().await;
    let now = async || progress(&database.client()).await.unwrap();
    assert_eq!(now().await, DetectionProgress::default());
    paid(&database, 1).await;
    let before = now().await;
    assert!(before.looked_until.is_none() && before.unseen_since.is_some(), "{before:?}");
    let mut detector = detector(&database).await;
    look(&mut detector, at(10)).await;
    let seen = now().await;
    assert!(seen.unseen_since.is_none() && seen.looked_until >= before.unseen_since, "{seen:?}");
    // In the next millisecond at the earliest, as the table tells times.
    while Timestamp::now().as_millisecond() <= seen.looked_until.unwrap().as_millisecond() {
        tokio::task::yield_now().await;
    }
    created(&database, 1, 5).await;
    let behind = now().await;
    assert_eq!(behind.looked_until, seen.looked_until);
    assert!(behind.unseen_since > seen.looked_until, "{behind:?}");
    look(&mut detector, at(20)).await;
    let seen = now().await;
    assert!(seen.unseen_since.is_none() && seen.looked_until >= behind.unseen_since, "{seen:?}");
    assert_eq!(seen.systems_looked_at, None);
    detector.look_at_systems(at(21)).await.unwrap();
    assert_eq!(now().await, DetectionProgress { systems_looked_at: Some(at(21)), ..seen });
    let again = self::detector(&database).await;
    assert_eq!(again.watched(), detector.watched(), "how far it has come is no journey to watch");
}

#[tokio::test(flavor = "multi_thread")]
async fn late_evidence_takes_a_finding_back_and_says_so() {
    let database = Database::start().await;
    let mut detector = detector(&database).await;
    paid(&database, 1).await;
    look(&mut detector, at(200)).await;
    assert_eq!(kinds(&database).await, [(FindingKind::PaidNotCreated, FindingState::Open)]);
    created(&database, 1, 30).await;
    look(&mut detector, at(300)).await;
    let found = &findings(&database).await[0];
    assert_eq!(found.state, FindingState::Retracted);
    assert!(found.closed_because.contains("arrived later"), "{}", found.closed_because);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_at_any_point_changes_nothing() {
    let database = Database::start().await;
    // Each of these steps by a detector that knows nothing of those before it.
    look(&mut detector(&database).await, at(0)).await;
    paid(&database, 1).await;
    look(&mut detector(&database).await, at(10)).await;
    let mut next = detector(&database).await;
    assert_eq!(next.watched(), 1, "what is due is known after a restart");
    look(&mut next, at(160)).await;
    let found = findings(&database).await;
    assert_eq!(found.len(), 1);
    look(&mut detector(&database).await, at(170)).await;
    assert_eq!(findings(&database).await, found, "nothing is new");
    created(&database, 1, 400).await;
    look(&mut detector(&database).await, at(410)).await;
    let closed = findings(&database).await;
    assert_eq!(closed.len(), 1);
    assert_eq!((&closed[0].id, closed[0].state), (&found[0].id, FindingState::Closed));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_detectors_at_once_find_what_one_does() {
    let database = Database::start().await;
    let (mut one, mut other) = (detector(&database).await, detector(&database).await);
    for n in 1..=20 {
        paid(&database, n).await;
        if n % 2 == 0 {
            created(&database, n, 5).await;
        }
        if n % 5 == 0 {
            let now = at(i64::from(n) + 140);
            let (first, second) = tokio::join!(one.round(now), other.round(now));
            first.and(second).unwrap();
        }
    }
    let now = at(200);
    let (first, second) = tokio::join!(one.round(now), other.round(now));
    first.and(second).unwrap();
    let found = findings(&database).await;
    let orders: Vec<String> =
        found.iter().filter_map(|finding| finding.order.as_ref()).map(ToString::to_string).collect();
    let mut expected: Vec<String> = (1..=20).step_by(2).map(|n| format!("order:A-{n}")).collect();
    expected.sort();
    let mut orders = orders;
    orders.sort();
    assert_eq!(orders, expected);
    // Days later nothing has changed, but that nobody does anything any more.
    let much_later = at(0) + SignedDuration::from_hours(24 * 30);
    let (first, second) = tokio::join!(one.round(much_later), other.round(much_later));
    first.and(second).unwrap();
    let paid_not_created = |finding: &&Finding| finding.kind == FindingKind::PaidNotCreated;
    assert_eq!(findings(&database).await.iter().filter(paid_not_created).count(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn journeys_that_turn_out_to_be_one_have_one_finding() {
    let database = Database::start().await;
    let mut detector = detector(&database).await;
    let capture = |n: u8, charge: &str, milestone: &str| {
        SpanBuilder::proxy(trace(n), n, "storefront", "payments", "POST /capture")
            .at(i64::from(n) * 1_000, 50)
            .key("charge", charge)
            .key("payment", &format!("pay-{charge}"))
            .milestone(milestone)
            .build()
    };
    database.spans(vec![capture(1, "c1", "payment.captured"), capture(2, "c2", "payment.captured")]).await.unwrap();
    look(&mut detector, at(300)).await;
    assert_eq!(kinds(&database).await, [(FindingKind::PaidNotCreated, FindingState::Open); 2]);
    // Nothing is reached by what joins them.
    let joins = SpanBuilder::client(trace(3), 3, "storefront", "payments", "GET /payments")
        .at(4_000, 10)
        .key("order", "A-1")
        .key("payment", "pay-c1");
    let too = SpanBuilder::client(trace(4), 4, "storefront", "payments", "GET /payments")
        .at(5_000, 10)
        .key("order", "A-1")
        .key("payment", "pay-c2");
    database.spans(vec![joins.build(), too.build()]).await.unwrap();
    look(&mut detector, at(301)).await;
    // On the second full hour at the latest.
    look(&mut detector, at(300 + 2 * 3_600)).await;
    let mut found = kinds(&database).await;
    found.sort_by_key(|(kind, state)| (*kind, *state != FindingState::Open));
    assert_eq!(
        found,
        [
            (FindingKind::PaidNotCreated, FindingState::Open),
            (FindingKind::PaidNotCreated, FindingState::Retracted),
            (FindingKind::DoubleCharge, FindingState::Open),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_stopped_speaking() {
    let database = Database::start().await;
    let mut detector = detector(&database).await;
    let call = |n: i64, from: &'static str| {
        SpanBuilder::client(trace(u8::try_from(n % 200).unwrap() + 1), 1, from, "payments", "POST /pay")
            .at(n * 60_000, 10)
    };
    // Two systems speak every minute for an hour, then one of them.
    let both = (0..60).flat_map(|minute| [call(minute, "storefront").build(), call(minute, "oms").build()]);
    let alone = (60..90).map(|minute| call(minute, "storefront").build());
    database.spans(both.chain(alone).collect()).await.unwrap();
    detector.look_at_systems(at(62 * 60)).await.unwrap();
    assert_eq!(kinds(&database).await, []);
    for _ in 0..2 {
        detector.look_at_systems(at(80 * 60)).await.unwrap();
        let found = findings(&database).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].kind, found[0].state), (FindingKind::SilentSystem, FindingState::Open));
        assert_eq!(found[0].system.as_deref(), Some("oms"));
    }
    database.spans(vec![call(89, "oms").build()]).await.unwrap();
    detector.look_at_systems(at(91 * 60)).await.unwrap();
    let found = findings(&database).await;
    assert_eq!((found[0].state, &*found[0].closed_because), (FindingState::Closed, "it speaks again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_storm_is_found_grows_and_ends() {
    let database = Database::start().await;
    let (mut detector, mut another) = (detector(&database).await, detector(&database).await);
    // Two systems report each attempt; the proxy alone knows what was sent again.
    let attempt = |minute: i64, nth: i64, status: u16, resent: u32| {
        // The tests' day begins six seconds before a minute does.
        let at_ms = minute * 60_000 + 6_000 + nth * 100;
        let t = trace((nth % 200) as u8 + 1);
        let client = SpanBuilder::client(t, 1, "oms", "erp", "POST /docs/{}").at(at_ms, 10).status(status);
        let proxy = SpanBuilder::proxy(t, 2, "oms", "erp", "POST /docs/{id}").at(at_ms, 10).status(status);
        [client.build(), proxy.resent(resent).build()]
    };
    let usual = (0..90).flat_map(|minute| (0..4).flat_map(move |nth| attempt(minute, nth, 200, 0)));
    database.spans(usual.collect()).await.unwrap();
    detector.look_at_systems(at(90 * 60)).await.unwrap();
    assert_eq!(kinds(&database).await, []);

    // Every exchange is tried ten times, from minute 90 on.
    let storm = |minute: i64| (0..80).flat_map(move |nth| attempt(minute, nth, 503, u32::from(nth % 10 > 0)));
    database.spans((90..93).flat_map(storm).collect()).await.unwrap();
    for detector in [&mut detector, &mut another] {
        detector.look_at_systems(at(93 * 60)).await.unwrap();
    }
    let found = findings(&database).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].state), (FindingKind::RetryStorm, FindingState::Open));
    assert_eq!((found[0].system.as_deref(), found[0].since), (Some("erp"), at(90 * 60 + 6)));
    assert!(
        found[0].says.starts_with("240 attempts by oms at POST /docs/{} of erp for at most 24"),
        "{}",
        found[0].says
    );
    assert_eq!(found[0].evidence.len(), 3);

    database.spans((93..95).flat_map(storm).collect()).await.unwrap();
    another.look_at_systems(at(95 * 60)).await.unwrap();
    detector.look_at_systems(at(95 * 60)).await.unwrap();
    let grown = findings(&database).await;
    assert_eq!(grown.len(), 1, "{grown:?}");
    assert_eq!((&grown[0].id, grown[0].since), (&found[0].id, found[0].since));
    assert!(grown[0].says.starts_with("400 attempts"), "{}", grown[0].says);

    for detector in [&mut another, &mut detector] {
        detector.look_at_systems(at(110 * 60)).await.unwrap();
    }
    let over = findings(&database).await;
    assert_eq!((over.len(), over[0].state), (1, FindingState::Closed));
    assert_eq!(over[0].closed_because, "retries are few again");
}

#[tokio::test(flavor = "multi_thread")]
async fn handoffs_in_the_open_are_found_while_they_go_on() {
    let database = Database::start().await;
    let mut detector = detector(&database).await;
    let call = |minute: i64, auth: &'static str, tls: &'static str| {
        let access = Access { auth, tls, scheme: "http", host: "erp.example", port: Some(80) };
        SpanBuilder::proxy(trace(1), minute as u8 + 1, "oms", "erp", "POST /docs")
            .at(minute * 60_000, 10)
            .access(access)
    };
    database.spans(vec![call(0, "basic", "TLSv1.3").build()]).await.unwrap();
    detector.look_at_systems(at(60)).await.unwrap();
    assert_eq!(kinds(&database).await, []);

    database.spans(vec![call(2, "basic", "none").build(), call(3, "none", "TLSv1.3").build()]).await.unwrap();
    for minute in [4, 5] {
        detector.look_at_systems(at(minute * 60)).await.unwrap();
        let found = findings(&database).await;
        let kinds: Vec<(FindingKind, FindingState)> = found.iter().map(|found| (found.kind, found.state)).collect();
        let open = [FindingKind::PlaintextHandoff, FindingKind::UnauthenticatedHandoff];
        assert_eq!(kinds, open.map(|kind| (kind, FindingState::Open)));
        assert_eq!(found[0].says, "what oms asks of erp is not encrypted: POST /docs at http://erp.example:80");
        assert_eq!((found[0].system.as_deref(), found[0].opened_at), (Some("erp"), at(4 * 60)));
    }
    detector.look_at_systems(at(26 * 3_600)).await.unwrap();
    assert!(findings(&database).await.iter().all(|found| found.state == FindingState::Closed));
    // The same again is the same finding.
    database.spans(vec![call(26 * 60, "basic", "none").build()]).await.unwrap();
    detector.look_at_systems(at(26 * 3_600 + 60)).await.unwrap();
    let again: Vec<FindingState> = findings(&database).await.iter().map(|found| found.state).collect();
    assert_eq!(again, [FindingState::Open, FindingState::Closed]);
}
