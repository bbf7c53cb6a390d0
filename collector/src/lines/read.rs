use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use clickhouse::{Client, Row};
use ordertrace_api::keys::Key;
use serde::Deserialize;
use tracing::instrument;

use super::holder::Holder;
use crate::journey::shown;
use crate::storage::key_of;

/// SKUs in one query, whose text may be 256 KiB long.
const CHUNK: usize = 1_000;

/// Places of an order that mention a SKU, and are read.
const MENTIONS: usize = 64;

/// Reads orders by the goods on them.
#[derive(Clone)]
pub(crate) struct Lines(Client);

/// How many orders are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    /// Of each SKU, the newest.
    pub(crate) each: usize,
    /// In all.
    pub(crate) all: usize,
}

/// A place that mentions a SKU.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mentioned {
    /// Nanoseconds since the Unix epoch.
    pub(super) at: i64,
    pub(super) location: String,
    /// Decimal text; empty = it does not say.
    pub(super) units: String,
    pub(super) milestone: String,
    pub(super) seen_in: String,
    /// As they were sent.
    pub(super) amount: String,
    pub(super) currency: String,
}

/// The fields of a [`Mentioned`] in their order.
type SaidRow = (i64, String, String, String, String, String, String);

impl From<SaidRow> for Mentioned {
    fn from((at, location, units, milestone, seen_in, amount, currency): SaidRow) -> Self {
        Self { at, location, units, milestone, seen_in, amount, currency }
    }
}

#[derive(Debug, Row, Deserialize)]
struct LineRow {
    sku: String,
    kind: String,
    value: String,
    system: String,
    last_at: i64,
    said: Vec<SaidRow>,
}

/// Orders by the SKUs that they hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    orders: HashMap<String, Vec<Holder>>,
    /// SKUs of which there are more.
    cut: HashSet<String>,
    /// Whether there are more of any.
    is_cut: bool,
}

impl Held {
    /// The orders that hold a SKU, the newest first.
    pub(crate) fn of(&self, sku: &str) -> &[Holder] {
        self.orders.get(sku).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether orders that hold a SKU were left out.
    pub(crate) fn is_cut(&self, sku: &str) -> bool {
        self.is_cut || self.cut.contains(sku)
    }

    /// Of these orders, which hold that SKU.
    #[cfg(test)]
    pub(crate) fn for_test(sku: &str, orders: Vec<Holder>) -> Self {
        Self { orders: HashMap::from([(sku.to_owned(), orders)]), ..Self::default() }
    }
}

impl Lines {
    /// Of one database.
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }

    /// The orders of which something was said together with one of these SKUs from `since_ns` and before `until_ns`,
    /// nanoseconds since the Unix epoch; the newest, where these are more than `most`.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub(crate) async fn held(
        &self,
        skus: &[&str],
        (since_ns, until_ns): (i64, i64),
        most: Most,
    ) -> clickhouse::error::Result<Held> {
        let mut rows = Vec::new();
        for chunk in skus.chunks(CHUNK) {
            rows.extend(self.rows(chunk, (since_ns, until_ns), most).await?);
        }
        rows.sort_by(|one, other| (other.last_at, &one.value).cmp(&(one.last_at, &other.value)));
        let is_cut = rows.len() > most.all;
        rows.truncate(most.all);
        let mut keys: Vec<Key> = rows.iter().map(LineRow::key).collect();
        keys.sort_unstable();
        keys.dedup();
        let shown = shown(&self.0, &keys).await?;
        let mut held = Held { is_cut, ..Held::default() };
        let mut places: HashMap<(String, usize), usize> = HashMap::new();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for row in rows {
            let count = counts.entry(row.sku.clone()).or_default();
            *count += 1;
            if *count > most.each {
                held.cut.insert(row.sku);
                continue;
            }
            // What a key stands for is always there.
            let Some(shown) = shown.get(&row.key()) else { continue };
            let orders = held.orders.entry(row.sku.clone()).or_default();
            let order = Arc::as_ptr(shown) as usize;
            let place = *places.entry((row.sku, order)).or_insert(orders.len());
            if place == orders.len() {
                orders.push(Holder { shown: Arc::clone(shown), mentioned: Vec::new() });
            }
            if let Some(holder) = orders.get_mut(place) {
                holder.mentioned.extend(row.said.into_iter().map(Mentioned::from));
                holder.mentioned.sort_unstable();
            }
        }
        Ok(held)
    }

    /// SKUs that differ in a sync and of which something was said together with an order since then, nanoseconds since
    /// the Unix epoch; the newest first.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    #[instrument(name = "SELECT order_lines of drifts", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "order_lines"))]
    pub(crate) async fn differing(
        &self,
        sync: &str,
        since_ns: i64,
        most: usize,
    ) -> clickhouse::error::Result<Vec<String>> {
        let query = "SELECT sku FROM order_lines
             WHERE at >= fromUnixTimestamp64Nano(?, 'UTC') AND sku GLOBAL IN
                (SELECT subject FROM drifts FINAL WHERE sync = ? AND ended = fromUnixTimestamp64Nano(0, 'UTC'))
             GROUP BY sku ORDER BY max(at) DESC, sku LIMIT ?";
        self.0.query(query).bind(since_ns).bind(sync).bind(most as u64).fetch_all::<String>().await
    }

    #[instrument(name = "SELECT order_lines", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "order_lines"))]
    async fn rows(
        &self,
        skus: &[&str],
        (since_ns, until_ns): (i64, i64),
        most: Most,
    ) -> clickhouse::error::Result<Vec<LineRow>> {
        let query = format!(
            "SELECT sku, kind, value, system, toUnixTimestamp64Nano(max(at)) AS last_at,
                groupUniqArray({MENTIONS})((toUnixTimestamp64Nano(at), location::String, units, milestone::String,
                    seen_in::String, amount, currency::String)) AS said
             FROM order_lines
             WHERE sku IN ? AND at >= fromUnixTimestamp64Nano(?, 'UTC') AND at < fromUnixTimestamp64Nano(?, 'UTC')
             GROUP BY sku, kind, value, system
             ORDER BY last_at DESC, value LIMIT ? BY sku LIMIT ?"
        );
        let each = most.each.saturating_add(1) as u64;
        let query = self.0.query(&query).bind(skus).bind(since_ns).bind(until_ns).bind(each);
        query.bind(most.all.saturating_add(1) as u64).fetch_all::<LineRow>().await
    }
}

impl LineRow {
    fn key(&self) -> Key {
        key_of(self.kind.clone(), self.value.clone(), self.system.clone())
    }
}
