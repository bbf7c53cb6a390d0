use std::collections::HashMap;

use clickhouse::{Client, Row};
use jiff::Timestamp;
use ordertrace_api::sync::{UnclearId, UnclearIds};
use serde::{Deserialize, Serialize};
use tracing::instrument;

use super::foreign::ForeignId;
use super::verdict::Verdict;
use crate::moment::timestamp;
use crate::sync::copy::Read;
use crate::sync::ledger::{READ, ReadRow};

type Result<T> = clickhouse::error::Result<T>;

/// Ids that are shown as examples.
const EXAMPLES: usize = 100;

/// Ids without a SKU that are looked at when the configuration may say more than before.
const MOST_IDS: usize = 1_000_000;

/// What is stored of aliases, and of ids that are not clear.
#[derive(Clone, Debug)]
pub(in crate::sync) struct Ledger(Client);

#[derive(Debug, Row, Deserialize)]
struct IdRow {
    kind: String,
    system: String,
    value: String,
}

#[derive(Debug, Row, Deserialize)]
struct ToldRow {
    kind: String,
    system: String,
    value: String,
    sku: String,
}

/// An id that is not clear, or was not.
#[derive(Clone, Debug, Row, Serialize, Deserialize)]
pub(super) struct UnclearRow {
    kind: String,
    system: String,
    value: String,
    reader: String,
    sku: String,
    other: String,
    configured: bool,
    /// When it was last read.
    pub(super) at: i64,
}

#[derive(Debug, Row, Deserialize)]
struct CountRow {
    unresolved: u64,
    contradicting: u64,
}

/// The ids that are not clear now.
const UNCLEAR: &str = "(SELECT * FROM unclear_ids FINAL WHERE sku = '' OR other != '') AS unclear";

impl Ledger {
    pub(in crate::sync) fn new(client: Client) -> Self {
        // Where tables are spread over a cluster, what was written is there.
        Self(client.with_setting("distributed_foreground_insert", "1"))
    }

    /// The SKUs that were told of each of these ids, the newest first.
    #[instrument(name = "SELECT aliases", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "aliases"))]
    pub(super) async fn told(&self, ids: &[&ForeignId]) -> Result<HashMap<ForeignId, Vec<String>>> {
        let query = "SELECT kind, system, value, sku FROM aliases WHERE (kind, system, value) IN ?
             GROUP BY kind, system, value, sku ORDER BY max(at) DESC, sku";
        let mut told: HashMap<ForeignId, Vec<String>> = HashMap::new();
        for row in self.0.query(query).bind(tuples(ids)).fetch_all::<ToldRow>().await? {
            let ToldRow { kind, system, value, sku } = row;
            told.entry(ForeignId { kind, system, value }).or_default().push(sku);
        }
        Ok(told)
    }

    /// What is kept of these ids.
    #[instrument(name = "SELECT unclear_ids", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "unclear_ids"))]
    pub(super) async fn kept(&self, ids: &[&ForeignId]) -> Result<HashMap<ForeignId, UnclearRow>> {
        let query = "SELECT kind, system, value, reader, sku, other, configured, at FROM unclear_ids FINAL
             WHERE (kind, system, value) IN ?";
        let rows = self.0.query(query).bind(tuples(ids)).fetch_all::<UnclearRow>().await?;
        Ok(rows.into_iter().map(|row| (row.id(), row)).collect())
    }

    /// Writes what is to be kept of ids.
    #[instrument(name = "INSERT unclear_ids", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "unclear_ids"))]
    pub(super) async fn keep(&self, rows: &[UnclearRow]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = self.0.insert::<UnclearRow>("unclear_ids").await?;
        for row in rows {
            insert.write(row).await?;
        }
        insert.end().await
    }

    /// Ids without a SKU of which one was told after `after_ms` and up to `until_ms`, by ClickHouse's clock.
    #[instrument(name = "SELECT unclear_ids that were told", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "unclear_ids"))]
    pub(super) async fn told_since(&self, after_ms: i64, until_ms: i64) -> Result<Vec<ForeignId>> {
        let query = format!(
            "SELECT kind, system, value FROM {UNCLEAR}
             WHERE sku = '' AND (kind, system, value) GLOBAL IN (
                SELECT kind, system, value FROM aliases
                WHERE stored_at > fromUnixTimestamp64Milli(?, 'UTC') AND stored_at <= fromUnixTimestamp64Milli(?, 'UTC'))"
        );
        let rows = self.0.query(&query).bind(after_ms).bind(until_ms).fetch_all::<IdRow>().await?;
        Ok(rows.into_iter().map(IdRow::into_id).collect())
    }

    /// Ids without a SKU.
    #[instrument(name = "SELECT unclear_ids without SKU", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "unclear_ids"))]
    pub(super) async fn unresolved(&self) -> Result<Vec<ForeignId>> {
        let query = format!("SELECT kind, system, value FROM {UNCLEAR} WHERE sku = '' LIMIT {MOST_IDS}");
        let rows = self.0.query(&query).fetch_all::<IdRow>().await?;
        Ok(rows.into_iter().map(IdRow::into_id).collect())
    }

    /// What each system read last of each item under these ids.
    #[instrument(name = "SELECT readings of ids", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "readings"))]
    pub(super) async fn newest(&self, ids: &[&ForeignId]) -> Result<Vec<(ForeignId, Read)>> {
        let query = format!(
            "SELECT {READ} FROM readings
             WHERE readings.entity IN ('inventory', 'price', 'product') AND (id_kind, id_system, subject) IN ?
                AND subject IN ?
             ORDER BY toUInt64OrZero(version) DESC, if(toUnixTimestamp64Nano(changed_at) > 0, changed_at, readings.at) DESC, value DESC
             LIMIT 1 BY readings.entity, id_kind, id_system, subject, location, channel, currency, state, field, system"
        );
        let values: Vec<&str> = ids.iter().map(|id| id.value.as_str()).collect();
        let rows = self.0.query(&query).bind(tuples(ids)).bind(values).fetch_all::<ReadRow>().await?;
        Ok(rows.into_iter().filter_map(ReadRow::into_foreign).collect())
    }

    /// The ids that are not clear now: how many, and some of them.
    #[instrument(name = "SELECT unclear_ids in all", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "unclear_ids"))]
    pub(in crate::sync) async fn unclear(&self) -> Result<UnclearIds> {
        let query =
            format!("SELECT countIf(sku = '') AS unresolved, countIf(other != '') AS contradicting FROM {UNCLEAR}");
        let CountRow { unresolved, contradicting } = self.0.query(&query).fetch_one().await?;
        let query = format!(
            "SELECT kind, system, value, reader, sku, other, configured, at FROM {UNCLEAR}
             ORDER BY at DESC, kind, system, value LIMIT {EXAMPLES}"
        );
        let rows = self.0.query(&query).fetch_all::<UnclearRow>().await?;
        Ok(UnclearIds { unresolved, contradicting, examples: rows.into_iter().map(UnclearRow::into_id_now).collect() })
    }
}

fn tuples<'i>(ids: &[&'i ForeignId]) -> Vec<(&'i str, &'i str, &'i str)> {
    ids.iter().map(|id| (id.kind.as_str(), id.system.as_str(), id.value.as_str())).collect()
}

impl IdRow {
    fn into_id(self) -> ForeignId {
        let Self { kind, system, value } = self;
        ForeignId { kind, system, value }
    }
}

impl UnclearRow {
    pub(super) fn new(id: &ForeignId, reader: &str, verdict: &Verdict, at_ns: i64) -> Self {
        let ForeignId { kind, system, value } = id.clone();
        let Verdict { sku, other, is_configured } = verdict.clone();
        Self { kind, system, value, reader: reader.to_owned(), sku, other, configured: is_configured, at: at_ns }
    }

    fn id(&self) -> ForeignId {
        ForeignId { kind: self.kind.clone(), system: self.system.clone(), value: self.value.clone() }
    }

    /// What it was taken for.
    pub(super) fn verdict(&self) -> Verdict {
        Verdict { sku: self.sku.clone(), other: self.other.clone(), is_configured: self.configured }
    }

    fn into_id_now(self) -> UnclearId {
        let known = |text: String| Some(text).filter(|text| !text.is_empty());
        let at: Timestamp = timestamp(self.at);
        UnclearId {
            kind: self.kind,
            value: self.value,
            system: self.reader,
            sku: known(self.sku),
            other: known(self.other),
            configured: self.configured,
            at,
        }
    }
}
