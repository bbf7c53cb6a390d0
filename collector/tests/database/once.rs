//! Each batch counts once in every table and rollup, whoever sends it again, to whichever
//! collector, and wherever storing it was cut off before.

use std::time::Duration;

use ordertrace_collector::record::{Content, SpanRecord};
use ordertrace_collector::storage::Storage;
use ordertrace_collector::store::{Store, Stored, Unavailable};
use ordertrace_otlp::Signal;

use crate::support::{Database, SpanBuilder, batch, trace};

/// A call with a key, goods and a milestone: rows in every table that spans have rows in.
fn call(n: u8) -> Vec<SpanRecord<'static>> {
    let call = SpanBuilder::proxy(trace(n), n, "storefront", "payments", "POST /pay").at(i64::from(n), 10);
    vec![call.key("order", &format!("A-{n}")).line("HAT", "main", "2").milestone("payment.captured").build()]
}

async fn store(storage: &Storage, body: &str, n: u8) -> Result<Stored, Unavailable> {
    storage.spans(batch(Signal::Traces, body), &call(n)).await
}

/// Sends a batch until it is answered for good, as senders do.
async fn deliver(storage: &Storage, body: &str, n: u8) -> Stored {
    loop {
        match store(storage, body, n).await {
            Ok(stored) => return stored,
            Err(unavailable) => tokio::time::sleep(unavailable.retry_after.min(Duration::from_millis(300))).await,
        }
    }
}

/// Asserts that so many calls are stored, each once, in all tables.
async fn assert_once(database: &Database, calls: u64) {
    for (table, count) in [
        ("spans", "count()"),
        ("spans", "uniqExact(trace_id)"),
        ("keys", "count()"),
        ("loose_ends", "count()"),
        ("order_lines", "count()"),
        ("handoffs_per_minute", "sum(attempts)"),
        ("surface", "sum(calls)"),
        ("activity", "count()"),
        ("audit", "sum(items)"),
        ("batches", "countIf(step = 'settled')"),
    ] {
        assert_eq!(database.number(&format!("SELECT {count} FROM {table}")).await, calls, "{count} of {table}");
    }
}

/// Waits until a query answers this number.
async fn until(database: &Database, sql: &str, expected: u64) {
    let reached = async {
        while database.number(sql).await != expected {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reached).await.expect(sql);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_sent_again_adds_nothing() {
    let database = Database::start().await;
    assert_eq!(store(&database.storage, "one", 1).await.unwrap(), Stored::First);
    assert_eq!(store(&database.storage, "one", 1).await.unwrap(), Stored::Before);
    let another = database.another().await;
    assert_eq!(store(&another, "one", 1).await.unwrap(), Stored::Before, "to a collector that never saw it");
    assert!(another.is_stored(Content::of(b"one")).await.unwrap(), "it remembers");
    assert_once(&database, 1).await;
    until(&database, "SELECT count() FROM frozen", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_among_others_does_not_keep_them_out() {
    let database = Database::start().await;
    store(&database.storage, "one", 1).await.unwrap();
    let another = database.another().await;
    let (repeat, fresh) = tokio::join!(store(&another, "one", 1), store(&another, "two", 2));
    assert_eq!(repeat.unwrap(), Stored::Before);
    let unavailable = fresh.expect_err("it came in the repeat's company");
    assert!(unavailable.retry_after < Duration::from_secs(1));
    assert_eq!(store(&another, "two", 2).await.unwrap(), Stored::First);
    assert_once(&database, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_collectors_may_be_sent_the_same() {
    const BATCHES: u8 = 40;
    let database = Database::start().await;
    let (second, third) = (database.another().await, database.another().await);
    let to = |storage: &'static Storage| async move {
        let all = (1..=BATCHES).map(|n| async move { deliver(storage, &format!("batch {n}"), n).await });
        futures::future::join_all(all).await
    };
    let database: &'static Database = Box::leak(Box::new(database));
    let (second, third) = (Box::leak(Box::new(second)), Box::leak(Box::new(third)));
    tokio::join!(to(&database.storage), to(second), to(third));
    assert_once(database, u64::from(BATCHES)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_between_two_tables_is_completed_once() {
    for missing in ["keys", "handoffs_per_minute", "surface", "order_lines", "activity"] {
        let database = Database::start().await;
        database.execute(&format!("RENAME TABLE {missing} TO away")).await;
        store(&database.storage, "one", 1).await.expect_err(missing);
        assert_eq!(database.number("SELECT uniqExact(group_id) FROM frozen").await, 1, "{missing}");
        store(&database.storage, "one", 1).await.expect_err("it is on the way");
        database.execute(&format!("RENAME TABLE away TO {missing}")).await;
        until(&database, "SELECT sum(items) FROM audit", 1).await;
        assert_once(&database, 1).await;
        assert_eq!(deliver(&database.storage, "one", 1).await, Stored::Before);
        assert_once(&database, 1).await;
        until(&database, "SELECT count() FROM frozen", 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_collector_left_frozen_is_completed_when_another_starts() {
    let database = Database::start().await;
    database.execute("RENAME TABLE keys TO away").await;
    let dying = database.another().await;
    store(&dying, "one", 1).await.unwrap_err();
    drop(dying);
    database.execute("RENAME TABLE away TO keys").await;
    assert_eq!(database.number("SELECT count() FROM keys").await, 0);
    let another = database.another().await;
    until(&database, "SELECT sum(items) FROM audit", 1).await;
    assert_eq!(deliver(&another, "one", 1).await, Stored::Before);
    assert_once(&database, 1).await;
}

/// What a collector that died left: a claim of this age.
async fn claim(database: &Database, body: &str, group: &str, age_s: u32) {
    let hash = Content::of(body.as_bytes()).hash;
    let sql = format!(
        "INSERT INTO batches (batch, group_id, collector, step, at)
         VALUES (unhex('{hash:032x}'), '{group}', generateUUIDv4(), 'claimed', now64(3) - {age_s})"
    );
    database.execute(&sql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_stands_in_the_way_for_a_while_and_is_then_given_up_for_good() {
    let database = Database::start().await;
    let (young, old) = ("018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002");
    claim(&database, "one", young, 0).await;
    claim(&database, "two", old, 60).await;
    store(&database.storage, "one", 1).await.unwrap_err();
    assert_eq!(store(&database.storage, "two", 2).await.unwrap(), Stored::First);
    let given_up = format!("SELECT count() FROM frozen WHERE group_id = '{old}' AND position = 0");
    assert_eq!(database.number(&given_up).await, 1);
    // The old group's collector was only slow and freezes it now.
    let late = format!(
        "INSERT INTO frozen (group_id, collector, position, table_name)
         SETTINGS insert_deduplication_token = '{old}' VALUES ('{old}', generateUUIDv4(), 1, 'spans')"
    );
    database.execute(&late).await;
    let frozen = format!("SELECT count() FROM frozen WHERE group_id = '{old}' AND position > 0");
    assert_eq!(database.number(&frozen).await, 0, "it comes second");
    assert_once(&database, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_another_collector_has_begun_with_keeps_others_out_once() {
    let database = Database::start().await;
    claim(&database, "one", "018f0000-0000-7000-8000-000000000001", 0).await;
    let storage = &database.storage;
    let (begun, beside) = tokio::join!(store(storage, "one", 1), store(storage, "two", 2));
    begun.expect_err("another has begun with it");
    beside.expect_err("it came in its company");
    // From now on it is looked up first and told to come again before it joins a group.
    let asked = storage.is_stored(Content::of(b"one")).await.expect_err("another has begun with it");
    assert!(asked.reason.contains("on its way"), "{asked}");
    assert!(!storage.is_stored(Content::of(b"two")).await.unwrap());
    assert_eq!(store(storage, "two", 2).await.unwrap(), Stored::First);
    assert_once(&database, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_items_are_in_the_audit_once() {
    let database = Database::start().await;
    let mut refused = batch(Signal::Logs, "refused");
    refused.refused = &[("time", 3)];
    for _ in 0..2 {
        database.storage.events(refused, &[]).await.unwrap();
    }
    let another = database.another().await;
    another.events(refused, &[]).await.unwrap();
    assert_eq!(database.number("SELECT sum(items) FROM audit").await, 3);
    let audit = "SELECT sum(items) FROM audit WHERE signal = 'logs' AND sender = 'shop' AND outcome = 'time'";
    assert_eq!(database.number(audit).await, 3);
}
