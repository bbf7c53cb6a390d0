//! In which journeys something happened last.

use clickhouse::{Client, Row};
use jiff::Timestamp;
use ordertrace_api::keys::Key;
use serde::Deserialize;
use tracing::instrument;

use crate::moment::nanoseconds;
use crate::storage::key_of;

/// Spans may be ahead of the clock by a day at most, so nothing arrives earlier than this
/// before it happened.
const AHEAD_MS: i64 = 24 * 60 * 60 * 1000;

/// The latest news under one key of a journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Activity {
    /// A strong key; a journey may have several with news.
    pub(crate) key: Key,
    /// When it was stored, by ClickHouse's clock, in milliseconds since the Unix epoch.
    pub(super) stored_at_ms: i64,
    /// How long ago that was.
    pub(super) age_ms: i64,
}

#[derive(Debug, Row, Deserialize)]
struct ActivityRow {
    kind: String,
    value: String,
    system: String,
    stored_at_ms: i64,
    age_ms: i64,
}

impl From<ActivityRow> for Activity {
    fn from(row: ActivityRow) -> Self {
        Self { key: key_of(row.kind, row.value, row.system), stored_at_ms: row.stored_at_ms, age_ms: row.age_ms }
    }
}

/// The keys of which something happened from `since` and before `until`, at most `limit`,
/// those with news last first.
#[instrument(name = "SELECT activity", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "activity"))]
pub(crate) async fn recent(
    client: &Client,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: usize,
) -> clickhouse::error::Result<Vec<Activity>> {
    let rows = client
        .query(
            "SELECT kind, value, system, toUnixTimestamp64Milli(stored_at) AS stored_at_ms,
                toUnixTimestamp64Milli(now64(3)) - stored_at_ms AS age_ms
             FROM activity
             WHERE at >= fromUnixTimestamp64Nano(?, 'UTC') AND at < fromUnixTimestamp64Nano(?, 'UTC')
                AND stored_at >= fromUnixTimestamp64Milli(?, 'UTC')
             ORDER BY stored_at DESC LIMIT 1 BY kind, value, system LIMIT ?",
        )
        .bind(since.map_or(0, nanoseconds))
        .bind(until.map_or(i64::MAX, nanoseconds))
        .bind(since.map_or(0, |since| since.as_millisecond().saturating_sub(AHEAD_MS).max(0)))
        .bind(limit as u64)
        .fetch_all::<ActivityRow>()
        .await?;
    Ok(rows.into_iter().map(Activity::from).collect())
}
