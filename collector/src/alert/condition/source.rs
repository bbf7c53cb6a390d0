//! What conditions read: what is known now, or was at a past time.

use std::borrow::Cow;

use clickhouse::Client;
use clickhouse::query::Query;
use tracing::instrument;

use crate::alert::scope::Scope;
use crate::detect;
use crate::sync::{MOST_SKUS, OPEN, open_at};

/// Where conditions read.
#[derive(Clone)]
pub(in crate::alert) struct Source {
    pub(super) client: Client,
    pub(super) findings: detect::Ledger,
    /// Only what was known then, milliseconds since the Unix epoch by ClickHouse's clock; `None` = all.
    known_ms: Option<i64>,
}

/// Open drifts of a sync and a scope; [`Source::bind_items`] binds it, and [`Source::open`] before it.
pub(super) const ITEMS: &str = "
    sync = ? AND (empty(?) OR target IN ?) AND (empty(?) OR location IN ?) AND (empty(?) OR channel IN ?)
    AND (empty(?) OR arrayExists(pattern -> open.subject LIKE pattern, ?))";

/// Of a system's readings the last by its own counting where it counts, else by time: what makes a copy.
const NEWEST: &str =
    "(toUInt64OrZero(version), if(changed_at > fromUnixTimestamp64Nano(0, 'UTC'), changed_at, at), value)";

impl Source {
    /// All that is known.
    pub(in crate::alert) fn new(client: Client) -> Self {
        Self { findings: detect::Ledger::new(client.clone()), client, known_ms: None }
    }

    /// What was known at a time, milliseconds since the Unix epoch by ClickHouse's clock.
    pub(in crate::alert) fn at(client: Client, known_ms: i64) -> Self {
        let findings = detect::Ledger::new(client.clone()).at(known_ms);
        Self { client, findings, known_ms: Some(known_ms) }
    }

    /// The drifts that have not ended, as `open`.
    pub(super) fn open(&self) -> Cow<'static, str> {
        self.known_ms.map_or(OPEN.into(), |known_ms| open_at(known_ms).into())
    }

    /// Binds what [`open`](Self::open) and then [`ITEMS`] want.
    pub(super) fn bind_items(&self, query: Query, sync: &str, scope: &Scope) -> Query {
        let query = if self.known_ms.is_some() { query.bind(sync) } else { query };
        scope.bind(query.bind(sync))
    }

    /// SKUs and locations that differ in a target of a sync and of which something was said together with an order, those
    /// that differ longest first.
    #[instrument(name = "SELECT drifts with orders", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    pub(in crate::alert) async fn differing(
        &self,
        (sync, scope): (&str, &Scope),
        target: &str,
    ) -> clickhouse::error::Result<Vec<(String, String)>> {
        let items = format!("FROM {} WHERE {ITEMS} AND open.target = ?", self.open());
        // Drifts may be many, and lines are more: these are looked up by SKU.
        let query = format!(
            "SELECT open.subject, open.location {items} AND open.subject GLOBAL IN
                (SELECT sku FROM order_lines WHERE sku GLOBAL IN (SELECT open.subject {items}))
             GROUP BY open.subject, open.location ORDER BY min(open.since), open.subject, open.location LIMIT {MOST_SKUS}"
        );
        let query = self.bind_items(self.client.query(&query), sync, scope).bind(target);
        self.bind_items(query, sync, scope).bind(target).fetch_all().await
    }

    /// The newest price in a currency, one of a few known codes, of each SKU that drifts: `priced` and `newest`.
    pub(super) fn prices(&self, currency: &str) -> String {
        let Some(known_ms) = self.known_ms else {
            return format!(
                "SELECT copies.subject AS priced, argMax(copies.value, (moment, copies.value)) AS newest
                 FROM copies FINAL
                 WHERE copies.entity = 'price' AND copies.currency = '{currency}' AND copies.subject GLOBAL IN (
                    SELECT subject FROM drifts WHERE ended = fromUnixTimestamp64Nano(0, 'UTC'))
                 GROUP BY copies.subject"
            );
        };
        format!(
            "SELECT told.subject AS priced, argMax(told.newest.3, (told.newest.2, told.newest.3)) AS newest
             FROM
             (
                SELECT subject, max({NEWEST}) AS newest
                FROM readings
                WHERE entity = 'price' AND currency = '{currency}' AND stored_at <= fromUnixTimestamp64Milli({known_ms}, 'UTC')
                    AND subject GLOBAL IN (SELECT subject FROM drifts UNION ALL SELECT subject FROM drift_history)
                GROUP BY subject, location, channel, system
             ) AS told
             GROUP BY told.subject"
        )
    }

    /// Feeds and search indexes, and when the newest of each was made.
    pub(super) fn feeds(&self) -> String {
        let Some(known_ms) = self.known_ms else {
            return "(SELECT entity, system, subject, location, channel, moment FROM copies FINAL)".to_owned();
        };
        format!(
            "(
                SELECT toString(told.entity) AS entity, system, subject, location, channel, max({NEWEST}).2 AS moment
                FROM readings AS told
                WHERE told.entity IN ('feed', 'search_index') AND stored_at <= fromUnixTimestamp64Milli({known_ms}, 'UTC')
                GROUP BY told.entity, system, subject, location, channel, currency, state, field
             )"
        )
    }

    /// What readings are known of.
    pub(super) fn is_known(&self) -> String {
        let Some(known_ms) = self.known_ms else { return "true".to_owned() };
        format!("stored_at <= fromUnixTimestamp64Milli({known_ms}, 'UTC')")
    }

    /// Subjects that may have changed: an entity, a state and since when are to be bound.
    pub(super) fn changed(&self) -> &'static str {
        if self.known_ms.is_none() {
            return "SELECT copies.subject FROM copies
                    WHERE copies.entity = ? AND copies.state = ? AND copies.since >= fromUnixTimestamp64Nano(?, 'UTC')";
        }
        // Copies are as they are now.
        "SELECT DISTINCT news.subject FROM readings AS news
         WHERE news.entity = ? AND news.state = ? AND news.at >= fromUnixTimestamp64Nano(?, 'UTC')"
    }
}
