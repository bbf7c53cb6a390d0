use std::collections::{BTreeMap, HashMap};

use clickhouse::{Client, Row};
use jiff::Timestamp;
use ordertrace_api::alert::{Acknowledgement, Alert, AlertState};
use serde::{Deserialize, Serialize};
use tracing::instrument;

use super::state::{Kept, Stage};
use crate::storage::{SEVERITIES, code, of_code};

type Result<T> = clickhouse::error::Result<T>;

/// Alerts as they are kept.
#[derive(Clone)]
pub struct Ledger(Client);

/// Which alerts to list; what is not said does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only those that are active, or were resolved at or after this time.
    pub since: Option<Timestamp>,
    /// Only those that began before this time.
    pub until: Option<Timestamp>,
    /// Only of this state.
    pub state: Option<AlertState>,
    /// Only of this rule.
    pub rule: Option<String>,
    /// Only those whose id begins so, up to 32 hexadecimal digits.
    pub id: Option<String>,
    /// At most this many.
    pub limit: usize,
}

#[derive(Debug, Row, Serialize, Deserialize)]
struct AlertRow {
    id: [u8; 16],
    episode: u32,
    updated_at: i64,
    rule: String,
    severity: i8,
    stage: i8,
    labels: Vec<(String, String)>,
    runbook: String,
    value: String,
    says: String,
    hit: String,
    look: String,
    since: i64,
    fired_at: i64,
    resolved_at: i64,
}

#[derive(Debug, Row, Serialize, Deserialize)]
struct AcknowledgementRow {
    id: [u8; 16],
    episode: u32,
    who: String,
    note: String,
    at: i64,
}

const COLUMNS: &str = "id, episode, updated_at, rule, severity, stage, labels, runbook, value, says, hit, look, since, fired_at, resolved_at";

const STAGES: [(Stage, i8); 4] = [(Stage::Pending, 1), (Stage::Firing, 2), (Stage::Resolved, 3), (Stage::Lapsed, 4)];

impl Ledger {
    /// The alerts of one database.
    pub fn new(client: Client) -> Self {
        // Of a cluster one shard has them all, so that the row that was written last is known, and what was
        // written is there.
        Self(client.with_setting("insert_shard_id", "1").with_setting("distributed_foreground_insert", "1"))
    }

    /// Those that are pending or firing.
    #[instrument(name = "SELECT alerts that are active", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "alerts"))]
    pub(super) async fn active(&self) -> Result<Vec<Kept>> {
        let query = format!("SELECT {COLUMNS} FROM alerts FINAL WHERE stage IN ('pending', 'firing') ORDER BY id");
        let rows = self.0.query(&query).fetch_all::<AlertRow>().await?;
        Ok(rows.into_iter().filter_map(AlertRow::into_kept).collect())
    }

    /// The last that was known of each of these.
    #[instrument(name = "SELECT alerts by id", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "alerts"))]
    pub(super) async fn last(&self, ids: &[&str]) -> Result<HashMap<String, Kept>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = format!(
            "SELECT {COLUMNS} FROM alerts WHERE id IN (SELECT unhex(arrayJoin(?)))
             ORDER BY episode DESC, updated_at DESC LIMIT 1 BY id"
        );
        let rows = self.0.query(&query).bind(ids).fetch_all::<AlertRow>().await?;
        Ok(rows.into_iter().filter_map(AlertRow::into_kept).map(|kept| (kept.id.clone(), kept)).collect())
    }

    /// At most `limit` that fire, or were resolved after `after_ms`, the latest first.
    #[instrument(name = "SELECT alerts to tell", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "alerts"))]
    pub(super) async fn to_tell(&self, after_ms: i64, limit: usize) -> Result<Vec<Kept>> {
        let query = format!(
            "SELECT {COLUMNS} FROM alerts FINAL
             WHERE stage = 'firing' OR (stage = 'resolved' AND resolved_at > fromUnixTimestamp64Milli(?, 'UTC'))
             ORDER BY stage, fired_at DESC, id LIMIT ?"
        );
        let rows = self.0.query(&query).bind(after_ms).bind(limit as u64).fetch_all::<AlertRow>().await?;
        Ok(rows.into_iter().filter_map(AlertRow::into_kept).collect())
    }

    /// Alerts, those that fire first, the worst of them first, then the latest.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    #[instrument(name = "SELECT alerts", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "alerts"))]
    pub async fn list(&self, wanted: &Wanted) -> Result<Vec<Alert>> {
        let query = format!(
            "SELECT {COLUMNS} FROM alerts FINAL
             WHERE stage != 'lapsed'
                AND (stage != 'resolved' OR resolved_at >= fromUnixTimestamp64Milli(?, 'UTC'))
                AND alerts.since < fromUnixTimestamp64Milli(?, 'UTC')
                AND (? = 0 OR toInt8(stage) = ?) AND (empty(?) OR rule = ?) AND id >= unhex(?) AND id <= unhex(?)
             ORDER BY stage = 'firing' DESC, stage, severity DESC, alerts.since DESC, id LIMIT ?"
        );
        let state = wanted.state.map_or(0, |state| code(&STAGES, stage_of(state)));
        let rule = wanted.rule.as_deref().unwrap_or_default();
        let id = wanted.id.as_deref().unwrap_or_default();
        let rows = self
            .0
            .query(&query)
            .bind(wanted.since.map_or(0, Timestamp::as_millisecond))
            .bind(wanted.until.map_or(LATEST_MS, Timestamp::as_millisecond))
            .bind(state)
            .bind(state)
            .bind(rule)
            .bind(rule)
            .bind(format!("{id:0<32}"))
            .bind(format!("{id:f<32}"))
            .bind(wanted.limit as u64)
            .fetch_all::<AlertRow>()
            .await?;
        let alerts: Vec<Kept> = rows.into_iter().filter_map(AlertRow::into_kept).collect();
        let mut acknowledged = self.acknowledged(&alerts).await?;
        let told = alerts.into_iter().map(|kept| {
            let by = acknowledged.remove(&(kept.id.clone(), kept.episode));
            alert(kept, by)
        });
        Ok(told.collect())
    }

    /// Who takes care of these.
    async fn acknowledged(&self, alerts: &[Kept]) -> Result<HashMap<(String, u32), Acknowledgement>> {
        let ids: Vec<&str> = alerts.iter().map(|kept| kept.id.as_str()).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = "SELECT id, episode, who, note, at FROM alert_acknowledgements FINAL
             WHERE id IN (SELECT unhex(arrayJoin(?)))";
        let rows = self.0.query(query).bind(ids).fetch_all::<AcknowledgementRow>().await?;
        let told = rows.into_iter().map(|row| {
            let at = moment(row.at);
            ((hex::encode(row.id), row.episode), Acknowledgement { who: row.who, note: row.note, at })
        });
        Ok(told.collect())
    }

    /// Notes that somebody takes care of an alert.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    #[instrument(name = "INSERT alert_acknowledgements", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "alert_acknowledgements"))]
    pub async fn acknowledge(&self, alert: &Alert, by: &Acknowledgement) -> Result<()> {
        let mut insert = self.0.insert::<AcknowledgementRow>("alert_acknowledgements").await?;
        let Acknowledgement { who, note, at } = by.clone();
        let row =
            AcknowledgementRow { id: bytes(&alert.id)?, episode: alert.episode, who, note, at: at.as_millisecond() };
        insert.write(&row).await?;
        insert.end().await
    }

    /// Writes alerts as they are now.
    #[instrument(name = "INSERT alerts", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "alerts"))]
    pub(super) async fn write(&self, alerts: &[Kept]) -> Result<()> {
        if alerts.is_empty() {
            return Ok(());
        }
        let mut insert = self.0.insert::<AlertRow>("alerts").await?;
        for kept in alerts {
            insert.write(&AlertRow::of(kept)?).await?;
        }
        insert.end().await
    }
}

/// The end of what `DateTime64(3)` holds: 2299.
const LATEST_MS: i64 = 10_413_791_999_000;

impl AlertRow {
    fn of(kept: &Kept) -> Result<Self> {
        let kept = kept.clone();
        Ok(Self {
            id: bytes(&kept.id)?,
            episode: kept.episode,
            updated_at: kept.updated_at_ms,
            rule: kept.rule,
            severity: code(&SEVERITIES, kept.severity),
            stage: code(&STAGES, kept.stage),
            labels: kept.labels.into_iter().collect(),
            runbook: kept.runbook,
            value: kept.value,
            says: kept.says,
            hit: kept.hit,
            look: kept.look,
            since: kept.since_ms,
            fired_at: kept.fired_at_ms,
            resolved_at: kept.resolved_at_ms,
        })
    }

    /// `None` for what a newer program wrote.
    fn into_kept(self) -> Option<Kept> {
        Some(Kept {
            id: hex::encode(self.id),
            episode: self.episode,
            rule: self.rule,
            severity: of_code(&SEVERITIES, self.severity)?,
            stage: of_code(&STAGES, self.stage)?,
            labels: BTreeMap::from_iter(self.labels),
            runbook: self.runbook,
            value: self.value,
            says: self.says,
            hit: self.hit,
            look: self.look,
            since_ms: self.since,
            fired_at_ms: self.fired_at,
            resolved_at_ms: self.resolved_at,
            updated_at_ms: self.updated_at,
        })
    }
}

/// As the API tells it.
pub(super) fn alert(kept: Kept, acknowledgement: Option<Acknowledgement>) -> Alert {
    let known = |at_ms: i64| (at_ms > 0).then(|| moment(at_ms));
    Alert {
        id: kept.id,
        episode: kept.episode,
        rule: kept.rule,
        severity: kept.severity,
        state: match kept.stage {
            Stage::Pending => AlertState::Pending,
            Stage::Firing => AlertState::Firing,
            Stage::Resolved | Stage::Lapsed => AlertState::Resolved,
        },
        labels: kept.labels,
        says: kept.says,
        value: kept.value,
        hit: kept.hit,
        look: kept.look,
        runbook: Some(kept.runbook).filter(|url| !url.is_empty()),
        since: moment(kept.since_ms),
        fired_at: known(kept.fired_at_ms),
        resolved_at: known(kept.resolved_at_ms),
        updated_at: moment(kept.updated_at_ms),
        acknowledgement,
    }
}

fn stage_of(state: AlertState) -> Stage {
    match state {
        AlertState::Pending => Stage::Pending,
        AlertState::Firing => Stage::Firing,
        AlertState::Resolved => Stage::Resolved,
    }
}

pub(super) fn moment(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn bytes(id: &str) -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    hex::decode_to_slice(id, &mut bytes).map_err(|error| clickhouse::error::Error::Other(error.into()))?;
    Ok(bytes)
}
