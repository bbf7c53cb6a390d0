use std::collections::{BTreeMap, BTreeSet};

use clickhouse::{Client, Row};
use ordertrace_api::keys::Key;
use serde::Deserialize;
use tracing::instrument;

use crate::storage::key_of;

/// Rows may become visible this much later than their time of arrival says: a group is inserted
/// table by table, and nodes have clocks of their own.
const LATE_MS: i64 = 15_000;

/// Rows in one reading.
const MOST_ROWS: usize = 100_000;

/// In which journeys something happened, in the order of arrival.
#[derive(Debug)]
pub(super) struct Feed {
    client: Client,
    /// Up to when everything was read, in milliseconds since the Unix epoch, by ClickHouse's clock.
    until_ms: i64,
    /// Whether that is all there was.
    complete: bool,
    /// Milestones told of within the time in which something may still turn up.
    recent: BTreeMap<i64, BTreeSet<Key>>,
}

#[derive(Debug, Row, Deserialize)]
struct NewsRow {
    stored_at_ms: i64,
    kind: String,
    value: String,
    system: String,
    reached: bool,
}

/// What the feed tells.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Keys of journeys in which a milestone was reached.
    pub reached: BTreeSet<Key>,
    /// Keys of journeys in which anything else happened: it may have joined two of them.
    pub touched: BTreeSet<Key>,
    /// When the first of what was reached was stored, in milliseconds since the Unix epoch, by ClickHouse's
    /// clock.
    pub oldest_ms: Option<i64>,
    /// Whether there is more to be read at once.
    pub more: bool,
}

impl Feed {
    /// A feed from `until_ms` on.
    pub(super) fn new(client: Client, until_ms: i64) -> Self {
        Self { client, until_ms, complete: true, recent: BTreeMap::new() }
    }

    /// Up to when everything was read.
    pub(super) fn until_ms(&self) -> i64 {
        self.until_ms
    }

    /// What was not told before; most of what arrives reaches nothing, and is read only when somebody
    /// `cares` for it.
    #[instrument(name = "SELECT activity", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "activity"))]
    pub(super) async fn news(&mut self, cares: bool) -> clickhouse::error::Result<News> {
        let mut news = News::default();
        // What turns up late is looked for when nothing else is left to be read.
        let late_ms = if self.complete { LATE_MS } else { 0 };
        let rows = self
            .client
            .query(&format!(
                "SELECT toUnixTimestamp64Milli(stored_at) AS stored_at_ms, kind, value, system, max(activity.reached) AS reached
                 FROM activity
                 WHERE stored_at >= fromUnixTimestamp64Milli(?, 'UTC')
                    AND (activity.reached OR ? AND stored_at > fromUnixTimestamp64Milli(?, 'UTC'))
                 GROUP BY stored_at, kind, value, system ORDER BY stored_at LIMIT {MOST_ROWS} WITH TIES"
            ))
            .bind(self.until_ms.saturating_sub(late_ms).max(0))
            .bind(cares)
            .bind(self.until_ms)
            .fetch_all::<NewsRow>()
            .await?;
        news.more = rows.len() >= MOST_ROWS;
        self.complete = !news.more;
        for row in rows {
            self.until_ms = self.until_ms.max(row.stored_at_ms);
            let key = key_of(row.kind, row.value, row.system);
            if !row.reached {
                news.touched.insert(key);
            } else if self.recent.entry(row.stored_at_ms).or_default().insert(key.clone()) {
                news.oldest_ms.get_or_insert(row.stored_at_ms);
                news.reached.insert(key);
            }
        }
        // What is older is not read again.
        self.recent = self.recent.split_off(&self.until_ms.saturating_sub(LATE_MS));
        Ok(news)
    }
}
