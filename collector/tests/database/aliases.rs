//! Readings that say another id than a SKU: joined to it once it is known, and told until then.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ordertrace_api::keys::Key;
use ordertrace_api::reading::Entity;
use ordertrace_api::sync::SyncReply;
use ordertrace_collector::moment::Range;
use ordertrace_collector::record::{ReadingRecord, SkuId};
use ordertrace_collector::settings::{AliasSettings, SyncSettings};
use ordertrace_collector::storage::now_ms;
use ordertrace_collector::sync::{Aliases, Evaluator, Pairs, SyncMetrics, SyncView};

use crate::support::{Database, SpanBuilder, at_ns, trace};

fn pairs() -> Pairs {
    let text = "[{name: stock, entity: inventory, source: wms, targets: [{system: shop}]}]";
    let settings: Vec<SyncSettings> = ordertrace_config::parse(text, "s").unwrap();
    Pairs::new(&settings).unwrap()
}

/// The SKUs that the configuration gives variants of the shop.
fn configured(skus: &[(&str, &str)]) -> Aliases {
    let skus: BTreeMap<String, String> = skus.iter().map(|(id, sku)| ((*id).to_owned(), (*sku).to_owned())).collect();
    let entry = AliasSettings { system: "shop".to_owned(), kind: "variant".to_owned(), skus, file: None };
    Aliases::load(&[entry]).unwrap()
}

async fn evaluator(database: &Database, aliases: Aliases) -> Evaluator {
    Evaluator::open(database.client(), pairs(), SyncMetrics::default()).await.unwrap().knowing(aliases)
}

/// Takes in what is stored by now, and waits until what comes next is later.
async fn catch_up(database: &Database, evaluator: &mut Evaluator) {
    let until_ms = now_ms(&database.client()).await.unwrap();
    evaluator.catch_up(until_ms).await.unwrap();
    while now_ms(&database.client()).await.unwrap() <= until_ms {}
}

fn stock(system: &'static str, sku: &'static str, value: &'static str, at_s: i64) -> ReadingRecord<'static> {
    ReadingRecord {
        entity: Entity::Inventory,
        system,
        subject: sku,
        id_kind: "",
        id_system: "",
        other_ids: &[],
        location: "",
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

/// What the shop says of a variant.
fn variant(id: &'static str, value: &'static str, at_s: i64) -> ReadingRecord<'static> {
    ReadingRecord { id_kind: "variant", id_system: "shop", ..stock("shop", id, value, at_s) }
}

async fn view(database: &Database) -> SyncReply {
    let at = |second: i64| Timestamp::from_nanosecond(i128::from(at_ns(second * 1_000))).unwrap();
    let range = Range::new(at(0), at(1_000)).unwrap();
    SyncView::new(database.client(), pairs()).sync(range, None, 100, at(500)).await.unwrap()
}

/// SKU and difference of what differs.
fn drifts(reply: &SyncReply) -> Vec<(String, String)> {
    reply.drifts.iter().map(|drift| (drift.subject.clone(), drift.difference.clone().unwrap())).collect()
}

/// Id, what it is taken for, and what else it was told to be.
fn unclear(reply: &SyncReply) -> Vec<(String, Option<String>, Option<String>)> {
    reply.ids.examples.iter().map(|id| (id.value.clone(), id.sku.clone(), id.other.clone())).collect()
}

fn of(sku: &str, difference: &str) -> (String, String) {
    (sku.to_owned(), difference.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_under_an_id_counts_once_its_sku_is_seen() {
    let database = Database::start().await;
    let mut evaluator = evaluator(&database, Aliases::default()).await;
    database.readings(vec![stock("wms", "HAT", "9", 0), variant("7", "9", 1), variant("7", "5", 10)]).await.unwrap();
    database.readings(vec![variant("7", "9", 5)]).await.unwrap();
    catch_up(&database, &mut evaluator).await;
    let reply = view(&database).await;
    assert_eq!((drifts(&reply), reply.ids.unresolved, reply.ids.contradicting), (vec![], 1, 0));
    assert_eq!(unclear(&reply), [("7".to_owned(), None, None)]);

    // Long after it is seen that an order was for both.
    let span = SpanBuilder::internal(trace(1), 1, "shop").weak("sku", "HAT");
    let key = Key::within("variant", "7", "shop").unwrap();
    database.spans(vec![span.weak_key(&key).build()]).await.unwrap();
    catch_up(&database, &mut evaluator).await;
    let reply = view(&database).await;
    assert_eq!(drifts(&reply), [of("HAT", "-4")], "the newest reading of before");
    assert_eq!((reply.ids.unresolved, unclear(&reply)), (0, vec![]));

    database.readings(vec![variant("7", "9", 20)]).await.unwrap();
    catch_up(&database, &mut evaluator).await;
    assert_eq!(drifts(&view(&database).await), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_configured_goes_before_what_was_told_and_a_contradiction_is_told() {
    let database = Database::start().await;
    let mut first = evaluator(&database, Aliases::default()).await;
    let told = |sku: &'static str, at_s| {
        let other_ids: &[SkuId<'_>] = &[SkuId { kind: "variant", system: "shop", value: "7" }];
        ReadingRecord { other_ids, ..stock("pim", sku, "0", at_s) }
    };
    database.readings(vec![stock("wms", "HAT", "9", 0), stock("wms", "CAP", "9", 0)]).await.unwrap();
    database
        .readings(vec![told("CAP", 30), told("HAT", 10), variant("7", "5", 40), variant("8", "3", 40)])
        .await
        .unwrap();
    catch_up(&database, &mut first).await;
    let reply = view(&database).await;
    assert_eq!(drifts(&reply), [of("CAP", "-4")], "the one that was told last");
    assert_eq!((reply.ids.unresolved, reply.ids.contradicting), (1, 1));
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(unclear(&reply), [("7".to_owned(), some("CAP"), some("HAT")), ("8".to_owned(), None, None)]);

    // Somebody writes down what they are: what was read of 8 counts though nothing new is read.
    drop(first);
    let mut second = evaluator(&database, configured(&[("7", "HAT"), ("8", "MUG")])).await;
    database.readings(vec![stock("wms", "MUG", "9", 50), variant("7", "6", 50)]).await.unwrap();
    catch_up(&database, &mut second).await;
    let reply = view(&database).await;
    let mut differ = drifts(&reply);
    differ.sort();
    assert_eq!(differ, [of("CAP", "-4"), of("HAT", "-3"), of("MUG", "-6")], "what was read as a CAP stays one");
    assert_eq!((reply.ids.unresolved, reply.ids.contradicting), (0, 1));
    assert_eq!(unclear(&reply), [("7".to_owned(), some("HAT"), some("CAP"))]);
    assert!(reply.ids.examples[0].configured);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_under_an_id_counts_once_its_sku_is_configured() {
    let database = Database::start().await;
    let mut first = evaluator(&database, Aliases::default()).await;
    database.readings(vec![stock("wms", "MUG", "9", 0), variant("8", "3", 40), variant("9", "1", 40)]).await.unwrap();
    catch_up(&database, &mut first).await;
    assert_eq!(view(&database).await.ids.unresolved, 2);
    // It was taken in so long ago that it is not looked at again.
    database.execute("INSERT INTO sync_progress (until) SELECT now64(3) + INTERVAL 1 HOUR").await;
    let mut second = evaluator(&database, configured(&[("8", "MUG")])).await;
    catch_up(&database, &mut second).await;
    let reply = view(&database).await;
    assert_eq!((drifts(&reply), reply.ids.unresolved), (vec![of("MUG", "-6")], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_evaluators_that_end_early_join_the_same() {
    let database = Database::start().await;
    let mut both = (evaluator(&database, Aliases::default()).await, evaluator(&database, Aliases::default()).await);
    for (at_s, value) in [(1, "9"), (10, "8"), (20, "7")] {
        database.readings(vec![stock("wms", "HAT", "9", at_s), variant("7", value, at_s)]).await.unwrap();
        let until_ms = now_ms(&database.client()).await.unwrap();
        let (one, other) = tokio::join!(both.0.catch_up(until_ms), both.1.catch_up(until_ms));
        one.and(other).unwrap();
        both.0 = evaluator(&database, Aliases::default()).await;
        while now_ms(&database.client()).await.unwrap() <= until_ms {}
    }
    let pim = ReadingRecord {
        other_ids: &[SkuId { kind: "variant", system: "shop", value: "7" }],
        ..stock("pim", "HAT", "0", 30)
    };
    database.readings(vec![pim]).await.unwrap();
    let until_ms = now_ms(&database.client()).await.unwrap();
    let (one, other) = tokio::join!(both.0.catch_up(until_ms), both.1.catch_up(until_ms));
    one.and(other).unwrap();
    let reply = view(&database).await;
    assert_eq!((drifts(&reply), reply.ids.unresolved), (vec![of("HAT", "-2")], 0));
}
