use clickhouse::{Client, Row};
use serde::Deserialize;
use tracing::instrument;

use super::state::Told;
use crate::storage::{SOURCE_OUTCOMES, of_code};

/// Rows that are looked at: some six a source.
const ROWS: u64 = 20_000;

#[derive(Debug, Row, Deserialize)]
struct ToldRow {
    system: String,
    poll: String,
    agent: String,
    entities: String,
    outcome_code: i8,
    at_ns: i64,
    reason: String,
    readings: u64,
    refused: u64,
    interval_ms: u32,
    timeout_ms: u32,
}

/// What was told last of every source, by what came of it.
#[instrument(name = "SELECT sources", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "sources"))]
pub(super) async fn told(client: &Client) -> clickhouse::error::Result<Vec<Told>> {
    // Not FINAL: the nodes of a cluster each have what they were told.
    let query = "SELECT system, poll, agent, entities, toInt8(outcome) AS outcome_code,
            toUnixTimestamp64Nano(at) AS at_ns, reason, readings, refused, interval_ms, timeout_ms
         FROM sources
         ORDER BY at DESC LIMIT 1 BY system, poll, agent, entities, outcome LIMIT ?";
    let rows = client.query(query).bind(ROWS).fetch_all::<ToldRow>().await?;
    Ok(rows.into_iter().filter_map(ToldRow::into_told).collect())
}

impl ToldRow {
    /// `None` for an outcome that a newer program wrote.
    fn into_told(self) -> Option<Told> {
        Some(Told {
            outcome: of_code(&SOURCE_OUTCOMES, self.outcome_code)?,
            system: self.system,
            poll: self.poll,
            agent: self.agent,
            entities: self.entities,
            at_ns: self.at_ns,
            reason: self.reason,
            readings: self.readings,
            refused: self.refused,
            interval_ms: self.interval_ms,
            timeout_ms: self.timeout_ms,
        })
    }
}
