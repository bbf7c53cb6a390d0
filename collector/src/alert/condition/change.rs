use std::time::Duration;

use clickhouse::Row;
use jiff::SignedDuration;
use ordertrace_api::reading::Entity;
use rust_decimal::Decimal;
use serde::Deserialize;
use tracing::instrument;

use super::Source;
use crate::alert::observation::{Observation, labels, limited, word};
use crate::alert::scope::Scope;
use crate::alert::state::Kept;
use crate::alert::threshold::{Level, Threshold, Unit};
use crate::moment::nanoseconds_in;

/// A system's own value changes by much within a time.
#[derive(Clone, Debug)]
pub(in crate::alert) struct ChangeCondition {
    pub(in crate::alert) entity: Entity,
    /// Of stock; else empty.
    pub(in crate::alert) state: &'static str,
    pub(in crate::alert) threshold: Threshold,
    pub(in crate::alert) within: Duration,
    /// Its targets are the systems.
    pub(in crate::alert) scope: Scope,
}

/// What a system said of an item at the beginning of that time, and what it says now.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub(super) struct Changed {
    pub(super) system: String,
    pub(super) subject: String,
    pub(super) location: String,
    pub(super) channel: String,
    pub(super) currency: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// How far back from the beginning of that time the value is looked for that held then: 7 days.
const LOOK_BACK_NS: i64 = 7 * 86_400 * 1_000_000_000;

/// Subjects of which readings are looked at in one round.
const MOST_SUBJECTS: usize = 100_000;

impl ChangeCondition {
    /// The items that changed most, and those that are told already and changed at all.
    #[instrument(name = "SELECT readings that changed", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "readings"))]
    pub(super) async fn see(
        &self,
        source: &Source,
        active: &[&Kept],
        limit: usize,
        now_ms: i64,
    ) -> clickhouse::error::Result<Vec<Observation>> {
        let told: Vec<Place<'_>> = active.iter().map(|kept| place_of(kept)).collect();
        let (is_told, told_first) = if told.is_empty() {
            ("false", "")
        } else {
            let is_told = "(system, subject, location, channel, currency) IN ?";
            (is_told, "(system, subject, location, channel, currency) IN ? DESC,")
        };
        let by = "abs(toFloat64OrZero(after) - toFloat64OrZero(before))";
        let size = match self.threshold.unit {
            Unit::Percent => format!("{by} * 100 / abs(toFloat64OrZero(before))"),
            Unit::Units | Unit::Money => by.to_owned(),
        };
        let (is_known, changed) = (source.is_known(), source.changed());
        // Copies say what changed lately, so that only readings of that are looked at. The value that held at the
        // beginning is the last before it, or else the first that is known.
        let query = format!(
            "SELECT system, subject, location, channel, currency,
                if(countIf(at < fromUnixTimestamp64Nano(?, 'UTC')) > 0,
                    argMaxIf(value, (at, value), at < fromUnixTimestamp64Nano(?, 'UTC')),
                    argMin(value, (at, value))) AS before,
                argMax(value, (at, value)) AS after
             FROM readings
             WHERE readings.entity = ? AND state = ? AND id_kind = ''
                AND at >= fromUnixTimestamp64Nano(?, 'UTC') AND at <= fromUnixTimestamp64Nano(?, 'UTC')
                AND {is_known} AND subject GLOBAL IN ({changed} LIMIT {MOST_SUBJECTS})
                AND (empty(?) OR system IN ?) AND (empty(?) OR location IN ?) AND (empty(?) OR channel IN ?)
                AND (empty(?) OR arrayExists(pattern -> subject LIKE pattern, ?))
             GROUP BY system, subject, location, channel, currency
             HAVING before != after AND ({size} >= ? OR {is_told})
             ORDER BY {told_first} {size} DESC, system, subject, location, channel, currency
             LIMIT ?"
        );
        let now_ns = now_ms.saturating_mul(1_000_000);
        let from_ns = now_ns.saturating_sub(nanoseconds_in(self.within));
        let entity = self.entity.name();
        let query = source.client.query(&query).bind(from_ns).bind(from_ns).bind(entity).bind(self.state);
        let query = query.bind(from_ns.saturating_sub(LOOK_BACK_NS)).bind(now_ns);
        let query = query.bind(entity).bind(self.state).bind(from_ns);
        let query = self.scope.bind(query).bind(self.threshold.approximately());
        let query = if told.is_empty() { query } else { query.bind(&told).bind(&told) };
        let most = told.len().saturating_add(limit).saturating_add(1);
        let rows = query.bind(most as u64).fetch_all::<Changed>().await?;
        Ok(limited(rows.iter().map(|row| self.judge(row)).collect(), limit))
    }

    /// One item.
    pub(super) fn judge(&self, row: &Changed) -> Observation {
        let number = |text: &str| Decimal::from_str_exact(text).ok();
        let (before, after) = (number(&row.before), number(&row.after));
        let level = match (before, after, before.zip(after).and_then(|(before, after)| after.checked_sub(before))) {
            (Some(before), Some(_), Some(by)) => self.threshold.level(by, before),
            // What no decimal holds is more than any threshold.
            (Some(_), Some(_), None) => Level::Over,
            // A text has no rate.
            _ => Level::Under,
        };
        let Changed { system, subject, location, channel, currency, .. } = row;
        let of = [location, channel].into_iter().filter(|text| !text.is_empty());
        let item = of.fold(subject.clone(), |item, text| format!("{item} {text}"));
        let unit = if currency.is_empty() { String::new() } else { format!(" {currency}") };
        let within = format!("{:#}", SignedDuration::try_from(self.within).unwrap_or(SignedDuration::MAX));
        let change = format!("{} to {}{unit}", row.before, row.after);
        Observation {
            labels: labels([
                ("system", system),
                ("entity", self.entity.name()),
                ("sku", subject),
                ("location", location),
                ("channel", channel),
                ("currency", currency),
            ]),
            level,
            says: format!("{item}: {system} went from {change} within {within}"),
            value: change,
            hit: String::new(),
            look: format!("ordertrace sync --sku {}", word(subject)),
        }
    }
}

/// System, subject, location, channel, currency.
type Place<'k> = (&'k str, &'k str, &'k str, &'k str, &'k str);

/// Which item an alert is about.
fn place_of(kept: &Kept) -> Place<'_> {
    let label = |name: &str| kept.labels.get(name).map_or("", String::as_str);
    (label("system"), label("sku"), label("location"), label("channel"), label("currency"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_jumps() {
        let over = |limit: i64, unit| Threshold { unit, over: limit.into(), closes_under: limit.into() };
        let condition = ChangeCondition {
            entity: Entity::Price,
            state: "",
            threshold: over(50, Unit::Percent),
            within: Duration::from_secs(3_600),
            scope: Scope::default(),
        };
        let changed = |before: &str, after: &str| Changed {
            system: "pim".to_owned(),
            subject: "HAT".to_owned(),
            location: String::new(),
            channel: "web".to_owned(),
            currency: "EUR".to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        };
        let seen = condition.judge(&changed("10", "15.01"));
        assert_eq!((seen.level, seen.value.as_str()), (Level::Over, "10 to 15.01 EUR"));
        assert_eq!(seen.says, "HAT web: pim went from 10 to 15.01 EUR within 1h");
        let level = |before: &str, after: &str| condition.judge(&changed(before, after)).level;
        assert_eq!(level("10", "5"), Level::Under);
        assert_eq!(level("10", "4.99"), Level::Over);
        assert_eq!(level("0", "0.01"), Level::Over, "from nothing");
        assert_eq!(level("many", "7"), Level::Under, "a text has no rate");
        assert_eq!(level("-79228162514264337593543950335", "79228162514264337593543950335"), Level::Over);
    }
}
