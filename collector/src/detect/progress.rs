use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::finding::DetectionProgress;
use tracing::instrument;

use super::watches::{FEED, SYSTEMS};
use crate::moment::timestamp;

/// How far detection has come, in whichever collector.
///
/// # Errors
/// When ClickHouse does not answer.
#[instrument(name = "SELECT progress", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "watches"))]
pub async fn progress(client: &Client) -> clickhouse::error::Result<DetectionProgress> {
    let told = client
        .query(
            "SELECT value, toUnixTimestamp64Nano(argMax(due_at, updated_at)) FROM watches
             WHERE (kind, value, system) IN ? GROUP BY value",
        )
        .bind([FEED, SYSTEMS])
        .fetch_all::<(String, i64)>()
        .await?;
    let told_ns = |row: (&str, &str, &str)| told.iter().find(|(value, _)| value == row.1).map(|(_, ns)| *ns);
    let looked_until_ns = told_ns(FEED);
    let unseen_since_ms = client
        .query(
            "SELECT toUnixTimestamp64Milli(min(stored_at)) FROM activity
             WHERE stored_at > fromUnixTimestamp64Nano(?, 'UTC') AND reached HAVING count() > 0",
        )
        .bind(looked_until_ns.unwrap_or(0))
        .fetch_optional::<i64>()
        .await?;
    Ok(DetectionProgress {
        looked_until: looked_until_ns.map(timestamp),
        unseen_since: unseen_since_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        systems_looked_at: told_ns(SYSTEMS).map(timestamp),
    })
}
