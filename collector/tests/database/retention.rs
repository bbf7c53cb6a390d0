//! Retention is set where it differs and taken away where it is no longer wanted.

use ordertrace_collector::storage::{GroupLimits, Retention, Storage};

use crate::support::Database;

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
