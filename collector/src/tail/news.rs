use std::collections::BTreeMap;

use clickhouse::{Client, Row};
use ordertrace_api::keys::Key;
use serde::Deserialize;
use tracing::instrument;

use crate::storage::key_of;

/// Rows read for one page.
const MOST_ROWS: usize = 500;

/// What arrives together, of which only the last time is known, happened within a minute: exporters do not
/// keep it longer.
const TOGETHER_NS: i64 = 60_000_000_000;

/// In which journeys something happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// A key of each, and since when what happened may be new: nanoseconds since the Unix epoch.
    pub since: BTreeMap<Key, i64>,
    /// Up to when they were read, when there is more.
    pub until_ms: Option<i64>,
}

#[derive(Debug, Row, Deserialize)]
struct NewsRow {
    stored_at_ms: i64,
    at_ns: i64,
    kind: String,
    value: String,
    system: String,
}

/// ClickHouse's clock.
pub(super) async fn now_ms(client: &Client) -> clickhouse::error::Result<i64> {
    client.query("SELECT toUnixTimestamp64Milli(now64(3))").fetch_one().await
}

/// What was stored after `after_ms`, up to `until_ms`.
#[instrument(name = "SELECT activity", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "activity"))]
pub(super) async fn read(client: &Client, after_ms: i64, until_ms: i64) -> clickhouse::error::Result<News> {
    let rows = client
        .query(&format!(
            "SELECT toUnixTimestamp64Milli(stored_at) AS stored_at_ms, toUnixTimestamp64Nano(at) AS at_ns, kind, value, system
             FROM activity
             WHERE stored_at > fromUnixTimestamp64Milli(?, 'UTC') AND stored_at <= fromUnixTimestamp64Milli(?, 'UTC')
             ORDER BY stored_at LIMIT {MOST_ROWS} WITH TIES"
        ))
        .bind(after_ms)
        .bind(until_ms)
        .fetch_all::<NewsRow>()
        .await?;
    let mut news = News::default();
    if rows.len() >= MOST_ROWS {
        news.until_ms = rows.last().map(|row| row.stored_at_ms);
    }
    for row in rows {
        let since_ns = row.at_ns.saturating_sub(TOGETHER_NS);
        let earliest_ns = news.since.entry(key_of(row.kind, row.value, row.system)).or_insert(since_ns);
        *earliest_ns = since_ns.min(*earliest_ns);
    }
    Ok(news)
}
