use std::time::Duration;

use clickhouse::Row;
use serde::Deserialize;
use tracing::instrument;

use super::source::{ITEMS, Source};
use crate::alert::observation::{Observation, labels, spoken, word};
use crate::alert::scope::Scope;
use crate::alert::threshold::level;

/// How long the oldest change waits.
#[derive(Clone, Debug)]
pub(in crate::alert) struct LagCondition {
    /// Name of what is compared.
    pub(in crate::alert) sync: String,
    /// The system that is right.
    pub(in crate::alert) source: String,
    pub(in crate::alert) over: Duration,
    pub(in crate::alert) closes_under: Duration,
    pub(in crate::alert) scope: Scope,
}

/// A target that does not show all that its source does.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub(super) struct Waiting {
    pub(super) target: String,
    /// Items.
    pub(super) waiting: u64,
    /// When the first change was made that it does not show, milliseconds since the Unix epoch.
    pub(super) oldest_ms: i64,
    /// Of which item that was.
    pub(super) subject: String,
}

impl LagCondition {
    #[instrument(name = "SELECT drifts by target", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    pub(super) async fn see(&self, source: &Source, now_ms: i64) -> clickhouse::error::Result<Vec<Observation>> {
        let query = format!(
            "SELECT target, count() AS waiting, toUnixTimestamp64Milli(min(open.since)) AS oldest_ms,
                argMin(open.subject, open.since) AS subject
             FROM {} WHERE {ITEMS} GROUP BY target ORDER BY target",
            source.open()
        );
        let query = source.bind_items(source.client.query(&query), &self.sync, &self.scope);
        let rows = query.fetch_all::<Waiting>().await?;
        Ok(rows.iter().map(|row| self.judge(row, now_ms)).collect())
    }

    /// One target at `now_ms`.
    pub(super) fn judge(&self, row: &Waiting, now_ms: i64) -> Observation {
        let waits = Duration::from_millis(u64::try_from(now_ms.saturating_sub(row.oldest_ms)).unwrap_or(0));
        let shown = spoken(waits);
        let (source, target, subject) = (&self.source, &row.target, &row.subject);
        let others = match row.waiting.saturating_sub(1) {
            0 => String::new(),
            others => format!(", and {others} more"),
        };
        Observation {
            labels: labels([("sync", &self.sync), ("source", source), ("target", target)]),
            level: level(waits > self.over, waits > self.closes_under),
            says: format!("{target} has not shown a change of {subject} at {source} for {shown}{others}"),
            value: shown,
            hit: String::new(),
            look: format!("ordertrace sync --sku {}", word(subject)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::threshold::Level;

    #[test]
    fn it_grows_while_nothing_arrives() {
        let condition = LagCondition {
            sync: "stock".to_owned(),
            source: "wms".to_owned(),
            over: Duration::from_secs(600),
            closes_under: Duration::from_secs(120),
            scope: Scope::default(),
        };
        let row = Waiting { target: "erp".to_owned(), waiting: 3, oldest_ms: 1_000_000, subject: "HAT RED".to_owned() };
        let at = |after_s: i64| condition.judge(&row, 1_000_000 + after_s * 1_000);
        assert_eq!([120, 121, 600, 601].map(|after_s| at(after_s).level), {
            [Level::Under, Level::Between, Level::Between, Level::Over]
        });
        assert_eq!(at(-5).level, Level::Under, "by a clock that is ahead");
        let seen = at(900);
        assert_eq!(seen.says, "erp has not shown a change of HAT RED at wms for 15m, and 2 more");
        assert_eq!((seen.value.as_str(), seen.look.as_str()), ("15m", "ordertrace sync --sku 'HAT RED'"));
    }
}
