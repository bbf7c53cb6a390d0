//! Orders by the goods on them: what those in flight explain of a drift, which are open, and which touched a SKU.

use std::sync::Arc;

use jiff::Timestamp;
use ordertrace_api::alert::AlertState;
use ordertrace_api::reading::{Entity, StockState};
use ordertrace_api::sync::DriftNow;
use ordertrace_collector::alert::{AlertMetrics, Evaluator as AlertEvaluator, Ledger, Rules, Wanted};
use ordertrace_collector::flow::Flows;
use ordertrace_collector::lines::LinesView;
use ordertrace_collector::moment::Range;
use ordertrace_collector::recognise::Recogniser;
use ordertrace_collector::record::{ReadingRecord, SpanRecord};
use ordertrace_collector::settings::{
    AlertSettings, FlowSettings, RecogniseSettings, SyncSettings, SyncTargetSettings,
};
use ordertrace_collector::sync::{Evaluator, Pairs, SyncMetrics, SyncView};

use crate::support::{Database, SpanBuilder, at_ns, trace};

fn sync() -> SyncSettings {
    let target = SyncTargetSettings {
        system: "web".to_owned(),
        tolerance: "0".to_owned(),
        tolerance_percent: "0".to_owned(),
        units_each: "1".to_owned(),
        floor: ordertrace_config::Duration::default(),
        in_flight: None,
    };
    SyncSettings {
        name: "stock".to_owned(),
        entity: Entity::Inventory,
        state: StockState::Available,
        source: "wms".to_owned(),
        targets: vec![target],
    }
}

fn flows() -> Arc<Flows> {
    let recogniser = Recogniser::new(&RecogniseSettings::default()).unwrap();
    Arc::new(Flows::new(&[FlowSettings::shop()], &recogniser).unwrap())
}

fn stock(system: &'static str, location: &'static str, value: &'static str, at_s: i64) -> ReadingRecord<'static> {
    ReadingRecord {
        entity: Entity::Inventory,
        system,
        subject: "HAT",
        location,
        channel: "",
        currency: "",
        state: "available",
        field: "",
        value,
        at_ns: at_ns(at_s * 1_000),
        version: "",
        changed_at_ns: 0,
        interval_ms: 0,
        attributes: &[],
        id_kind: "",
        id_system: "",
        other_ids: &[],
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at_ns(seconds * 1_000))).unwrap()
}

/// An order of two hats that a system places then.
fn placed(n: u8, system: &str, order: &str, at_s: i64) -> SpanRecord<'static> {
    let span = SpanBuilder::internal(trace(n), n, system).at(at_s * 1_000, 5);
    span.key("order", order).line("HAT", "", "2").worth("19.90", "EUR").milestone("order.placed").build()
}

/// The ERP knows the order by a number of its own.
fn exported(n: u8, order: &str, at_s: i64) -> [SpanRecord<'static>; 2] {
    let number = format!("D-{n}");
    let created = SpanBuilder::internal(trace(n), n, "oms").at(at_s * 1_000 - 500, 5);
    let booked = SpanBuilder::internal(trace(n + 1), n, "erp").at(at_s * 1_000, 5);
    let booked = booked.key("erp_doc", &number).milestone("order.exported").build();
    [created.key("order", order).key("erp_doc", &number).build(), booked]
}

async fn drift(database: &Database, now_s: i64) -> DriftNow {
    let last = "SELECT toUnixTimestamp64Milli(max(stored_at)) FROM readings";
    let last_ms = database.number(last).await.try_into().unwrap();
    let pairs = Pairs::new(&[sync()]).unwrap();
    let evaluator = Evaluator::open(database.client(), pairs.clone(), SyncMetrics::default());
    evaluator.await.unwrap().catch_up(last_ms).await.unwrap();
    let view = SyncView::new(database.client(), pairs).with_flows(flows());
    let reply = view.sync(Range::new(at(0), at(1_000)).unwrap(), None, 10, at(now_s)).await.unwrap();
    let [drift] = &reply.drifts[..] else { panic!("{:?}", reply.drifts) };
    drift.clone()
}

/// Orders in flight, what they explain, and what they do not.
fn explained(drift: &DriftNow) -> (u64, &str, &str, bool) {
    let in_flight = drift.in_flight.as_ref().unwrap();
    (in_flight.orders, &in_flight.explained, &in_flight.unexplained, in_flight.settled)
}

/// Open orders, their money, and those named.
fn endangered(drift: &DriftNow) -> (u64, Vec<String>, Vec<String>) {
    let endangered = drift.endangered.as_ref().unwrap();
    let money = endangered.money.iter().map(|money| format!("{} {}", money.amount, money.currency)).collect();
    (endangered.orders, money, endangered.first.iter().map(ToString::to_string).collect())
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

/// Rules of which alerts fire now, and who is hit.
async fn firing(database: &Database, now_s: i64) -> Vec<(String, String)> {
    let yaml = "rules:
- {name: Any, for: 0s, drift: {sync: stock}}
- {name: Two, for: 0s, drift: {sync: stock, over: {units: '2'}}}
- {name: Together, for: 0s, drift: {sync: stock, each: target, over: {units: '2'}}}";
    let settings: AlertSettings = ordertrace_config::parse(yaml, "test").unwrap();
    let rules = Rules::new(&settings, &[sync()]).unwrap();
    let evaluator = AlertEvaluator::new(database.client(), rules, AlertMetrics::default());
    let evaluator = evaluator.naming(LinesView::new(database.client(), flows()));
    assert_eq!(evaluator.round_at(at(now_s).as_millisecond()).await.unwrap(), 0);
    let wanted = Wanted { state: Some(AlertState::Firing), limit: 100, ..Wanted::default() };
    let firing = Ledger::new(database.client()).list(&wanted).await.unwrap();
    let mut rules: Vec<(String, String)> = firing.into_iter().map(|alert| (alert.rule, alert.hit)).collect();
    rules.sort();
    rules
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_in_flight_explain_a_drift_until_they_are_exported() {
    let database = Database::start().await;
    let [main, east] = [stock("wms", "main", "10", 0), stock("wms", "east", "5", 0)];
    database.readings(vec![main, east, stock("web", "", "15", 0)]).await.unwrap();
    database.spans(vec![placed(1, "web", "A-1", 100), placed(2, "web", "A-2", 110)]).await.unwrap();
    database.spans(vec![placed(3, "market", "A-3", 105)]).await.unwrap();
    database.readings(vec![stock("web", "", "11", 120)]).await.unwrap();
    let found = drift(&database, 130).await;
    assert_eq!(explained(&found), (2, "-4", "0", true), "the market's order is not the web's");
    assert_eq!(endangered(&found).0, 3, "whoever took it");
    assert_eq!(firing(&database, 130).await, []);

    // The web loses three units more: that is no order's.
    database.readings(vec![stock("web", "", "8", 140)]).await.unwrap();
    let found = drift(&database, 150).await;
    assert_eq!(explained(&found), (2, "-4", "-3", false));
    let hit = "3 open orders, 59.70 EUR: order:A-2, order:A-3, order:A-1";
    let all = ["Any", "Together", "Two"].map(|rule| (rule.to_owned(), hit.to_owned()));
    assert_eq!(firing(&database, 150).await, all);

    // One is exported, under a number of the ERP's: the WMS as it is known has not heard.
    database.spans(exported(10, "A-1", 160).to_vec()).await.unwrap();
    assert_eq!(explained(&drift(&database, 170).await), (2, "-4", "-3", false));
    database.readings(vec![stock("wms", "main", "8", 165)]).await.unwrap();
    let found = drift(&database, 170).await;
    assert_eq!((found.difference.as_deref(), explained(&found)), (Some("-5"), (1, "-2", "-3", false)));

    // What is cancelled is in nobody's way.
    let cancelled = SpanBuilder::internal(trace(20), 20, "oms").at(180_000, 5).key("order", "A-2");
    database.spans(vec![cancelled.milestone("order.cancelled").build()]).await.unwrap();
    let found = drift(&database, 190).await;
    assert_eq!(endangered(&found), (2, texts(["39.80 EUR"]), texts(["order:A-3", "order:A-1"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_touched_a_sku_are_listed() {
    let database = Database::start().await;
    database.spans(vec![placed(1, "web", "A-1", 100), placed(2, "web", "A-2", 110)]).await.unwrap();
    let shipped = SpanBuilder::internal(trace(3), 3, "wms").at(120_000, 5).key("order", "A-1");
    let shipped = shipped.line("HAT", "main", "2").milestone("shipment.created").build();
    let delivered = SpanBuilder::internal(trace(4), 4, "wms").at(130_000, 5).key("order", "A-1");
    database.spans(vec![shipped, delivered.milestone("order.delivered").build()]).await.unwrap();
    let view = LinesView::new(database.client(), flows());
    let range = Range::new(at(0), at(1_000)).unwrap();
    let all = view.orders("HAT", range, 10).await.unwrap();
    let lines: Vec<(String, bool, Option<&str>, usize)> = all
        .orders
        .iter()
        .map(|order| (order.order.to_string(), order.open, order.units.as_deref(), order.seen.len()))
        .collect();
    assert_eq!(lines, [("order:A-1".to_owned(), false, Some("2"), 2), ("order:A-2".to_owned(), true, Some("2"), 1)]);
    let last = all.orders[0].seen.last().unwrap();
    assert_eq!((last.milestone.as_deref(), last.location.as_deref()), (Some("shipment.created"), Some("main")));
    assert!(!all.more);
    let first = view.orders("HAT", range, 1).await.unwrap();
    assert_eq!((first.orders.len(), first.more), (1, true));
    assert_eq!(view.orders("HAT", Range::new(at(0), at(105)).unwrap(), 9).await.unwrap().orders.len(), 1);
    assert!(view.orders("BELT", range, 9).await.unwrap().orders.is_empty());
    let hats = ["main", "east"].map(|place| vec![("HAT".to_owned(), place.to_owned())]);
    let hits = view.hits(&[&hats[..], &[vec![("BELT".to_owned(), String::new())]]].concat(), at(200)).await.unwrap();
    let texts: Vec<String> = hits.iter().map(|hit| hit.first.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(texts, ["order:A-2", "order:A-2", ""], "nobody says where its goods are");
}
