//! What each system said of one subject, as the times at which it changed.

use std::collections::BTreeMap;

use clickhouse::Row;
use ordertrace_api::history::{CopyHistory, History, ValueSince};
use ordertrace_api::reading::Entity;
use serde::Deserialize;
use tracing::instrument;

use super::view::SyncView;
use crate::moment::{Range, nanoseconds, timestamp};

type Result<T> = clickhouse::error::Result<T>;

/// Changes in one reply, of all copies together.
const MOST_CHANGES: usize = 20_000;

/// A value may be so much older than the range and is found among readings; copies tell of still older ones.
const REACH_NS: i64 = 7 * 86_400 * 1_000_000_000;

/// What tells one copy of a subject from another, in the order in which they are listed.
const COPY: &str = "entity, currency, state, field, channel, location, system";

/// As [`COPY`] says, the entity by its place among all.
type Place = (Entity, [String; 6]);

#[derive(Debug, Row, Deserialize)]
struct ChangeRow {
    entity: String,
    currency: String,
    state: String,
    field: String,
    channel: String,
    location: String,
    system: String,
    value: String,
    since: i64,
    uncertain_ms: u32,
    read_at: i64,
}

/// One copy as far as it is known.
#[derive(Debug, Default)]
struct Known {
    /// The latest first.
    changes: Vec<Change>,
    read_at_ns: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    value: String,
    since_ns: i64,
    uncertain_ms: u32,
}

impl SyncView {
    /// What each system said of a subject within `range`, and what it said when that began: at most `limit`
    /// changes of each copy, the latest.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn history(&self, subject: &str, entity: Option<Entity>, range: Range, limit: usize) -> Result<History> {
        let entities: Vec<&str> = Entity::ALL
            .into_iter()
            .filter(|one| entity.is_none_or(|wanted| wanted == *one))
            .map(Entity::name)
            .collect();
        // One more than is wanted may be from before the range, and one more says that there are more.
        let changes = self.changes(subject, &entities, range, limit.saturating_add(2)).await?;
        let mut more = changes.len() >= MOST_CHANGES;
        let mut known: BTreeMap<Place, Known> = BTreeMap::new();
        for row in changes {
            let (read_at_ns, Some((place, change))) = (row.read_at, row.into_change()) else { continue };
            let copy = known.entry(place).or_default();
            copy.read_at_ns = copy.read_at_ns.max(read_at_ns);
            copy.changes.push(change);
        }
        let copies = self.newest(subject, &entities, range).await?;
        more |= copies.len() >= MOST_CHANGES;
        for row in copies {
            let (read_at_ns, Some((place, newest))) = (row.read_at, row.into_change()) else { continue };
            known.entry(place).or_default().complete(newest, read_at_ns);
        }
        let copies = known.into_iter().map(|(place, copy)| self.copy(place, copy, range, limit)).collect();
        Ok(History { subject: subject.to_owned(), since: range.since(), until: range.until(), copies, more })
    }

    /// Where the values of a subject's copies changed, the latest first. What a system counted as older than
    /// what it had said before is no change.
    #[instrument(name = "SELECT readings of a subject", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "readings"))]
    async fn changes(&self, subject: &str, entities: &[&str], range: Range, each: usize) -> Result<Vec<ChangeRow>> {
        let query = format!(
            "SELECT {COPY}, value, since, uncertain_ms, read_at FROM
             (
                SELECT {COPY}, value, since, row_number() OVER copy AS nth, lagInFrame(value) OVER copy AS before,
                    if(changed_at > 0 OR interval_ms = 0, 0,
                        if(nth = 1, interval_ms,
                            toUInt32(least(intDiv(greatest(at_ns - lagInFrame(at_ns) OVER copy, 0), 1000000), 4294967295))
                        )) AS uncertain_ms,
                    max(at_ns) OVER (PARTITION BY {COPY}) AS read_at
                FROM
                (
                    SELECT toString(readings.entity) AS entity, currency, state, field, channel, location, system, value,
                        interval_ms, toUnixTimestamp64Nano(at) AS at_ns, toUnixTimestamp64Nano(readings.changed_at) AS changed_at,
                        if(changed_at > 0, changed_at, at_ns) AS since, toUInt64OrNull(version) AS counted,
                        max(counted) OVER (PARTITION BY {COPY} ORDER BY since, at_ns) AS highest
                    FROM readings
                    WHERE readings.entity IN ? AND subject = ? AND id_kind = ''
                        AND at >= fromUnixTimestamp64Nano(?, 'UTC') AND at < fromUnixTimestamp64Nano(?, 'UTC')
                )
                WHERE counted IS NULL OR counted >= highest
                WINDOW copy AS (PARTITION BY {COPY} ORDER BY since, at_ns, value ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
             )
             WHERE (nth = 1 OR value != before) AND since < ?
             ORDER BY {COPY}, since DESC
             LIMIT {each} BY {COPY} LIMIT {MOST_CHANGES}"
        );
        self.client
            .query(&query)
            .bind(entities)
            .bind(subject)
            .bind(nanoseconds(range.since()).saturating_sub(REACH_NS).max(0))
            .bind(nanoseconds(range.until()))
            .bind(nanoseconds(range.until()))
            .fetch_all::<ChangeRow>()
            .await
    }

    /// The newest value of each of a subject's copies that is from before the end of the range.
    #[instrument(name = "SELECT copies of a subject", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "copies"))]
    async fn newest(&self, subject: &str, entities: &[&str], range: Range) -> Result<Vec<ChangeRow>> {
        let query = format!(
            "SELECT * FROM
             (
                SELECT {COPY}, value, toUnixTimestamp64Nano(copies.since) AS since, uncertain_ms,
                    toUnixTimestamp64Nano(at) AS read_at
                FROM copies WHERE entity IN ? AND subject = ?
                ORDER BY written_at DESC LIMIT 1 BY {COPY}
             )
             WHERE since < ? ORDER BY {COPY} LIMIT {MOST_CHANGES}"
        );
        let query = self.client.query(&query).bind(entities).bind(subject).bind(nanoseconds(range.until()));
        query.fetch_all::<ChangeRow>().await
    }

    fn copy(&self, place: Place, mut copy: Known, range: Range, limit: usize) -> CopyHistory {
        let (entity, [currency, state, field, channel, location, system]) = place;
        let cut = copy.bound(nanoseconds(range.since()), limit);
        let values = copy.changes.into_iter().rev().map(|change| ValueSince {
            value: change.value,
            since: timestamp(change.since_ns),
            uncertain_ms: change.uncertain_ms,
        });
        CopyHistory {
            entity,
            units_each: self.pairs.units_each(entity, &state, &system).normalize().to_string(),
            currency,
            state,
            field,
            channel,
            location,
            system,
            read_at: timestamp(copy.read_at_ns),
            values: values.collect(),
            cut,
        }
    }
}

impl ChangeRow {
    /// `None` for what a newer program wrote.
    fn into_change(self) -> Option<(Place, Change)> {
        let Self { currency, state, field, channel, location, system, .. } = self;
        let place = (Entity::parse(&self.entity)?, [currency, state, field, channel, location, system]);
        Some((place, Change { value: self.value, since_ns: self.since, uncertain_ms: self.uncertain_ms }))
    }
}

impl Known {
    /// Takes in what is kept of the copy, which may know of what no reading is left, or in reach.
    fn complete(&mut self, newest: Change, read_at_ns: i64) {
        self.read_at_ns = self.read_at_ns.max(read_at_ns);
        match self.changes.as_mut_slice() {
            [] => self.changes.push(newest),
            // Since when it is there is known from before the reach.
            [only] if only.value == newest.value && newest.since_ns < only.since_ns => *only = newest,
            _ => {}
        }
    }

    /// Leaves the latest `limit` changes from `since_ns` on, and of those before it the last: that is what was
    /// said when it began. Whether changes since then are left out.
    fn bound(&mut self, since_ns: i64, limit: usize) -> bool {
        let within = self.changes.iter().take_while(|change| change.since_ns >= since_ns).count();
        self.changes.truncate(within.min(limit).saturating_add(usize::from(within <= limit)).max(1));
        within > limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(since: &[i64]) -> Known {
        let change = |since_ns: &i64| Change { value: since_ns.to_string(), since_ns: *since_ns, uncertain_ms: 0 };
        Known { changes: since.iter().map(change).collect(), read_at_ns: 0 }
    }

    fn bounded(since: &[i64], limit: usize) -> (Vec<i64>, bool) {
        let mut known = known(since);
        let cut = known.bound(10, limit);
        (known.changes.into_iter().map(|change| change.since_ns).collect(), cut)
    }

    #[test]
    fn of_what_was_said_before_the_last_is_left() {
        assert_eq!(bounded(&[30, 20, 9, 8], 5), (vec![30, 20, 9], false));
        assert_eq!(bounded(&[30, 20, 10], 5), (vec![30, 20, 10], false));
        assert_eq!(bounded(&[9, 8], 5), (vec![9], false));
        assert_eq!(bounded(&[30, 20, 9], 2), (vec![30, 20, 9], false));
        assert_eq!(bounded(&[40, 30, 20, 9], 2), (vec![40, 30], true));
    }

    #[test]
    fn copies_know_of_what_no_reading_tells() {
        let newest = |value: &str, since_ns| Change { value: value.to_owned(), since_ns, uncertain_ms: 7 };
        let mut none = Known::default();
        none.complete(newest("5", 3), 4);
        assert_eq!((none.changes, none.read_at_ns), (vec![newest("5", 3)], 4));
        let mut one = known(&[20]);
        one.complete(newest("20", 3), 4);
        assert_eq!(one.changes[0].since_ns, 3);
        let mut other = known(&[20]);
        other.complete(newest("5", 3), 4);
        assert_eq!(other.changes[0].value, "20", "what was read since then counts");
    }
}
