//! Retention is set where it differs and taken away where it is no longer wanted.

use ordertrace_collector::storage::{GroupLimits, Retention, Storage};
use ordertrace_collector::store::Store;
use ordertrace_otlp::Signal;

use crate::support::{Database, SpanBuilder, at_ns, batch, trace};

async fn ttl(database: &Database, table: &str) -> Option<String> {
    let ddl: String = database
        .client()
        .query("SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = ?")
        .bind(table)
        .fetch_one()
        .await
        .unwrap();
    let (_, ttl) = ddl.split_once(" TTL ")?;
    ttl.split(" SETTINGS").next().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_follows_the_settings() {
    let database = Database::start().await;
    assert_eq!(ttl(&database, "spans").await, None);
    for (days, expected) in [
        (30, Some("toDateTime(started_at) + toIntervalDay(30)")),
        (30, Some("toDateTime(started_at) + toIntervalDay(30)")),
        (7, Some("toDateTime(started_at) + toIntervalDay(7)")),
        (0, None),
    ] {
        let retention = Retention { journeys_days: days, ..Retention::default() };
        let reopened = Storage::open(database.connection(), GroupLimits::default(), retention).await;
        reopened.unwrap();
        assert_eq!(ttl(&database, "spans").await.as_deref(), expected, "{days} days");
        assert_eq!(ttl(&database, "events").await, None);
    }
}

/// When a span started so many days ago, in the form of the tests' times.
fn days_ago_ms(days: i64) -> i64 {
    let now_ns = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos()).unwrap();
    (now_ns - at_ns(0)) / 1_000_000 - days * 24 * 60 * 60 * 1_000
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_with_a_wrong_clock_takes_nobody_along_when_its_time_is_over() {
    let database = Database::start().await;
    let retention = Retention { journeys_days: 90, ..Retention::default() };
    let storage = Storage::open(database.connection(), GroupLimits::default(), retention).await.unwrap();
    let span = |id, days| {
        let span = SpanBuilder::internal(trace(1), id, "oms").at(days_ago_ms(days), 10);
        span.key("order", "A-1").line("HAT", "", "1").build()
    };
    storage.spans(batch(Signal::Traces, "one"), &[span(1, 0), span(2, 1_000), span(3, 0)]).await.unwrap();
    for table in ["spans", "keys", "order_lines"] {
        database.execute(&format!("OPTIMIZE TABLE {table} FINAL")).await;
    }
    assert_eq!(database.number("SELECT count() FROM span_details").await, 2);
    assert_eq!(database.number("SELECT count() FROM keys WHERE value = 'A-1'").await, 1);
    assert_eq!(database.number("SELECT count() FROM order_lines").await, 2);
}
