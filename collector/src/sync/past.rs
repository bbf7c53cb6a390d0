use std::collections::HashMap;

use clickhouse::{Client, Row};
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::sync::PAST_DAYS;
use serde::Deserialize;
use tracing::instrument;

use super::drift::Drift;
use super::item::Subject;
use super::known::{Place, place};
use super::ledger::{ITEM, SUBJECTS, item, tuples};
use super::pair::Pairs;
use crate::moment::nanoseconds;

/// How often an item drifted in a target before, in the [`PAST_DAYS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Past {
    /// Drifts that ended.
    pub(super) drifts: u64,
    /// Of these, those that took longer than the target's vendor says.
    pub(super) late: u64,
}

/// How often each of some drifts came back.
#[derive(Debug, Default)]
pub(super) struct Pasts(HashMap<Place, Past>);

#[derive(Debug, Row, Deserialize)]
struct PastRow {
    entity: String,
    subject: String,
    location: String,
    channel: String,
    currency: String,
    state: String,
    field: String,
    sync: String,
    target: String,
    drifts: u64,
    late: u64,
}

/// Whether a drift of a pair took longer than its vendor says.
const WAS_LATE: &str = "(sync = ? AND target = ? AND toUnixTimestamp64Nano(ended) - toUnixTimestamp64Nano(since) > ?)";

impl Pasts {
    /// Of the places of these drifts, up to `now`.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub(super) async fn of(
        client: &Client,
        pairs: &Pairs,
        drifts: &[Drift],
        now: Timestamp,
    ) -> clickhouse::error::Result<Self> {
        let mut subjects: Vec<&Subject> = drifts.iter().map(|drift| &drift.item.subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let mut pasts = Self::default();
        if pairs.is_empty() {
            return Ok(pasts);
        }
        for subjects in subjects.chunks(SUBJECTS) {
            let rows = look(client, pairs, subjects, now).await?;
            pasts.0.extend(rows.into_iter().filter_map(PastRow::into_past));
        }
        Ok(pasts)
    }

    /// Of the place of one of them.
    pub(super) fn before(&self, drift: &Drift) -> Past {
        self.0.get(&place(drift)).copied().unwrap_or_default()
    }
}

#[instrument(name = "SELECT past_drifts", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "past_drifts"))]
async fn look(
    client: &Client,
    pairs: &Pairs,
    subjects: &[&Subject],
    now: Timestamp,
) -> clickhouse::error::Result<Vec<PastRow>> {
    let late: Vec<&str> = pairs.iter().map(|_| WAS_LATE).collect();
    let query = format!(
        "SELECT {ITEM}, sync, target, count() AS drifts, countIf({}) AS late
         FROM past_drifts FINAL
         WHERE (entity, subject) IN ? AND ended >= fromUnixTimestamp64Nano(?, 'UTC')
            AND ended < fromUnixTimestamp64Nano(?, 'UTC')
         GROUP BY {ITEM}, sync, target",
        late.join(" OR ")
    );
    let mut query = client.query(&query);
    for pair in pairs.iter() {
        query = query.bind(&pair.sync).bind(&pair.target).bind(pair.floor_ns);
    }
    let from = now.saturating_sub(SignedDuration::from_hours(24 * i64::from(PAST_DAYS))).unwrap_or(Timestamp::MIN);
    query.bind(tuples(subjects)).bind(nanoseconds(from)).bind(nanoseconds(now)).fetch_all::<PastRow>().await
}

impl PastRow {
    fn into_past(self) -> Option<(Place, Past)> {
        let Self { entity, subject, location, channel, currency, state, field, .. } = self;
        let item = item([entity, subject, location, channel, currency, state, field])?;
        Some(((self.sync, self.target, item), Past { drifts: self.drifts, late: self.late }))
    }
}
