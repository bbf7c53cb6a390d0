use clickhouse::{Client, Row};
use jiff::Timestamp;
use ordertrace_api::reading::Entity;
use ordertrace_api::sync::AgeNow;
use serde::Deserialize;
use tracing::instrument;

use crate::moment::timestamp;

/// Feeds and indexes that are told of: the oldest.
const MOST: usize = 1_000;

/// When a feed or index was made.
#[derive(Debug, Row, Deserialize)]
struct MadeRow {
    entity: String,
    system: String,
    subject: String,
    moment: i64,
    at: i64,
}

/// How old feeds and indexes are at `now`, of one name if it is said; the oldest first.
///
/// # Errors
/// When ClickHouse does not answer.
#[instrument(name = "SELECT copies of feeds", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "copies"))]
pub(super) async fn ages(
    client: &Client,
    name: Option<&str>,
    now: Timestamp,
) -> clickhouse::error::Result<Vec<AgeNow>> {
    let query = format!(
        "SELECT entity, system, subject, moment, at FROM copies FINAL
         WHERE entity IN ('feed', 'search_index') AND (? OR subject = ?)
         ORDER BY moment, entity, system, subject LIMIT {MOST}"
    );
    let query = client.query(&query).bind(name.is_none()).bind(name.unwrap_or_default());
    let rows = query.fetch_all::<MadeRow>().await?;
    Ok(rows.into_iter().filter_map(|row| age(row, now)).collect())
}

/// `None` for what a newer program wrote.
fn age(row: MadeRow, now: Timestamp) -> Option<AgeNow> {
    let made_at = timestamp(row.moment);
    Some(AgeNow {
        entity: Entity::parse(&row.entity)?,
        system: row.system,
        name: row.subject,
        made_at,
        // By a clock that is ahead it is made now.
        age_ms: u64::try_from(now.duration_since(made_at).as_millis()).unwrap_or(0),
        told_at: timestamp(row.at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_grows_by_itself() {
        let row = |entity: &str| MadeRow {
            entity: entity.to_owned(),
            system: "pim".to_owned(),
            subject: "shopping".to_owned(),
            moment: 10_000_000_000,
            at: 11_000_000_000,
        };
        let age_ms = |entity, now_s| age(row(entity), Timestamp::from_second(now_s).unwrap()).map(|age| age.age_ms);
        assert_eq!((age_ms("feed", 10), age_ms("search_index", 3_610)), (Some(0), Some(3_600_000)));
        assert_eq!(age_ms("feed", 5), Some(0), "a clock that is ahead");
        assert_eq!(age_ms("catalogue", 5), None);
    }
}
