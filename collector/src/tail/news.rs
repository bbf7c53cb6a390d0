use std::collections::BTreeMap;

use clickhouse::{Client, Row};
use ordertrace_api::keys::Key;
use serde::Deserialize;
use tracing::instrument;

use super::cursor::Cursor;
use crate::storage::key_of;

/// Rows read for one page.
const MOST_ROWS: usize = 500;

/// What arrives together, of which only the last time is known, happened within a minute: exporters do not
/// keep it longer.
const TOGETHER_NS: i64 = 60_000_000_000;

/// In which journeys something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// A key of each, and since when what happened may be new: nanoseconds since the Unix epoch.
    pub since: BTreeMap<Key, i64>,
    /// Up to where they were read.
    pub next: Cursor,
    /// Whether there is more at once.
    pub more: bool,
}

#[derive(Debug, Row, Deserialize)]
struct NewsRow {
    stored_at_ms: i64,
    at_ns: i64,
    kind: String,
    value: String,
    system: String,
}

/// What was stored from `after` on, up to `until_ms`.
#[instrument(name = "SELECT activity", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "activity"))]
pub(super) async fn read(client: &Client, after: Cursor, until_ms: i64) -> clickhouse::error::Result<News> {
    let rows = client
        .query(&format!(
            "SELECT toUnixTimestamp64Milli(stored_at) AS stored_at_ms, toUnixTimestamp64Nano(at) AS at_ns, kind, value, system
             FROM activity
             WHERE stored_at >= fromUnixTimestamp64Milli(?, 'UTC') AND stored_at <= fromUnixTimestamp64Milli(?, 'UTC')
             ORDER BY stored_at, value, kind, system, at LIMIT {MOST_ROWS} OFFSET ?"
        ))
        .bind(after.ms())
        .bind(until_ms)
        .bind(after.rows())
        .fetch_all::<NewsRow>()
        .await?;
    let next = after.past(rows.iter().map(|row| row.stored_at_ms));
    let mut news = News { since: BTreeMap::new(), next, more: rows.len() >= MOST_ROWS };
    for row in rows {
        let since_ns = row.at_ns.saturating_sub(TOGETHER_NS);
        let earliest_ns = news.since.entry(key_of(row.kind, row.value, row.system)).or_insert(since_ns);
        *earliest_ns = since_ns.min(*earliest_ns);
    }
    Ok(news)
}
