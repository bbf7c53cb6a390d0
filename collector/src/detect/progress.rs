use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::finding::DetectionProgress;
use tracing::instrument;

use super::watches::FEED;

/// How far detection has come, in whichever collector.
///
/// # Errors
/// When ClickHouse does not answer.
#[instrument(name = "SELECT progress", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "watches"))]
pub async fn progress(client: &Client) -> clickhouse::error::Result<DetectionProgress> {
    let (kind, value, system) = FEED;
    let looked_until_ns = client
        .query(
            "SELECT toUnixTimestamp64Nano(argMax(due_at, updated_at)) FROM watches
             WHERE kind = ? AND value = ? AND system = ? HAVING count() > 0",
        )
        .bind(kind)
        .bind(value)
        .bind(system)
        .fetch_optional::<i64>()
        .await?;
    let unseen_since_ms = client
        .query(
            "SELECT toUnixTimestamp64Milli(min(stored_at)) FROM activity
             WHERE stored_at > fromUnixTimestamp64Nano(?, 'UTC') AND reached HAVING count() > 0",
        )
        .bind(looked_until_ns.unwrap_or(0))
        .fetch_optional::<i64>()
        .await?;
    Ok(DetectionProgress {
        looked_until: looked_until_ns.and_then(|ns| Timestamp::from_nanosecond(i128::from(ns)).ok()),
        unseen_since: unseen_since_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
    })
}
