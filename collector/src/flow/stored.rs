use std::collections::BTreeMap;

use clickhouse::{Client, Row};
use jiff::Timestamp;
use serde::Deserialize;
use tracing::instrument;

use crate::journey::{Journeys, Left, Sighting};
use crate::storage::key_of;

#[derive(Debug, Row, Deserialize)]
struct ReachedRow {
    kind: String,
    value: String,
    system: String,
}

/// What the latest journeys reached in which anything was from `since` and before `until`, at most `most`
/// of them.
///
/// # Errors
/// When ClickHouse does not answer.
#[instrument(name = "SELECT activity", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "activity"))]
pub async fn reached(
    client: &Client,
    journeys: &Journeys,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    most: u32,
) -> clickhouse::error::Result<Vec<Vec<Sighting>>> {
    let seconds = |at: Timestamp| u32::try_from(at.as_second().max(0)).unwrap_or(u32::MAX);
    let rows = client
        .query(
            "SELECT kind, value, system FROM activity
             WHERE reached AND at >= toDateTime(?, 'UTC') AND at < toDateTime(?, 'UTC')
             GROUP BY kind, value, system ORDER BY max(stored_at) DESC LIMIT ?",
        )
        .bind(since.map_or(0, seconds))
        .bind(until.map_or(u32::MAX, seconds))
        .bind(most)
        .fetch_all::<ReachedRow>()
        .await?;
    let mut left: Left = rows.into_iter().map(|row| key_of(row.kind, row.value, row.system)).collect();
    let mut reached = BTreeMap::new();
    while !left.is_empty() {
        let cases = journeys.next_cases(&mut left).await?;
        reached.extend(cases.into_iter().map(|case| (case.journey.id, case.sightings)));
    }
    Ok(reached.into_values().collect())
}
