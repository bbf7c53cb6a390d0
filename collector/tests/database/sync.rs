//! Readings in, lags and drifts out.

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::reading::{Entity, StockState};
use ordertrace_api::sync::{AgeNow, DriftNow, SyncReply};
use ordertrace_collector::moment::Range;
use ordertrace_collector::record::ReadingRecord;
use ordertrace_collector::settings::{SyncSettings, SyncTargetSettings};
use ordertrace_collector::storage::drop_over;
use ordertrace_collector::sync::{Evaluator, Pairs, SyncMetrics, SyncView, Taken};

use crate::support::{Database, at_ns};

fn target(system: &str, floor_s: u64) -> SyncTargetSettings {
    SyncTargetSettings {
        system: system.to_owned(),
        tolerance: "0".to_owned(),
        tolerance_percent: "0".to_owned(),
        units_each: "1".to_owned(),
        floor: ordertrace_config::Duration::from_secs(floor_s),
        in_flight: None,
    }
}

/// Stock from the WMS to two channels, of which one takes a minute; prices from the PIM.
fn pairs() -> Pairs {
    let sync = |name: &str, entity, source: &str, targets| SyncSettings {
        name: name.to_owned(),
        entity,
        state: StockState::Available,
        source: source.to_owned(),
        targets,
    };
    let stock = sync("stock", Entity::Inventory, "wms", vec![target("web", 0), target("market", 60)]);
    Pairs::new(&[stock, sync("prices", Entity::Price, "pim", vec![target("web", 0)])]).unwrap()
}

fn stock(system: &'static str, sku: &'static str, value: &'static str, at_s: i64) -> ReadingRecord<'static> {
    ReadingRecord {
        entity: Entity::Inventory,
        system,
        subject: sku,
        id_kind: "",
        id_system: "",
        other_ids: &[],
        location: "main",
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
    }
}

fn price(system: &'static str, channel: &'static str, value: &'static str, at_s: i64) -> ReadingRecord<'static> {
    let reading = stock(system, "HAT", value, at_s);
    ReadingRecord { entity: Entity::Price, location: "", state: "", channel, currency: "EUR", ..reading }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at_ns(seconds * 1_000))).unwrap()
}

async fn view(database: &Database, now_s: i64) -> SyncReply {
    let range = Range::new(at(0), at(1_000_000)).unwrap();
    SyncView::new(database.client(), pairs()).sync(range, None, 100, at(now_s)).await.unwrap()
}

/// Target, subject, what differs, since when in seconds, whether it is late.
fn lines(drifts: &[DriftNow]) -> Vec<(String, Option<&str>, i64, bool)> {
    let seconds = |drift: &DriftNow| drift.since.duration_since(at(0)).as_secs();
    let line = |drift: &DriftNow| format!("{} {} {}", drift.sync, drift.target, drift.subject);
    drifts.iter().map(|drift| (line(drift), drift.difference.as_deref(), seconds(drift), drift.late)).collect()
}

/// When the last reading was stored.
async fn last_ms(database: &Database) -> i64 {
    database.number("SELECT toUnixTimestamp64Milli(max(stored_at)) FROM readings").await.try_into().unwrap()
}

async fn evaluator(database: &Database) -> Evaluator {
    Evaluator::open(database.client(), pairs(), SyncMetrics::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_target_does_not_show_drifts_until_it_does() {
    let database = Database::start().await;
    let mut evaluator = evaluator(&database).await;
    let systems = ["wms", "web", "market"];
    database.readings(systems.map(|system| stock(system, "HAT", "10", 0)).to_vec()).await.unwrap();
    database.readings(vec![price("pim", "", "9.5", 0), price("web", "web", "9.5", 0)]).await.unwrap();
    evaluator.catch_up(last_ms(&database).await).await.unwrap();
    let reply = view(&database, 10).await;
    assert!(reply.drifts.is_empty(), "{:?}", reply.drifts);

    // Nothing arrives at the targets: it is seen from the source alone, and grows.
    drop(evaluator);
    database.readings(vec![stock("wms", "HAT", "7", 20), price("pim", "", "8.25", 30)]).await.unwrap();
    let mut evaluator = self::evaluator(&database).await;
    evaluator.catch_up(last_ms(&database).await).await.unwrap();
    let reply = view(&database, 50).await;
    let waiting = [
        ("stock market HAT".to_owned(), Some("3"), 20, false),
        ("stock web HAT".to_owned(), Some("3"), 20, true),
        ("prices web HAT".to_owned(), Some("1.25"), 30, true),
    ];
    assert_eq!(lines(&reply.drifts), waiting);
    let lag = reply.lags.iter().find(|lag| lag.target == "market").unwrap();
    assert_eq!((lag.waiting, lag.late, lag.oldest), (1, 0, Some(at(20))));
    assert!(lines(&view(&database, 81).await.drifts)[0].3, "longer than its vendor says");

    // Another change before the first has arrived; then both arrive.
    database.readings(vec![stock("wms", "HAT", "6", 60), stock("web", "HAT", "6", 65)]).await.unwrap();
    evaluator.catch_up(last_ms(&database).await).await.unwrap();
    let reply = view(&database, 100).await;
    assert_eq!(lines(&reply.drifts)[0], ("stock market HAT".to_owned(), Some("4"), 20, true));
    let lag = reply.lags.iter().find(|lag| lag.sync == "stock" && lag.target == "web").unwrap();
    assert_eq!((lag.waiting, lag.max_ms), (0, Some(45_000.0)), "since the first change");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_evaluators_and_late_readings_change_nothing() {
    let database = Database::start().await;
    let mut both = (evaluator(&database).await, evaluator(&database).await);
    for (value, at_s) in [("10", 0), ("7", 20), ("3", 40)] {
        database.readings(vec![stock("wms", "HAT", value, at_s), stock("web", "HAT", value, at_s + 5)]).await.unwrap();
        // Told again, and out of order.
        database.readings(vec![stock("web", "HAT", "10", 1), stock("wms", "HAT", value, at_s)]).await.unwrap();
        let last_ms = last_ms(&database).await;
        let (one, other) = tokio::join!(both.0.catch_up(last_ms), both.1.catch_up(last_ms));
        one.and(other).unwrap();
        both.0 = evaluator(&database).await;
    }
    let reply = view(&database, 50).await;
    assert!(reply.drifts.is_empty(), "{:?}", reply.drifts);
    let lag = reply.lags.iter().find(|lag| lag.sync == "stock" && lag.target == "web").unwrap();
    assert_eq!(
        (lag.arrived, lag.p50_ms, lag.max_ms),
        (2, Some(5_000.0), Some(5_000.0)),
        "the first value is no change"
    );
    let longer = SignedDuration::from_secs(1);
    let none = SyncView::new(database.client(), pairs())
        .sync(Range::new(at(100), at(100) + longer).unwrap(), None, 9, at(50))
        .await
        .unwrap();
    assert_eq!(none.lags.iter().map(|lag| (lag.arrived, lag.p50_ms)).collect::<Vec<_>>(), [(0, None); 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_often_a_drift_came_back_is_counted_for_seven_days() {
    let database = Database::start().await;
    let mut both = (evaluator(&database).await, evaluator(&database).await);
    let changes = [("10", 0, 0, 0), ("7", 20, 25, 70), ("6", 100, 200, 200)];
    for (value, wms_s, web_s, market_s) in changes {
        let told = [("wms", wms_s), ("web", web_s), ("market", market_s)];
        database.readings(told.map(|(system, at_s)| stock(system, "HAT", value, at_s)).to_vec()).await.unwrap();
        let last_ms = last_ms(&database).await;
        let (one, other) = tokio::join!(both.0.catch_up(last_ms), both.1.catch_up(last_ms));
        one.and(other).unwrap();
    }
    database.readings(vec![stock("wms", "HAT", "4", 300), stock("wms", "SCARF", "9", 300)]).await.unwrap();
    database.readings(vec![stock("web", "SCARF", "8", 300)]).await.unwrap();
    both.0.catch_up(last_ms(&database).await).await.unwrap();
    let drifts = view(&database, 310).await.drifts;
    let line = |drift: &DriftNow| (drift.target.clone(), drift.subject.clone(), drift.past, drift.past_late);
    let lines = |drifts: &[DriftNow]| drifts.iter().map(line).collect::<Vec<_>>();
    let of = |target: &str, subject: &str, past, late| (target.to_owned(), subject.to_owned(), past, late);
    // The market may take a minute.
    let expected = [of("market", "HAT", 2, 1), of("web", "HAT", 2, 2), of("web", "SCARF", 0, 0)];
    assert_eq!(lines(&drifts), expected);
    assert_eq!(drifts[0].percent.as_deref(), Some("50"), "6 instead of 4");
    let week_s = 7 * 86_400;
    let later = view(&database, week_s + 100).await.drifts;
    assert_eq!(lines(&later)[..2], [of("market", "HAT", 1, 1), of("web", "HAT", 1, 1)], "the first was a week ago");
    assert_eq!(lines(&view(&database, week_s + 201).await.drifts)[1].2, 0);
}

/// A feed that was made at that time, and told of ten seconds later.
fn feed(name: &'static str, made_s: i64) -> ReadingRecord<'static> {
    ReadingRecord {
        entity: Entity::Feed,
        location: "",
        state: "",
        changed_at_ns: at_ns(made_s * 1_000),
        ..stock("pim", name, "", made_s + 10)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_grows_old_while_none_is_made_whatever_is_compared() {
    let database = Database::start().await;
    let mut evaluator = evaluator(&database).await.taking(Taken::Ages);
    let index = ReadingRecord { entity: Entity::SearchIndex, ..feed("products", 300) };
    // Told late and again.
    let readings = vec![feed("shopping", 100), index, feed("shopping", 0), feed("shopping", 100)];
    database.readings(readings).await.unwrap();
    database.readings(vec![stock("wms", "HAT", "7", 20), stock("web", "HAT", "3", 20)]).await.unwrap();
    evaluator.catch_up(last_ms(&database).await).await.unwrap();
    assert_eq!(database.number("SELECT count() FROM copies WHERE entity = 'inventory'").await, 0, "nobody needs it");
    let line = |age: &AgeNow| (age.entity, age.name.clone(), age.age_ms, age.told_at);
    let of = |reply: &SyncReply| reply.ages.iter().map(line).collect::<Vec<_>>();
    let shopping = |age_ms| (Entity::Feed, "shopping".to_owned(), age_ms, at(110));
    let products = |age_ms| (Entity::SearchIndex, "products".to_owned(), age_ms, at(310));
    assert_eq!(of(&view(&database, 400).await), [shopping(300_000), products(100_000)]);
    assert_eq!(of(&view(&database, 4_000).await), [shopping(3_900_000), products(3_700_000)]);
    let nothing = Pairs::new(&[]).unwrap();
    let range = Range::new(at(0), at(1_000)).unwrap();
    let reply = SyncView::new(database.client(), nothing).sync(range, Some("products"), 9, at(400)).await.unwrap();
    assert_eq!((reply.lags.len(), of(&reply)), (0, vec![products(100_000)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_dropped_and_what_is_open_stays() {
    let database = Database::start().await;
    let mut evaluator = evaluator(&database).await;
    let all = |value: &'static str, at_s: i64, systems: &[&'static str]| -> Vec<ReadingRecord<'static>> {
        let skus = ["HAT", "SCARF"].into_iter();
        skus.flat_map(|sku| systems.iter().map(move |system| stock(system, sku, value, at_s))).collect()
    };
    database.readings(all("10", 0, &["wms", "web", "market"])).await.unwrap();
    database.readings(all("7", 20, &["wms"])).await.unwrap();
    evaluator.catch_up(last_ms(&database).await).await.unwrap();
    database.readings(all("7", 30, &["web"])).await.unwrap();
    evaluator.catch_up(last_ms(&database).await).await.unwrap();
    let (client, before) = (database.client(), view(&database, 50).await);
    assert_eq!(before.drifts.len(), 2);
    drop_over(&client, "drifts", 1_000).await.unwrap();
    let over = "SELECT count() FROM drifts WHERE ended != toDateTime64(0, 9, 'UTC')";
    assert_eq!(database.number(over).await, 2, "too few to be worth it");
    drop_over(&client, "drifts", 1).await.unwrap();
    assert_eq!(database.number("SELECT count() FROM drifts").await, 2);
    assert_eq!(view(&database, 50).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluator_that_is_behind_takes_nothing_back() {
    let database = Database::start().await;
    let mut evaluator = evaluator(&database).await;
    database.readings(["wms", "web"].map(|system| stock(system, "HAT", "10", 0)).to_vec()).await.unwrap();
    database.readings(vec![stock("wms", "HAT", "7", 20)]).await.unwrap();
    evaluator.catch_up(last_ms(&database).await).await.unwrap();
    // It read what was there before anything was, and was held up before it wrote.
    let stale = "INSERT INTO sync_subjects SELECT id, entity, subject, '[[],[]]', until - 1 FROM sync_subjects";
    database.execute(stale).await;
    database.readings(vec![stock("web", "HAT", "7", 25)]).await.unwrap();
    evaluator.catch_up(last_ms(&database).await).await.unwrap();
    let reply = view(&database, 50).await;
    let lag = reply.lags.iter().find(|lag| lag.target == "web").unwrap();
    assert_eq!((reply.drifts.len(), lag.arrived, lag.max_ms), (0, 1, Some(5_000.0)));
}
