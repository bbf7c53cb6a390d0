//! A real SQLite file.

use std::path::Path;

use ordertrace_api::attributes;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use tempfile::TempDir;

use crate::polling::{Polling, failed, ok, outcome, reason};

async fn database(dir: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(dir.join("erp.db")).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    let table = "create table stock (sku text, qty text, cents integer, changed text);
        insert into stock values ('A', '5', 1230, '2026-11-22 05:00:00'), ('B', '7.50', 5, '2026-11-22 05:01:00.250')";
    run(&mut connection, table).await;
    connection
}

async fn run(connection: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

fn polls(query: &str, more: &str) -> String {
    format!(
        "
- name: erp-stock
  system: erp
  interval: 100ms
  timeout: 10s
  source: {{sqlite: {{file: DIR/erp.db, query: \"{query}\", {more}}}}}
  readings:
  - entity: inventory
    columns: {{sku: sku, value: qty, changed_at: changed}}
"
    )
}

const CURSOR: &str = "cursor: {column: changed, kind: time}";

#[tokio::test]
async fn only_what_is_new_is_read_also_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let mut database = database(dir.path()).await;
    let mut polling = Polling::start(dir, &polls("select * from stock", CURSOR)).await;
    polling.wait_for_values(&["A=5", "B=7.50"]).await;
    assert_eq!(polling.readings()[1][attributes::CHANGED_AT], "2026-11-22T05:01:00.25Z");
    let poll = polling.wait_for_another_poll().await;
    // Of the newest moment there may be more to come: it is looked at again.
    assert_eq!((outcome(&poll), poll[attributes::POLL_READINGS].as_str()), ("ok", "1"), "{poll:?}");
    polling.restart().await;
    run(&mut database, "insert into stock values ('C', '1', 1, '2026-11-22T05:02:00Z')").await;
    polling.wait_for_values(&["C=1"]).await;
    assert_eq!(polling.values().iter().filter(|value| *value == "A=5").count(), 1, "{:?}", polling.values());
    polling.stop().await;
}

#[tokio::test]
async fn a_cursor_that_goes_backwards_is_told_and_waits_for_a_decision() {
    let dir = TempDir::new().unwrap();
    let mut database = database(dir.path()).await;
    let mut polling = Polling::start(dir, &polls("select * from stock", CURSOR)).await;
    polling.wait_for_values(&["B=7.50"]).await;
    run(&mut database, "delete from stock; insert into stock values ('A', '9', 1, '2026-11-01 00:00:00')").await;
    let poll = polling.wait_for_poll(failed).await;
    let state = polling.path("spool/polls/erp-stock.json");
    for told in ["went backwards", "2026-11-22 05:01:00.25", "2026-11-01 00:00:00", state.to_str().unwrap()] {
        assert!(reason(&poll).contains(told), "{told}: {poll:?}");
    }
    assert!(failed(&polling.wait_for_another_poll().await), "it does not pass by itself");
    // What it says to do helps.
    let agent = polling.agent.take().unwrap();
    agent.stop().await;
    std::fs::remove_file(state).unwrap();
    polling.restart().await;
    polling.wait_for_values(&["A=9"]).await;
    polling.stop().await;
}

#[tokio::test]
async fn more_rows_than_are_read_at_once_come_poll_by_poll() {
    let dir = TempDir::new().unwrap();
    let mut database = database(dir.path()).await;
    run(&mut database, "insert into stock values ('C', '1', 1, '2026-11-22 05:02:00')").await;
    let polling = Polling::start(dir, &polls("select * from stock", &format!("rows_limit: 2, {CURSOR}"))).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert_eq!(outcome(&poll), "late", "{poll:?}");
    assert!(reason(&poll).contains("2 rows (rows_limit)"), "{poll:?}");
    polling.wait_for_poll(ok).await;
    polling.wait_for_values(&["A=5", "B=7.50", "C=1"]).await;
    polling.stop().await;
}

#[tokio::test]
async fn a_query_without_end_ends_with_the_timeout_and_the_next_poll_begins_anew() {
    let dir = TempDir::new().unwrap();
    let _database = database(dir.path()).await;
    let endless = "with recursive n(i) as (select 1 union all select i + 1 from n) \
        select 'A' as sku, max(i) as qty, null as changed from n";
    let polls = polls(endless, "").replace("timeout: 10s", "timeout: 500ms");
    let polling = Polling::start(dir, &polls).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert!(failed(&poll), "{poll:?}");
    let told = reason(&poll);
    assert!(told.contains("no end within 500 ms") || told.contains("interrupted"), "{poll:?}");
    let poll = polling.wait_for_another_poll().await;
    assert!(poll[attributes::POLL_DURATION_MS].parse::<u64>().unwrap() < 5000, "{poll:?}");
    polling.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let polling = Polling::start(TempDir::new().unwrap(), &polls("select * from stock", "")).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert!(failed(&poll) && reason(&poll).contains("there is no file"), "{poll:?}");
    assert!(!polling.path("erp.db").exists(), "it is not made");
    let _database = database(polling.dir.path()).await;
    polling.wait_for_values(&["A=5"]).await;
    polling.stop().await;
    let dir = TempDir::new().unwrap();
    let _database = database(dir.path()).await;
    let polling = Polling::start(dir, &polls("select sku, cents, changed from stock", "")).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert!(failed(&poll) && reason(&poll).contains("qty"), "{poll:?}");
    polling.stop().await;
}
