//! What handoffs mean to orders is what looking at every journey gives, whoever adds it up and whenever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clickhouse::Row;
use jiff::Timestamp;
use ordertrace_api::finding::Money;
use ordertrace_api::hotspot::{Against, HotspotOrdersQuery, Hotspots, OrderFigures};
use ordertrace_api::journey::Journey;
use ordertrace_api::keys::{Key, KindTable};
use ordertrace_collector::flow::Flows;
use ordertrace_collector::hotspots::orders::{Loss, Pass};
use ordertrace_collector::hotspots::{Minutes, Rollup};
use ordertrace_collector::journey::{JourneyLimits, Journeys};
use ordertrace_collector::moment::Range;
use ordertrace_collector::recognise::Recogniser;
use ordertrace_collector::settings::{FlowSettings, HotspotSettings, RecogniseSettings};
use serde::Deserialize;

use crate::support::{Database, SpanBuilder, at_ns, trace};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;

/// The tests' day begins at 09:25:54: so that minutes begin where tests expect it.
const FIRST_MS: i64 = 6 * SECOND_MS;

fn flows() -> Arc<Flows> {
    let recogniser = Recogniser::new(&RecogniseSettings::default()).unwrap();
    Arc::new(Flows::new(&[FlowSettings::shop()], &recogniser).unwrap())
}

fn journeys(database: &Database) -> Journeys {
    Journeys::new(database.client(), JourneyLimits::default(), &KindTable::default(), flows().ends())
}

fn pass(database: &Database) -> Pass {
    Pass::new(database.client(), journeys(database), flows(), Loss::new(&HotspotSettings::default()))
}

/// Looks at all that arrived so far, whoever did before, and as though it had come to rest.
async fn add_up(database: &Database) {
    database.execute("TRUNCATE TABLE order_costs_progress").await;
    pass(database).catch_up(i64::MAX / 2).await.unwrap();
}

/// So many milliseconds after 09:26.
fn at(ms: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at_ns(FIRST_MS + ms))).unwrap()
}

async fn ask(database: &Database, since_ms: i64, until_ms: i64) -> Hotspots {
    let minutes = Minutes::touched(Range::new(at(since_ms), at(until_ms)).unwrap());
    let rollup = Rollup::new(database.client(), 0);
    rollup.hotspots(minutes, Some(Against::Day), None, at(until_ms)).await.unwrap()
}

/// The figures of all that a system received.
fn of_system(reply: &Hotspots, system: &str) -> OrderFigures {
    reply.systems.iter().find(|spot| spot.system == system).map(|spot| spot.orders.clone()).unwrap()
}

fn euros(amount: &str) -> Vec<Money> {
    vec![Money { amount: amount.to_owned(), currency: "EUR".to_owned() }]
}

const AMOUNT: &[(&str, &str)] = &[("commerce.amount", "49.90"), ("commerce.currency", "EUR")];

/// Stores each span as a request of its own.
async fn store(database: &Database, spans: impl IntoIterator<Item = SpanBuilder>) {
    for span in spans {
        database.spans(vec![span.build()]).await.unwrap();
    }
}

/// An order that is placed at `ms`, half a second after one second at payments began, and sent to the ERP
/// after ten seconds of nothing, and once more two minutes later, which fails.
fn order(n: u8, ms: i64) -> [SpanBuilder; 4] {
    let order = format!("A-{n}");
    let ms = FIRST_MS + ms;
    let client = |id, from, to, operation| SpanBuilder::client(trace(n), id, from, to, operation).key("order", &order);
    [
        client(1, "storefront", "payments", "POST /pay").at(ms, 1_000),
        client(2, "storefront", "oms", "POST /orders").at(ms + 500, 100).milestone("order.placed").attributes(AMOUNT),
        client(3, "oms", "erp", "POST /sales").at(ms + 11_000, 200),
        client(4, "oms", "erp", "POST /sales").at(ms + 131_000, 200).status(503),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_counts_once_in_any_range_and_its_money_too() {
    let database = Database::start().await;
    for n in 1..=3_u8 {
        store(&database, order(n, 0)).await;
    }
    add_up(&database).await;
    let all = ask(&database, 0, 3 * MINUTE_MS).await;
    assert!(all.orders_until.is_some());
    let erp = of_system(&all, "erp");
    assert_eq!((erp.orders, erp.handoffs), (3, 6), "twice each, in two minutes");
    assert_eq!((erp.mean_waiting_ns, erp.mean_path_ns), ((10_000 + 119_800) / 2 * 1_000_000, 200_000_000));
    assert_eq!((erp.in_flight, erp.at_risk), (euros("149.70"), euros("149.70")), "what does not get through");
    let payments = of_system(&all, "payments");
    assert_eq!((payments.orders, payments.handoffs, payments.mean_waiting_ns), (3, 3, 0));
    // Half a second of its own until the OMS took over, 8/9 of the way from 1 to 20 %.
    assert_eq!(payments.at_risk, euros("14.1384"));
    let shares: f64 = all.handoffs.iter().map(|handoff| handoff.orders.path_share).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    for (since_ms, until_ms) in [(0, MINUTE_MS), (2 * MINUTE_MS, 3 * MINUTE_MS), (0, 2 * MINUTE_MS)] {
        let erp = of_system(&ask(&database, since_ms, until_ms).await, "erp");
        assert_eq!((erp.orders, erp.handoffs, erp.in_flight), (3, 3, euros("149.70")), "{since_ms} {until_ms}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_later_takes_the_place_of_what_was_thought() {
    let database = Database::start().await;
    // First only the receiver tells, and by a key of its own.
    let received = SpanBuilder::server(trace(1), 9, "payments", "POST /pay").parent(1).at(FIRST_MS, 900);
    store(&database, [received.within("payment", "p-1", "payments")]).await;
    add_up(&database).await;
    let reply = ask(&database, 0, MINUTE_MS).await;
    assert_eq!((of_system(&reply, "payments").orders, reply.handoffs[0].from.as_deref()), (1, None));
    assert_eq!(reply.handoffs[0].orders.orders, 1);
    // The caller's side began a minute earlier by its clock.
    let sent = SpanBuilder::client(trace(1), 1, "storefront", "payments", "POST /pay").at(FIRST_MS - 1, 1_000);
    store(&database, [sent.key("order", "A-1").milestone("order.placed").attributes(AMOUNT)]).await;
    add_up(&database).await;
    let before = ask(&database, -MINUTE_MS, 0).await;
    assert_eq!((of_system(&before, "payments").orders, of_system(&before, "payments").in_flight), (1, euros("49.90")));
    let same = ask(&database, -MINUTE_MS, MINUTE_MS).await;
    assert_eq!(of_system(&same, "payments").orders, 1, "one order, whatever it was called before");
    let paid = same.handoffs.iter().find(|handoff| handoff.from.is_some()).unwrap();
    assert_eq!((paid.orders.orders, paid.orders.handoffs), (1, 1));
    // And then it is done.
    let done = SpanBuilder::internal(trace(2), 1, "shipping").at(MINUTE_MS * 90, 1).key("order", "A-1");
    store(&database, [done.milestone("order.delivered")]).await;
    add_up(&database).await;
    assert_eq!(of_system(&ask(&database, -MINUTE_MS, MINUTE_MS).await, "payments").in_flight, euros("0"));
}

#[derive(Debug, Row, Deserialize, PartialEq)]
struct Sum {
    minute: u32,
    spent: String,
}

/// What counts of what was added up.
async fn sums(database: &Database) -> Vec<Sum> {
    let sql = "SELECT toUnixTimestamp(minute) AS minute,
            toString(arraySort(arrayZip(spent.handoff_to, spent.handoff_from, spent.operation, spent.earlier, spent.currency,
            spent.orders, spent.handoffs, spent.waiting_ns, spent.path_ns, spent.in_flight, spent.at_risk))) AS spent
        FROM order_costs_per_minute FINAL ORDER BY minute";
    database.client().query(sql).fetch_all().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_adds_up_and_however_often_it_is_the_same() {
    let alone = Database::start().await;
    let together = Database::start().await;
    for n in 1..=8_u8 {
        for (at, span) in order(n, i64::from(n) * 7 * SECOND_MS).into_iter().enumerate() {
            store(&together, [span]).await;
            // Several collectors, each of which may have ended before it was done.
            if at % 2 == usize::from(n) % 2 {
                let two = (pass(&together), pass(&together));
                together.execute("TRUNCATE TABLE order_costs_progress").await;
                let (one, other) = tokio::join!(two.0.catch_up(i64::MAX / 2), two.1.catch_up(i64::MAX / 2));
                one.and(other).unwrap();
            }
        }
        store(&alone, order(n, i64::from(n) * 7 * SECOND_MS)).await;
    }
    add_up(&alone).await;
    add_up(&together).await;
    let expected = sums(&alone).await;
    assert_eq!(expected.len(), 4);
    assert_eq!(sums(&together).await, expected);
    let written = alone.number("SELECT count() FROM journey_handoffs").await;
    add_up(&alone).await;
    assert_eq!(alone.number("SELECT count() FROM journey_handoffs").await, written, "nothing changed");
    // Rows were written, and the collector ended before it added them up.
    alone.execute("TRUNCATE TABLE order_costs_per_minute").await;
    add_up(&alone).await;
    assert_eq!(sums(&alone).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_came_to_rest_is_looked_at() {
    let database = Database::start().await;
    store(&database, order(1, 0)).await;
    let now_ms = Timestamp::now().as_millisecond();
    pass(&database).catch_up(now_ms - MINUTE_MS).await.unwrap();
    assert_eq!(database.number("SELECT count() FROM journey_handoffs").await, 0, "its minute is not over");
    pass(&database).round().await.unwrap();
    assert_eq!(database.number("SELECT count() FROM journey_handoffs").await, 0);
    pass(&database).catch_up(now_ms + 3 * MINUTE_MS).await.unwrap();
    assert_ne!(database.number("SELECT count() FROM journey_handoffs").await, 0);
}

/// Journeys with a handoff to a system within minutes, and how long these waited and were on the path.
fn recount(journeys: &[Journey], since: Timestamp, until: Timestamp) -> BTreeMap<String, (u64, u64, u64, u64)> {
    let mut counted: BTreeMap<String, (BTreeSet<&Key>, u64, u64, u64)> = BTreeMap::new();
    for journey in journeys {
        for handoff in &journey.handoffs {
            let within = |at: Timestamp| (since..until).contains(&at);
            if !handoff.attempts.iter().any(|attempt| within(attempt.started_at)) {
                continue;
            }
            let counted = counted.entry(handoff.to.clone()).or_default();
            counted.0.insert(&journey.id);
            if !within(handoff.started_at) {
                continue;
            }
            counted.1 += 1;
            let waits = journey.waits.iter().filter(|wait| wait.before == handoff.id);
            counted.2 += waits.map(|wait| wait.duration_ns).sum::<u64>();
            let path = journey.critical_path.iter().filter(|part| part.handoff.as_ref() == Some(&handoff.id));
            counted.3 += path.map(|part| part.duration_ns).sum::<u64>();
        }
    }
    let line = |(orders, handoffs, waiting, path): (BTreeSet<&Key>, u64, u64, u64)| {
        (orders.len() as u64, handoffs, waiting / handoffs.max(1), path / handoffs.max(1))
    };
    counted.into_iter().map(|(system, counted)| (system, line(counted))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_equal_a_recount_of_every_journey() {
    let database = Database::start().await;
    let mut keys = Vec::new();
    for n in 1..=60_u8 {
        let ms = i64::from(n) * 3_701;
        keys.push(Key::global("order", &format!("A-{n}")).unwrap());
        let nested = SpanBuilder::client(trace(n), 7, "payments", "fraud", "POST /score").parent(1);
        let spans = order(n, ms).into_iter().take(2 + usize::from(n % 3));
        // One more try of the same handoff, minutes later.
        let again = SpanBuilder::client(trace(n), 8, "oms", "erp", "POST /sales").key("order", &format!("A-{n}"));
        let spans = spans.chain((n % 6 == 2).then(|| again.at(FIRST_MS + ms + 200_000, 300)));
        let spans = spans.chain([nested.at(FIRST_MS + ms + i64::from(n), 40 + u64::from(n))]);
        database.spans(spans.map(SpanBuilder::build).collect()).await.unwrap();
    }
    add_up(&database).await;
    let all = journeys(&database).of(&keys).await.unwrap();
    assert_eq!(all.len(), 60);
    for (since, until) in [(0, 1), (0, 3), (2, 5), (1, 6), (0, 6), (5, 6)] {
        let reply = ask(&database, since * MINUTE_MS, until * MINUTE_MS).await;
        let expected = recount(&all, at(since * MINUTE_MS), at(until * MINUTE_MS));
        let found = reply.systems.iter().filter(|system| !system.figures.is_gone()).map(|system| {
            let OrderFigures { orders, handoffs, mean_waiting_ns, mean_path_ns, .. } = system.orders;
            (system.system.clone(), (orders, handoffs, mean_waiting_ns, mean_path_ns))
        });
        assert_eq!(found.collect::<BTreeMap<_, _>>(), expected, "minutes {since} to {until}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_orders_of_a_handoff_are_those_most_at_risk_first() {
    let database = Database::start().await;
    for n in 1..=3_u8 {
        // The second and third were never refused by the ERP.
        store(&database, order(n, 0).into_iter().take(if n == 1 { 4 } else { 2 })).await;
    }
    let passed = SpanBuilder::client(trace(3), 5, "oms", "erp", "POST /sales").at(FIRST_MS + 11_000, 200);
    store(&database, [passed.key("order", "A-3")]).await;
    add_up(&database).await;
    let minutes = Minutes::touched(Range::new(at(0), at(MINUTE_MS)).unwrap());
    let touched = async |from: Option<&str>, to: &str, operation: Option<&str>, limit| {
        let (from, to, operation) = (from.map(str::to_owned), to.to_owned(), operation.map(str::to_owned));
        let query = HotspotOrdersQuery { from, to, operation, ..HotspotOrdersQuery::default() };
        let keys = Rollup::new(database.client(), 0).orders(minutes, &query, limit).await.unwrap();
        keys.iter().map(|key| key.value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(touched(Some("oms"), "erp", Some("POST /sales"), 9).await, ["A-1", "A-3"]);
    assert_eq!(touched(None, "erp", Some("POST /sales"), 1).await, ["A-1"]);
    assert_eq!(touched(None, "erp", None, 9).await, ["A-1", "A-3"]);
    assert_eq!(touched(Some("storefront"), "erp", None, 9).await, [""; 0]);
    assert_eq!(touched(Some("storefront"), "payments", None, 9).await.len(), 3);
    assert_eq!(touched(None, "nobody", None, 9).await, [""; 0]);
}
