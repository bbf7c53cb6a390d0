use std::time::Duration;

use clickhouse::Row;
use ordertrace_api::reading::Entity;
use serde::Deserialize;
use tracing::instrument;

use super::source::Source;
use crate::alert::observation::{Observation, labels, spoken, word};
use crate::alert::scope::Scope;
use crate::alert::threshold::level;

/// How long ago a feed or search index was made.
#[derive(Clone, Debug)]
pub(in crate::alert) struct AgeCondition {
    pub(in crate::alert) entity: Entity,
    pub(in crate::alert) over: Duration,
    pub(in crate::alert) closes_under: Duration,
    /// Its targets are the systems.
    pub(in crate::alert) scope: Scope,
}

/// A feed or index.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub(super) struct Made {
    pub(super) system: String,
    pub(super) subject: String,
    /// When the newest was made, milliseconds since the Unix epoch.
    pub(super) made_ms: i64,
}

/// Feeds that are looked at, the oldest.
const MOST: usize = 10_000;

impl AgeCondition {
    /// Those that are no older than what closes are left out.
    #[instrument(name = "SELECT copies that are old", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "copies"))]
    pub(super) async fn see(&self, source: &Source, now_ms: i64) -> clickhouse::error::Result<Vec<Observation>> {
        let query = format!(
            "SELECT system, subject, toUnixTimestamp64Milli(moment) AS made_ms FROM {}
             WHERE entity = ? AND moment < fromUnixTimestamp64Milli(?, 'UTC')
                AND (empty(?) OR system IN ?) AND (empty(?) OR location IN ?) AND (empty(?) OR channel IN ?)
                AND (empty(?) OR arrayExists(pattern -> subject LIKE pattern, ?))
             ORDER BY moment, system, subject LIMIT {MOST}",
            source.feeds()
        );
        let closes_ms = i64::try_from(self.closes_under.as_millis()).unwrap_or(i64::MAX);
        let query = source.client.query(&query).bind(self.entity.name()).bind(now_ms.saturating_sub(closes_ms));
        let rows = self.scope.bind(query).fetch_all::<Made>().await?;
        Ok(rows.iter().map(|row| self.judge(row, now_ms)).collect())
    }

    /// One feed or index at `now_ms`.
    pub(super) fn judge(&self, row: &Made, now_ms: i64) -> Observation {
        let age = Duration::from_millis(u64::try_from(now_ms.saturating_sub(row.made_ms)).unwrap_or(0));
        let Made { system, subject, .. } = row;
        let what = self.entity.name().replace('_', " ");
        Observation {
            labels: labels([("entity", self.entity.name()), ("system", system), ("feed", subject)]),
            level: level(age > self.over, age > self.closes_under),
            says: format!("the newest {what} {subject} of {system} was made {} ago", spoken(age)),
            value: spoken(age),
            hit: String::new(),
            look: format!("ordertrace sync --feed {}", word(subject)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::threshold::Level;

    #[test]
    fn it_grows_while_none_is_made() {
        let condition = AgeCondition {
            entity: Entity::SearchIndex,
            over: Duration::from_secs(7_200),
            closes_under: Duration::from_secs(3_600),
            scope: Scope::default(),
        };
        let row = Made { system: "search".to_owned(), subject: "products de".to_owned(), made_ms: 1_000_000 };
        let at = |after_s: i64| condition.judge(&row, 1_000_000 + after_s * 1_000);
        assert_eq!([3_600, 3_601, 7_200, 7_201].map(|after_s| at(after_s).level), {
            [Level::Under, Level::Between, Level::Between, Level::Over]
        });
        assert_eq!(at(-5).level, Level::Under, "by a clock that is ahead");
        let seen = at(7_505);
        assert_eq!(seen.says, "the newest search index products de of search was made 2h 5m 5s ago");
        assert_eq!((seen.value.as_str(), seen.look.as_str()), ("2h 5m 5s", "ordertrace sync --feed 'products de'"));
        let told: Vec<String> = seen.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(told, ["entity=search_index", "feed=products de", "system=search"]);
    }
}
