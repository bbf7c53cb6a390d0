use std::collections::HashMap;

use clickhouse::{Client, Row};
use jiff::Timestamp;
use ordertrace_api::finding::{Evidence, Finding, FindingKind, FindingState, Money, Severity};
use ordertrace_api::keys::Key;
use serde::{Deserialize, Serialize};
use tracing::instrument;
use twox_hash::XxHash3_128;

use crate::moment::nanoseconds;
use crate::storage::{SEVERITIES, code, key_of, key_tuple, of_code};

/// Findings as they are kept.
#[derive(Clone)]
pub struct Ledger {
    client: Client,
    latest: String,
}

/// A finding, and by what it is found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key of the order under which it is kept.
    pub anchor: Key,
    /// See [`Fault::about`](super::Fault::about).
    pub about: String,
    /// The finding.
    pub finding: Finding,
}

/// Which findings to list; what is not said does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only those that held at or after this time.
    pub since: Option<Timestamp>,
    /// Only those that began before this time.
    pub until: Option<Timestamp>,
    /// Only of one of these states.
    pub states: Vec<FindingState>,
    /// Only of one of these kinds.
    pub kinds: Vec<FindingKind>,
    /// Only so bad or worse.
    pub severity: Option<Severity>,
    /// At most this many.
    pub limit: usize,
}

#[derive(Debug, Row, Serialize, Deserialize)]
struct FindingRow {
    id: [u8; 16],
    updated_at: i64,
    anchor_kind: String,
    anchor_value: String,
    anchor_system: String,
    order_key: String,
    kind: String,
    severity: i8,
    state: i8,
    flow: String,
    rule: String,
    about: String,
    system: String,
    says: String,
    since: i64,
    opened_at: i64,
    closed_at: i64,
    closed_because: String,
    amount: String,
    currency: String,
    evidence: String,
}

#[derive(Debug, Row, Deserialize)]
struct AnchorRow {
    anchor_kind: String,
    anchor_value: String,
    anchor_system: String,
}

/// The columns of a row.
const COLUMNS: &str =
    "id, updated_at, anchor_kind, anchor_value, anchor_system, order_key, kind, severity, state, flow, rule,
    about, system, says, since, opened_at, closed_at, closed_because, amount, currency, evidence";

/// Changes told at once.
const MOST_CHANGED: usize = 10_000;

/// The latest row of each finding.
const LATEST: &str = "SELECT * FROM findings ORDER BY updated_at DESC LIMIT 1 BY id";

/// The row of each finding that was the latest at a time, milliseconds since the Unix epoch by ClickHouse's
/// clock: what was written last and before that time was so then, whatever of its history has been dropped.
fn latest_at(at_ms: i64) -> String {
    let at = format!("fromUnixTimestamp64Milli({at_ms}, 'UTC')");
    format!(
        "SELECT * FROM
            (SELECT {COLUMNS} FROM findings WHERE updated_at <= {at}
             UNION ALL SELECT {COLUMNS} FROM finding_history WHERE written_at <= {at})
         ORDER BY updated_at DESC LIMIT 1 BY id"
    )
}

/// What stands as a number in the table.
const STATES: [(FindingState, i8); 3] =
    [(FindingState::Open, 1), (FindingState::Closed, 2), (FindingState::Retracted, 3)];

impl Entry {
    /// A finding about `about` of what `anchor` names that is found at `now` and holds since `since`, by
    /// `rule` of `flow`. Wherever it is found, its id is the same.
    pub(super) fn open(
        (anchor, about): (Key, &str),
        (flow, rule): (&str, &str),
        kind: FindingKind,
        since: Timestamp,
        says: String,
        now: Timestamp,
    ) -> Self {
        let text = [&anchor.to_string(), flow, rule, about].join("\0");
        let finding = Finding {
            id: hex::encode(XxHash3_128::oneshot(text.as_bytes()).to_be_bytes()),
            kind,
            severity: kind.severity(),
            state: FindingState::Open,
            flow: flow.to_owned(),
            rule: rule.to_owned(),
            order: None,
            system: None,
            says,
            since,
            opened_at: now,
            updated_at: now,
            closed_at: None,
            closed_because: String::new(),
            money: None,
            evidence: Vec::new(),
        };
        Self { anchor, about: about.to_owned(), finding }
    }

    /// The same, which does not hold any more since `at`.
    pub(super) fn ended(mut self, state: FindingState, at: Timestamp, because: &str) -> Self {
        self.finding.state = state;
        self.finding.closed_at = Some(at);
        because.clone_into(&mut self.finding.closed_because);
        self
    }
}

impl Ledger {
    /// The findings of one database.
    pub fn new(client: Client) -> Self {
        // Where tables are spread over a cluster, a finding is written when its row is there.
        Self { client: client.with_setting("distributed_foreground_insert", "1"), latest: LATEST.to_owned() }
    }

    /// The same as far as was known at a time, milliseconds since the Unix epoch by ClickHouse's clock:
    /// of [`list`](Self::list) and what hangs together with it.
    pub(crate) fn at(self, at_ms: i64) -> Self {
        Self { latest: latest_at(at_ms), ..self }
    }

    /// Findings kept under any of these keys.
    #[instrument(name = "SELECT findings by key", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "findings"))]
    pub(super) async fn of(&self, keys: &[Key]) -> clickhouse::error::Result<Vec<Entry>> {
        let tuples: Vec<(&str, &str, &str)> = keys.iter().map(key_tuple).collect();
        let values: Vec<&str> = keys.iter().map(|key| key.value.as_str()).collect();
        let query = format!(
            "SELECT {COLUMNS} FROM findings
             PREWHERE anchor_value IN ? WHERE (anchor_kind, anchor_value, anchor_system) IN ?
             ORDER BY updated_at DESC LIMIT 1 BY id"
        );
        let rows = self.client.query(&query).bind(values).bind(tuples).fetch_all::<FindingRow>().await?;
        Ok(rows.into_iter().filter_map(FindingRow::into_entry).collect())
    }

    /// The findings of a journey with these strong keys.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn of_journey(&self, keys: &[Key]) -> clickhouse::error::Result<Vec<Finding>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.of(keys).await?.into_iter().map(|entry| entry.finding).collect())
    }

    /// The keys under which findings are kept that hold.
    #[instrument(name = "SELECT findings that are open", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "findings"))]
    pub(super) async fn open(&self) -> clickhouse::error::Result<Vec<Key>> {
        let query =
            format!("SELECT DISTINCT anchor_kind, anchor_value, anchor_system FROM ({LATEST}) WHERE state = 'open'");
        let rows = self.client.query(&query).fetch_all::<AnchorRow>().await?;
        Ok(rows.into_iter().map(|row| key_of(row.anchor_kind, row.anchor_value, row.anchor_system)).collect())
    }

    /// How many findings hold, by kind.
    #[instrument(name = "SELECT findings by kind", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "findings"))]
    pub(super) async fn open_by_kind(&self) -> clickhouse::error::Result<Vec<(FindingKind, u64)>> {
        let query = "SELECT kind, uniqExactIf(id, now_state = 'open') FROM
                (SELECT id, any(kind) AS kind, argMax(state, updated_at) AS now_state FROM findings GROUP BY id)
             GROUP BY kind";
        let rows = self.client.query(query).fetch_all::<(String, u64)>().await?;
        Ok(rows.into_iter().filter_map(|(kind, count)| Some((FindingKind::of_name(&kind)?, count))).collect())
    }

    /// How many orders have findings that hold, by kind.
    #[instrument(name = "SELECT orders by kind of finding", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "findings"))]
    pub(crate) async fn orders_by_kind(&self) -> clickhouse::error::Result<HashMap<FindingKind, u64>> {
        let query = format!(
            "SELECT kind, uniqExact(order_key) FROM ({}) WHERE state = 'open' AND order_key != '' GROUP BY kind",
            self.latest
        );
        let rows = self.client.query(&query).fetch_all::<(String, u64)>().await?;
        Ok(rows.into_iter().filter_map(|(kind, count)| Some((FindingKind::of_name(&kind)?, count))).collect())
    }

    /// The findings of a kind that hold.
    #[instrument(name = "SELECT findings of a kind", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "findings"))]
    pub(super) async fn open_of(&self, kind: FindingKind) -> clickhouse::error::Result<Vec<Entry>> {
        let query = format!(
            "SELECT {COLUMNS} FROM (SELECT * FROM findings WHERE kind = ? ORDER BY updated_at DESC LIMIT 1 BY id)
             WHERE state = 'open'"
        );
        let rows = self.client.query(&query).bind(kind.name()).fetch_all::<FindingRow>().await?;
        Ok(rows.into_iter().filter_map(FindingRow::into_entry).collect())
    }

    /// Those of these findings that hold.
    #[instrument(name = "SELECT findings by id", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "findings"))]
    pub(crate) async fn open_with(&self, ids: &[&str]) -> clickhouse::error::Result<Vec<Finding>> {
        let query = format!("SELECT {COLUMNS} FROM ({}) WHERE lower(hex(id)) IN ? AND state = 'open'", self.latest);
        let rows = self.client.query(&query).bind(ids).fetch_all::<FindingRow>().await?;
        Ok(rows.into_iter().filter_map(FindingRow::into_entry).map(|entry| entry.finding).collect())
    }

    /// Findings, those that hold first, the worst of them first, then the latest.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    #[instrument(name = "SELECT findings", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "findings"))]
    pub async fn list(&self, wanted: &Wanted) -> clickhouse::error::Result<Vec<Finding>> {
        let kinds: Vec<&str> = wanted.kinds.iter().map(|kind| kind.name()).collect();
        let states: Vec<i8> = wanted.states.iter().map(|state| code(&STATES, *state)).collect();
        let query = format!(
            "SELECT {COLUMNS} FROM ({})
             WHERE (state = 'open' OR closed_at >= fromUnixTimestamp64Nano(?, 'UTC'))
                AND since < fromUnixTimestamp64Nano(?, 'UTC')
                AND (empty(?) OR kind IN ?) AND (empty(?) OR toInt8(state) IN ?) AND toInt8(severity) >= ?
             ORDER BY state, severity DESC, since DESC, id LIMIT ?",
            self.latest
        );
        let rows = self
            .client
            .query(&query)
            .bind(wanted.since.map_or(0, nanoseconds))
            .bind(wanted.until.map_or(i64::MAX, nanoseconds))
            .bind(&kinds)
            .bind(&kinds)
            .bind(&states)
            .bind(&states)
            .bind(wanted.severity.map_or(0, |severity| code(&SEVERITIES, severity)))
            .bind(wanted.limit as u64)
            .fetch_all::<FindingRow>()
            .await?;
        Ok(rows.into_iter().filter_map(FindingRow::into_entry).map(|entry| entry.finding).collect())
    }

    /// Findings of which anything changed after `after_ms` and up to `until_ms`, milliseconds since the Unix
    /// epoch, as they were then.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    #[instrument(name = "SELECT findings that changed", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "findings"))]
    pub async fn changed(&self, after_ms: i64, until_ms: i64) -> clickhouse::error::Result<Vec<Finding>> {
        let query = format!(
            "SELECT {COLUMNS} FROM findings
             WHERE updated_at > fromUnixTimestamp64Milli(?, 'UTC') AND updated_at <= fromUnixTimestamp64Milli(?, 'UTC')
             ORDER BY updated_at, id LIMIT {MOST_CHANGED}"
        );
        let rows = self.client.query(&query).bind(after_ms).bind(until_ms).fetch_all::<FindingRow>().await?;
        Ok(rows.into_iter().filter_map(FindingRow::into_entry).map(|entry| entry.finding).collect())
    }

    /// Writes findings as they are now.
    #[instrument(name = "INSERT findings", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "findings"))]
    pub(super) async fn write(&self, entries: &[Entry]) -> clickhouse::error::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut insert = self.client.insert::<FindingRow>("findings").await?;
        for entry in entries {
            insert.write(&FindingRow::of(entry)?).await?;
        }
        insert.end().await
    }
}

impl FindingRow {
    fn of(entry: &Entry) -> clickhouse::error::Result<Self> {
        let Entry { anchor, about, finding } = entry;
        let (kind, value, system) = key_tuple(anchor);
        let mut id = [0; 16];
        hex::decode_to_slice(&finding.id, &mut id).map_err(|error| clickhouse::error::Error::Other(error.into()))?;
        let evidence = serde_json::to_string(&finding.evidence);
        let money = finding.money.as_ref();
        Ok(Self {
            id,
            updated_at: finding.updated_at.as_millisecond(),
            anchor_kind: kind.to_owned(),
            anchor_value: value.to_owned(),
            anchor_system: system.to_owned(),
            order_key: finding.order.as_ref().map(Key::to_string).unwrap_or_default(),
            kind: finding.kind.name().to_owned(),
            severity: code(&SEVERITIES, finding.severity),
            state: code(&STATES, finding.state),
            flow: finding.flow.clone(),
            rule: finding.rule.clone(),
            about: about.clone(),
            system: finding.system.clone().unwrap_or_default(),
            says: finding.says.clone(),
            since: nanoseconds(finding.since),
            opened_at: finding.opened_at.as_millisecond(),
            closed_at: finding.closed_at.map_or(0, nanoseconds),
            closed_because: finding.closed_because.clone(),
            amount: money.map(|money| money.amount.clone()).unwrap_or_default(),
            currency: money.map(|money| money.currency.clone()).unwrap_or_default(),
            evidence: evidence.map_err(|error| clickhouse::error::Error::Other(error.into()))?,
        })
    }

    /// `None` for what a newer program wrote.
    fn into_entry(self) -> Option<Entry> {
        let milliseconds = |ms: i64| Timestamp::from_millisecond(ms).ok();
        let moment = |ns: i64| Timestamp::from_nanosecond(i128::from(ns)).ok();
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        Some(Entry {
            anchor: key_of(self.anchor_kind, self.anchor_value, self.anchor_system),
            about: self.about,
            finding: Finding {
                id: hex::encode(self.id),
                kind: FindingKind::of_name(&self.kind)?,
                severity: of_code(&SEVERITIES, self.severity)?,
                state: of_code(&STATES, self.state)?,
                flow: self.flow,
                rule: self.rule,
                order: self.order_key.parse().ok(),
                system: filled(self.system),
                says: self.says,
                since: moment(self.since)?,
                opened_at: milliseconds(self.opened_at)?,
                updated_at: milliseconds(self.updated_at)?,
                closed_at: if self.closed_at == 0 { None } else { Some(moment(self.closed_at)?) },
                closed_because: self.closed_because,
                money: filled(self.amount).map(|amount| Money { amount, currency: self.currency }),
                evidence: serde_json::from_str::<Vec<Evidence>>(&self.evidence).ok()?,
            },
        })
    }
}
