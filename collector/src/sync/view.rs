use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use clickhouse::{Client, Row};
use jiff::Timestamp;
use ordertrace_api::reading::Entity;
use ordertrace_api::sync::{AgeNow, DriftNow, SyncLag, SyncReply, UnclearIds};
use rust_decimal::Decimal;
use serde::Deserialize;
use tracing::instrument;

use super::age;
use super::alias;
use super::drift::Drift;
use super::explain::{Differing, Flights, MOST_ORDERS, MOST_SKUS};
use super::ledger::{Ledger, OPEN};
use super::pair::{Pair, Pairs};
use super::past::{Past, Pasts};
use crate::flow::Flows;
use crate::lines::{endangered, open_since};
use crate::moment::{Range, nanoseconds, timestamp};
use crate::percent;

type Result<T> = clickhouse::error::Result<T>;

/// Tells how copies stand.
#[derive(Clone)]
pub struct SyncView {
    pub(super) client: Client,
    ledger: Ledger,
    pub(super) pairs: Pairs,
    flights: Flights,
    /// How orders go; `None` = nobody says which are open.
    flows: Option<Arc<Flows>>,
}

/// Name of what is compared, and target.
type Name = (String, String);

#[derive(Debug, Row, Deserialize)]
struct ArrivedRow {
    sync: String,
    target: String,
    arrived: u64,
    lags_ms: Vec<f64>,
    max_ms: f64,
    uncertain_ms: u32,
}

#[derive(Debug, Row, Deserialize)]
struct WaitingRow {
    sync: String,
    target: String,
    waiting: u64,
    late: u64,
    oldest: i64,
    uncertain_ms: u32,
}

/// Whether a drift of a pair is late.
const IS_LATE: &str = "(sync = ? AND target = ? AND open.since < fromUnixTimestamp64Nano(?, 'UTC'))";

impl SyncView {
    /// What is compared.
    pub(crate) fn pairs(&self) -> &Pairs {
        &self.pairs
    }

    /// Of one database.
    pub fn new(client: Client, pairs: Pairs) -> Self {
        let flights = Flights::new(client.clone(), pairs.clone());
        Self { ledger: Ledger::new(client.clone()), client, pairs, flights, flows: None }
    }

    /// The same, that tells of open orders as well.
    #[must_use]
    pub fn with_flows(self, flows: Arc<Flows>) -> Self {
        Self { flows: Some(flows), ..self }
    }

    /// How these pairs stand at `now`: lags of what arrived within `range`, and at most `limit`
    /// drifts, of one subject if it is said; and how old feeds and indexes are.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn sync(&self, range: Range, subject: Option<&str>, limit: usize, now: Timestamp) -> Result<SyncReply> {
        let (ages, ids) = (self.ages(subject, now).await?, self.unclear().await?);
        if self.pairs.is_empty() {
            return Ok(SyncReply { lags: Vec::new(), drifts: Vec::new(), more: false, ages, ids });
        }
        let lags = self.lags(range, now).await?;
        let mut drifts = self.ledger.oldest(subject, limit.saturating_add(1)).await?;
        let more = drifts.len() > limit;
        drifts.truncate(limit);
        let pasts = Pasts::of(&self.client, &self.pairs, &drifts, now).await?;
        let drifts = drifts.into_iter().filter_map(|drift| self.drift(pasts.before(&drift), drift, now));
        let mut drifts: Vec<DriftNow> = drifts.collect();
        self.add_orders(&mut drifts, now).await?;
        Ok(SyncReply { lags, drifts, more, ages, ids })
    }

    /// How old feeds and indexes are at `now`, of one name if it is said.
    pub(super) async fn ages(&self, name: Option<&str>, now: Timestamp) -> Result<Vec<AgeNow>> {
        age::ages(&self.client, name, now).await
    }

    /// Ids of readings that have no SKU, or several.
    pub(super) async fn unclear(&self) -> Result<UnclearIds> {
        alias::Ledger::new(self.client.clone()).unclear().await
    }

    /// Adds what orders say of drifts: of those of the first SKUs.
    async fn add_orders(&self, drifts: &mut [DriftNow], now: Timestamp) -> Result<()> {
        let mut skus: BTreeSet<String> = BTreeSet::new();
        let has_sku = |drift: &&mut DriftNow| {
            let is_wanted =
                drift.entity != Entity::OrderStatus && (skus.contains(&drift.subject) || skus.len() < MOST_SKUS);
            if is_wanted {
                skus.insert(drift.subject.clone());
            }
            is_wanted
        };
        let mut drifts: Vec<&mut DriftNow> = drifts.iter_mut().filter(has_sku).collect();
        let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
        if skus.is_empty() {
            return Ok(());
        }
        let held = self.flights.lines.held(&skus, open_since(now), MOST_ORDERS).await?;
        let differing: Vec<Differing<'_>> = drifts.iter().map(|drift| differing(drift)).collect();
        let explained = self.flights.explain(&differing, &held, nanoseconds(now)).await?;
        for (drift, in_flight) in drifts.iter_mut().zip(explained) {
            drift.in_flight = in_flight;
            let of = (drift.subject.as_str(), drift.location.as_str());
            drift.endangered = self.flows.as_ref().map(|flows| endangered(&held, [of], flows));
        }
        Ok(())
    }

    /// How the pairs stand at `now`, and the lags of what arrived within `range`.
    pub(super) async fn lags(&self, range: Range, now: Timestamp) -> Result<Vec<SyncLag>> {
        if self.pairs.is_empty() {
            return Ok(Vec::new());
        }
        let arrived = self.arrived(range).await?;
        let waiting = self.waiting(now).await?;
        let lags = self.pairs.iter().map(|pair| {
            let name = (pair.sync.clone(), pair.target.clone());
            lag(pair, arrived.get(&name), waiting.get(&name))
        });
        Ok(lags.collect())
    }

    #[instrument(name = "SELECT sync_lags", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "sync_lags"))]
    async fn arrived(&self, range: Range) -> Result<HashMap<Name, ArrivedRow>> {
        let rows = self
            .client
            .query(
                "SELECT sync, target, count() AS arrived, quantiles(0.5, 0.95, 0.99)(lag_ms) AS lags_ms,
                    max(lag_ms) AS max_ms, max(uncertain) AS uncertain_ms
                 FROM
                 (
                    SELECT sync, target, (toUnixTimestamp64Nano(ended) - toUnixTimestamp64Nano(since)) / 1e6 AS lag_ms,
                        sync_lags.uncertain_ms AS uncertain
                    FROM sync_lags FINAL
                    WHERE ended >= fromUnixTimestamp64Nano(?, 'UTC') AND ended < fromUnixTimestamp64Nano(?, 'UTC')
                 )
                 GROUP BY sync, target",
            )
            .bind(nanoseconds(range.since()))
            .bind(nanoseconds(range.until()))
            .fetch_all::<ArrivedRow>()
            .await?;
        Ok(rows.into_iter().map(|row| ((row.sync.clone(), row.target.clone()), row)).collect())
    }

    #[instrument(name = "SELECT drifts by pair", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    async fn waiting(&self, now: Timestamp) -> Result<HashMap<Name, WaitingRow>> {
        let late: Vec<&str> = self.pairs.iter().map(|_| IS_LATE).collect();
        let query = format!(
            "SELECT sync, target, count() AS waiting, countIf({}) AS late,
                toUnixTimestamp64Nano(min(open.since)) AS oldest, max(open.uncertain_ms) AS uncertain_ms
             FROM {OPEN}
             GROUP BY sync, target",
            late.join(" OR ")
        );
        let mut query = self.client.query(&query);
        for pair in self.pairs.iter() {
            query = query.bind(&pair.sync).bind(&pair.target).bind(late_before_ns(pair, now));
        }
        let rows = query.fetch_all::<WaitingRow>().await?;
        Ok(rows.into_iter().map(|row| ((row.sync.clone(), row.target.clone()), row)).collect())
    }

    /// `None` for what is not compared any more.
    fn drift(&self, past: Past, drift: Drift, now: Timestamp) -> Option<DriftNow> {
        let pair = self.pairs.iter().find(|pair| pair.sync == drift.sync && pair.target == drift.target)?;
        Some(DriftNow {
            percent: percent_of(&drift),
            entity: drift.item.subject.entity,
            subject: drift.item.subject.name,
            location: drift.item.location,
            channel: drift.item.channel,
            currency: drift.item.currency,
            field: drift.item.field,
            sync: drift.sync,
            source: pair.source.clone(),
            source_value: drift.source_value,
            target: drift.target,
            target_value: drift.target_value,
            difference: Some(drift.difference).filter(|text| !text.is_empty()),
            since: timestamp(drift.since_ns),
            uncertain_ms: drift.uncertain_ms,
            late: drift.since_ns < late_before_ns(pair, now),
            past: past.drifts,
            past_late: past.late,
            doubtful: false,
            in_flight: None,
            endangered: None,
        })
    }
}

/// Of what the source says; `None` of 0, and of what is no number.
fn percent_of(drift: &Drift) -> Option<String> {
    let number = |text: &str| Decimal::from_str_exact(text).ok();
    percent::of(number(&drift.difference)?, number(&drift.source_value)?).map(|percent| percent.to_string())
}

fn differing(drift: &DriftNow) -> Differing<'_> {
    Differing {
        sync: &drift.sync,
        target: &drift.target,
        subject: &drift.subject,
        location: &drift.location,
        source_value: &drift.source_value,
        difference: drift.difference.as_deref().unwrap_or_default(),
    }
}

/// What began earlier and goes on at `now` is late.
fn late_before_ns(pair: &Pair, now: Timestamp) -> i64 {
    nanoseconds(now).saturating_sub(pair.floor_ns)
}

fn lag(pair: &Pair, arrived: Option<&ArrivedRow>, waiting: Option<&WaitingRow>) -> SyncLag {
    let quantile = |at: usize| arrived.and_then(|row| row.lags_ms.get(at).copied());
    SyncLag {
        sync: pair.sync.clone(),
        entity: pair.entity,
        source: pair.source.clone(),
        target: pair.target.clone(),
        arrived: arrived.map_or(0, |row| row.arrived),
        p50_ms: quantile(0),
        p95_ms: quantile(1),
        p99_ms: quantile(2),
        max_ms: arrived.map(|row| row.max_ms),
        waiting: waiting.map_or(0, |row| row.waiting),
        late: waiting.map_or(0, |row| row.late),
        oldest: waiting.map(|row| timestamp(row.oldest)),
        uncertain_ms: waiting.map_or(0, |row| row.uncertain_ms).max(arrived.map_or(0, |row| row.uncertain_ms)),
        doubts: Vec::new(),
    }
}
