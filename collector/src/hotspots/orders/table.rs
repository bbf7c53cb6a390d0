use std::collections::{BTreeMap, BTreeSet};

use clickhouse::error::Result;
use clickhouse::{Client, Row};
use ordertrace_api::keys::Key;
use serde::{Deserialize, Serialize};
use tracing::instrument;

use super::cost::{Cost, HandoffKind, Place};
use crate::storage::key_of;

/// Minutes sealed with one statement.
const SEALED_AT_ONCE: usize = 30;

/// Rows may become visible this much later than the time that they bear.
const LATE_S: u32 = 15;

/// The tables of what orders spent.
#[derive(Clone)]
pub(super) struct Table(Client);

#[derive(Debug, Row, Serialize, Deserialize)]
struct SpentRow {
    minute: u32,
    journey: String,
    handoff_to: String,
    handoff_from: String,
    operation: String,
    gone: bool,
    earlier: u32,
    handoffs: u32,
    waiting_ns: u64,
    path_ns: u64,
    currency: String,
    in_flight: i128,
    at_risk: i128,
}

#[derive(Debug, Row, Serialize)]
struct ProgressRow {
    until: i64,
}

#[derive(Debug, Row, Deserialize)]
struct NewsRow {
    kind: String,
    value: String,
    system: String,
}

/// A stretch of the time of arrival, milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub from_ms: i64,
    /// Not within.
    pub to_ms: i64,
}

impl Table {
    pub(super) fn new(client: Client) -> Self {
        // Where tables are spread over a cluster, what is added up next must be there.
        Self(client.with_setting("distributed_foreground_insert", "1"))
    }

    /// Up to when everything was put together.
    pub(super) async fn until_ms(&self) -> Result<i64> {
        self.0.query("SELECT toUnixTimestamp64Milli(max(until)) FROM order_costs_progress").fetch_one().await
    }

    /// Notes that everything was put together that arrived before.
    pub(super) async fn advance(&self, until: i64) -> Result<()> {
        let mut insert = self.0.insert::<ProgressRow>("order_costs_progress").await?;
        insert.write(&ProgressRow { until }).await?;
        insert.end().await
    }

    /// When something arrived first at or after a time.
    pub(super) async fn next_news_ms(&self, from_ms: i64) -> Result<Option<i64>> {
        let first = self
            .0
            .query(
                "SELECT toUnixTimestamp64Milli(stored_at) FROM activity
                 WHERE stored_at >= fromUnixTimestamp64Milli(?, 'UTC') ORDER BY stored_at LIMIT 1",
            )
            .bind(from_ms);
        first.fetch_optional().await
    }

    /// Keys of journeys of which something arrived in the window, in order, at most `limit` of those
    /// behind `after`; unless `restless`, only those that had come to rest when `rest_ms` more were over.
    #[instrument(name = "SELECT activity", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "activity"))]
    pub(super) async fn news(
        &self,
        window: Window,
        (rest_ms, restless): (i64, bool),
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Key>> {
        let (kind, value, system) = after.map(crate::storage::key_tuple).unwrap_or_default();
        let rows = self
            .0
            .query(
                "SELECT kind, value, system FROM activity
                 WHERE stored_at >= fromUnixTimestamp64Milli(?, 'UTC') AND stored_at < fromUnixTimestamp64Milli(?, 'UTC')
                    AND (value, kind, system) > (?, ?, ?)
                 GROUP BY kind, value, system
                 HAVING min(stored_at) < fromUnixTimestamp64Milli(?, 'UTC')
                    AND (? OR max(stored_at) < fromUnixTimestamp64Milli(?, 'UTC'))
                 ORDER BY value, kind, system LIMIT ?",
            )
            .bind(window.from_ms)
            .bind(window.to_ms + rest_ms)
            .bind(value)
            .bind(kind)
            .bind(system)
            .bind(window.to_ms)
            .bind(restless)
            .bind(window.to_ms)
            .bind(limit as u64)
            .fetch_all::<NewsRow>()
            .await?;
        Ok(rows.into_iter().map(|row| key_of(row.kind, row.value, row.system)).collect())
    }

    /// What is known of what journeys spent in these minutes, under any of these names.
    #[instrument(name = "SELECT journey_handoffs", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "journey_handoffs"))]
    pub(super) async fn known(
        &self,
        minutes: &BTreeSet<u32>,
        journeys: &BTreeSet<String>,
    ) -> Result<BTreeMap<Place, Cost>> {
        let rows = self
            .0
            .query(
                "SELECT toUnixTimestamp(minute) AS minute, journey, handoff_to, handoff_from, operation, gone,
                    toUnixTimestamp(earlier) AS earlier, handoffs, waiting_ns, path_ns, currency, in_flight, at_risk
                 FROM journey_handoffs
                 WHERE journey_handoffs.minute IN ? AND journey IN ?
                 ORDER BY written_at DESC LIMIT 1 BY minute, journey, handoff_to, handoff_from, operation",
            )
            .bind(minutes.iter().collect::<Vec<_>>())
            .bind(journeys.iter().collect::<Vec<_>>())
            .fetch_all::<SpentRow>()
            .await?;
        Ok(rows.into_iter().filter(|row| !row.gone).map(SpentRow::into_cost).collect())
    }

    /// Writes what was spent; `None` = nothing any more.
    #[instrument(name = "INSERT journey_handoffs", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "journey_handoffs"))]
    pub(super) async fn write(&self, changed: Vec<(Place, Option<Cost>)>) -> Result<()> {
        if changed.is_empty() {
            return Ok(());
        }
        let mut insert = self.0.insert::<SpentRow>("journey_handoffs").await?;
        for change in changed {
            insert.write(&SpentRow::of(change)).await?;
        }
        insert.end().await
    }

    /// Adds up those of these minutes that have changed since they were added up.
    #[instrument(name = "INSERT order_costs_per_minute", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "order_costs_per_minute"))]
    pub(super) async fn seal(&self, minutes: &BTreeSet<u32>) -> Result<()> {
        let minutes: Vec<&u32> = minutes.iter().collect();
        for minutes in minutes.chunks(SEALED_AT_ONCE) {
            let changed = self
                .0
                .query(
                    "SELECT toUnixTimestamp(written.minute) FROM
                        (SELECT minute, max(written_at) AS at FROM journey_handoffs WHERE minute IN ? GROUP BY minute) AS written
                     LEFT JOIN
                        (SELECT minute, max(sealed_at) AS at FROM order_costs_per_minute WHERE minute IN ? GROUP BY minute) AS sealed
                     ON written.minute = sealed.minute
                     WHERE addSeconds(written.at, ?) >= sealed.at",
                )
                .bind(minutes)
                .bind(minutes)
                .bind(LATE_S)
                .fetch_all::<u32>()
                .await?;
            if !changed.is_empty() {
                self.0.query(SEAL).bind(changed).execute().await?;
            }
        }
        Ok(())
    }
}

/// The time is taken before anything is read: who begins later has seen at least as much.
const SEAL: &str = "
    INSERT INTO order_costs_per_minute
    SELECT minute, now64(6, 'UTC'),
        groupArrayIf(handoff_to, NOT gone), groupArrayIf(handoff_from, NOT gone), groupArrayIf(operation, NOT gone),
        groupArrayIf(earlier, NOT gone), groupArrayIf(currency, NOT gone), groupArrayIf(all_orders, NOT gone),
        groupArrayIf(all_handoffs, NOT gone), groupArrayIf(all_waiting_ns, NOT gone), groupArrayIf(all_path_ns, NOT gone),
        groupArrayIf(all_in_flight, NOT gone), groupArrayIf(all_at_risk, NOT gone)
    FROM
    (
        SELECT minute, gone, handoff_to, handoff_from, operation, earlier, currency, count() AS all_orders,
            toUInt64(sum(handoffs)) AS all_handoffs, sum(toUInt128(waiting_ns)) AS all_waiting_ns,
            sum(toUInt128(path_ns)) AS all_path_ns, sum(in_flight) AS all_in_flight, sum(at_risk) AS all_at_risk
        FROM
        (
            SELECT * FROM journey_handoffs WHERE minute IN ?
            ORDER BY written_at DESC LIMIT 1 BY minute, journey, handoff_to, handoff_from, operation
        )
        GROUP BY minute, gone, handoff_to, handoff_from, operation, earlier, currency
    )
    GROUP BY minute";

impl SpentRow {
    fn of((place, cost): (Place, Option<Cost>)) -> Self {
        let gone = cost.is_none();
        let Place { minute_s, journey, kind } = place;
        let HandoffKind { to, from, operation } = kind;
        let Cost { earlier_s, handoffs, waiting_ns, path_ns, currency, in_flight, at_risk } = cost.unwrap_or_default();
        Self {
            minute: minute_s,
            journey,
            handoff_to: to,
            handoff_from: from,
            operation,
            gone,
            earlier: earlier_s,
            handoffs,
            waiting_ns,
            path_ns,
            currency,
            in_flight,
            at_risk,
        }
    }

    fn into_cost(self) -> (Place, Cost) {
        let kind = HandoffKind { to: self.handoff_to, from: self.handoff_from, operation: self.operation };
        let place = Place { minute_s: self.minute, journey: self.journey, kind };
        let cost = Cost {
            earlier_s: self.earlier,
            handoffs: self.handoffs,
            waiting_ns: self.waiting_ns,
            path_ns: self.path_ns,
            currency: self.currency,
            in_flight: self.in_flight,
            at_risk: self.at_risk,
        };
        (place, cost)
    }
}
