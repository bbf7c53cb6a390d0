use clickhouse::Row;
use ordertrace_api::reading::Entity;
use ordertrace_api::sync::InFlight;
use rust_decimal::Decimal;
use serde::Deserialize;
use tracing::instrument;

use super::source::{ITEMS, Source};
use super::unexplained::{Rest, add, explained, note, rest};
use crate::alert::observation::{Observation, labels, limited, word};
use crate::alert::scope::Scope;
use crate::alert::state::Kept;
use crate::alert::threshold::{Level, Threshold, Unit};
use crate::percent;
use crate::sync::{Flights, MOST_SKUS, Pairs};

/// A target does not show what its source does.
#[derive(Clone, Debug)]
pub(in crate::alert) struct DriftCondition {
    /// Name of what is compared.
    pub(in crate::alert) sync: String,
    /// The system that is right.
    pub(in crate::alert) source: String,
    /// `None` = any difference, also of texts.
    pub(in crate::alert) threshold: Option<Threshold>,
    /// ISO 4217 code, where the threshold is money.
    pub(in crate::alert) currency: Option<String>,
    /// All items of a target together.
    pub(in crate::alert) together: bool,
    pub(in crate::alert) scope: Scope,
    /// What is compared, for what orders in flight explain.
    pub(in crate::alert) pairs: Pairs,
}

/// Drifts that are looked at for those over the threshold, when orders in flight explain the largest.
const MOST_LOOKED_AT: usize = 10_000;

/// A drift that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub(super) struct OpenDrift {
    pub(super) entity: String,
    pub(super) subject: String,
    pub(super) location: String,
    pub(super) channel: String,
    pub(super) currency: String,
    pub(super) field: String,
    pub(super) target: String,
    pub(super) source_value: String,
    pub(super) target_value: String,
    /// Decimal text; empty = no number.
    pub(super) difference: String,
    /// What a unit costs in the rule's currency, decimal text; empty = unknown, or of no account.
    pub(super) price: String,
}

/// All drifts of a target.
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub(super) struct Sum {
    pub(super) target: String,
    pub(super) items: u64,
    /// Without signs, decimal text; money, where the threshold is.
    pub(super) difference: String,
    /// Items without a price, where the threshold is money.
    pub(super) unknown: u64,
    /// Items that differ by no number, or by none that can be added up.
    pub(super) uncounted: u64,
    /// The one that differs most, and by how much.
    pub(super) subject: String,
    pub(super) largest: String,
}

/// The columns of an [`OpenDrift`] but for the price.
const COLUMNS: &str = "entity, open.subject AS subject, location, channel, currency, field, target, source_value,
    target_value, difference";

impl DriftCondition {
    /// The worst items over the threshold, and those that are told already and not under the one that closes: by what
    /// orders in flight at `now_ms` do not explain.
    pub(super) async fn see(
        &self,
        source: &Source,
        active: &[&Kept],
        limit: usize,
        now_ms: i64,
    ) -> clickhouse::error::Result<Vec<Observation>> {
        let mut most = active.len().saturating_add(limit).saturating_add(1);
        loop {
            let rows = self.worst(source, active, most).await?;
            let explained = explained(source, (&self.pairs, &self.sync), &rows, now_ms).await?;
            let seen: Vec<Observation> =
                rows.iter().zip(&explained).map(|(row, explained)| self.judge(row, explained.as_ref())).collect();
            let over = seen.iter().filter(|seen| seen.level == Level::Over).count();
            if rows.len() < most || over > limit {
                return Ok(limited(seen, limit));
            }
            // Orders in flight explain some of them: there may be others behind.
            if most >= MOST_LOOKED_AT {
                tracing::warn!(sync = self.sync, looked_at = rows.len(), "only the largest drifts were looked at");
                return Ok(limited(seen, limit));
            }
            most = most.saturating_mul(4).min(MOST_LOOKED_AT);
        }
    }

    /// The items that differ most and over the threshold, after those that are told already.
    #[instrument(name = "SELECT drifts over a threshold", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    async fn worst(&self, source: &Source, active: &[&Kept], most: usize) -> clickhouse::error::Result<Vec<OpenDrift>> {
        let (open, (prices, price)) = (source.open(), self.prices(source));
        let size = match self.threshold.map(|threshold| threshold.unit) {
            Some(Unit::Percent) => {
                "abs(toFloat64OrZero(difference)) * 100 / abs(toFloat64OrZero(source_value))".to_owned()
            }
            Some(Unit::Money) => format!("abs(toFloat64OrZero(difference)) * toFloat64OrZero({price})"),
            _ => "abs(toFloat64OrZero(difference))".to_owned(),
        };
        let told: Vec<Item<'_>> = active.iter().map(|kept| item_of(kept)).collect();
        let (is_told, told_first) = if told.is_empty() {
            ("false", "")
        } else {
            let is_told = "(open.subject, location, channel, currency, field, target) IN ?";
            (is_told, "(open.subject, location, channel, currency, field, target) IN ? DESC,")
        };
        // Of 0 it is infinite, or, where both are, no number; what is no number is over everything.
        let query = format!(
            "SELECT {COLUMNS}, {price} AS price
             FROM {open} {prices}
             WHERE {ITEMS} AND (difference = '' OR isNaN({size}) OR {size} >= ? OR {is_told})
             ORDER BY {told_first} difference = '' DESC, {size} DESC, open.subject, location, channel, target
             LIMIT ?"
        );
        let over = self.threshold.map_or(0.0, |threshold| threshold.approximately());
        let query = source.bind_items(source.client.query(&query), &self.sync, &self.scope).bind(over);
        let query = if told.is_empty() { query } else { query.bind(&told).bind(&told) };
        query.bind(most as u64).fetch_all::<OpenDrift>().await
    }

    /// Each target with all its items: with what orders in flight at `now_ms` do not explain of them.
    pub(super) async fn see_together(
        &self,
        source: &Source,
        now_ms: i64,
    ) -> clickhouse::error::Result<Vec<Observation>> {
        let flights = Flights::new(source.client.clone(), self.pairs.clone());
        let touched = flights.touched(&self.sync, now_ms.saturating_mul(1_000_000)).await?;
        let rows = if touched.is_empty() { Vec::new() } else { self.of(source, &touched).await? };
        let explained = explained(source, (&self.pairs, &self.sync), &rows, now_ms).await?;
        let rests = rows.iter().zip(&explained).filter_map(|(row, explained)| {
            let amount = match Decimal::from_str_exact(rest(row, explained.as_ref())?) {
                Ok(units) if self.currency.is_none() => Rest::Amount(units.abs()),
                Ok(units) => Self::money(row, units).map_or(Rest::NoPrice, Rest::Amount),
                Err(_) => Rest::NoNumber,
            };
            Some((row, amount))
        });
        let sums = add(self.sums(source, &touched).await?, rests);
        let mut seen: Vec<Observation> = sums.iter().map(|row| self.judge_sum(row)).collect();
        if touched.len() >= MOST_SKUS {
            let note = format!("; of more than {MOST_SKUS} SKUs with orders, orders in flight are of no account");
            seen.iter_mut().for_each(|seen| seen.says.push_str(&note));
        }
        Ok(seen)
    }

    /// The drifts of these SKUs.
    #[instrument(name = "SELECT drifts of SKUs", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    async fn of(&self, source: &Source, skus: &[String]) -> clickhouse::error::Result<Vec<OpenDrift>> {
        let (open, (prices, price)) = (source.open(), self.prices(source));
        let query =
            format!("SELECT {COLUMNS}, {price} AS price FROM {open} {prices} WHERE {ITEMS} AND open.subject IN ?");
        let query = source.bind_items(source.client.query(&query), &self.sync, &self.scope);
        query.bind(skus).fetch_all::<OpenDrift>().await
    }

    /// Each target with its items, but for those of these SKUs.
    #[instrument(name = "SELECT drifts by target", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    async fn sums(&self, source: &Source, but: &[String]) -> clickhouse::error::Result<Vec<Sum>> {
        // Exact, and with room for any number of items: what has more than 20 digits before the point is not added up.
        let counts = |text: &str| format!("ifNull(abs(toFloat64OrNull({text})) < 1e20, false)");
        let decimal = |text: &str| format!("abs(toDecimal256OrZero(if({}, {text}, ''), 14))", counts(text));
        let (open, (prices, price)) = (source.open(), self.prices(source));
        let (amount, counted) = match self.currency {
            Some(_) => (
                format!("{} * {}", decimal("units"), decimal("price_text")),
                format!("{} AND (price_text = '' OR {})", counts("units"), counts("price_text")),
            ),
            None => (decimal("units"), counts("units")),
        };
        let query = format!(
            "SELECT target, count() AS items, toString(sum({amount})) AS difference, countIf(price_text = '') AS unknown,
                countIf(NOT ({counted})) AS uncounted,
                argMax(item, {amount}) AS subject, toString(max({amount})) AS largest
             FROM (SELECT target, open.subject AS item, open.difference AS units, {price} AS price_text
                FROM {open} {prices} WHERE {ITEMS} AND (empty(?) OR open.subject NOT IN ?))
             GROUP BY target ORDER BY target"
        );
        let query = source.bind_items(source.client.query(&query), &self.sync, &self.scope);
        query.bind(but).bind(but).fetch_all::<Sum>().await
    }

    /// A join with the newest price of each SKU in the rule's currency, and the expression for a unit's price.
    fn prices(&self, source: &Source) -> (String, String) {
        // One of a few known codes: nothing that could end the text.
        let Some(currency) = &self.currency else { return (String::new(), "''".to_owned()) };
        let join = format!("LEFT JOIN ({}) AS prices ON priced = open.subject", source.prices(currency));
        (join, format!("if(open.entity = 'price', if(open.currency = '{currency}', '1', ''), newest)"))
    }

    /// What so many units of a drift's item are worth; `None` where the price is not known. What no decimal holds is
    /// worth more than any.
    fn money(row: &OpenDrift, units: Decimal) -> Option<Decimal> {
        let price = Decimal::from_str_exact(&row.price).ok()?;
        Some(units.abs().checked_mul(price.abs()).unwrap_or(Decimal::MAX))
    }

    /// One item, by what orders in flight do not explain of it.
    pub(super) fn judge(&self, row: &OpenDrift, explained: Option<&InFlight>) -> Observation {
        let number = |text: &str| Decimal::from_str_exact(text).ok();
        let difference = rest(row, explained);
        let is_settled = difference.is_none();
        let difference = difference.unwrap_or("0");
        let units = number(difference);
        let money = self.currency.as_ref().map(|currency| (currency, units.and_then(|units| Self::money(row, units))));
        let level = match (self.threshold, units, number(&row.source_value)) {
            _ if is_settled => Level::Under,
            (Some(threshold), Some(_), _) if threshold.unit == Unit::Money => match &money {
                Some((_, Some(amount))) => threshold.level(*amount, Decimal::ZERO),
                // Nobody knows: it opens nothing, and closes nothing.
                _ => Level::Between,
            },
            (Some(threshold), Some(difference), Some(source)) => threshold.level(difference, source),
            // It differs, and nobody can say by how little.
            _ => Level::Over,
        };
        let OpenDrift { subject, location, channel, currency, field, target, .. } = row;
        let subject_label = if is_of_order(&row.entity) { "order" } else { "sku" };
        let of = [location, channel, field].into_iter().filter(|text| !text.is_empty());
        let item = of.fold(subject.clone(), |item, text| format!("{item} {text}"));
        let unit = if currency.is_empty() { String::new() } else { format!(" {currency}") };
        let told = value(row, difference, &unit);
        Observation {
            labels: labels([
                ("sync", &self.sync),
                ("source", &self.source),
                ("target", target),
                (subject_label, subject),
                ("location", location),
                ("channel", channel),
                ("currency", currency),
                ("field", field),
            ]),
            level,
            value: match money {
                Some((currency, Some(amount))) => format!("{} {currency}, {told}", amount.normalize()),
                Some((currency, None)) => format!("unknown in {currency}, {told}"),
                None => told,
            },
            says: format!(
                "{item}: {} {}{unit}, {target} {}{unit}{}",
                self.source,
                row.source_value,
                row.target_value,
                note(explained)
            ),
            hit: String::new(),
            look: format!("ordertrace sync --sku {}", word(subject)),
        }
    }

    /// All items of a target.
    pub(super) fn judge_sum(&self, row: &Sum) -> Observation {
        // What no decimal holds is more than any threshold.
        let difference = row.difference.parse().unwrap_or(Decimal::MAX);
        let level = match self.threshold {
            Some(threshold) if row.uncounted == 0 => threshold.level(difference, Decimal::ZERO),
            // They differ, and nobody can say by how little.
            _ => Level::Over,
        };
        let (source, target, subject) = (&self.source, &row.target, &row.subject);
        let amount = format!("{} {}", difference.normalize(), self.currency.as_deref().unwrap_or("units"));
        let unknown = match (&self.currency, row.unknown) {
            (Some(currency), items @ 1..) => format!("; {items} have no price in {currency}"),
            _ => String::new(),
        };
        let uncounted = match row.uncounted {
            0 => String::new(),
            items => format!("; {items} differ by no number that can be added up"),
        };
        Observation {
            labels: labels([("sync", &self.sync), ("source", source), ("target", target)]),
            level,
            says: format!(
                "{target} differs from {source} by {amount} in {} items, most in {subject}{unknown}{uncounted}",
                row.items
            ),
            value: amount,
            hit: String::new(),
            look: format!("ordertrace sync --sku {}", word(subject)),
        }
    }
}

fn is_of_order(entity: &str) -> bool {
    Entity::parse(entity) == Some(Entity::OrderStatus)
}

/// Subject, location, channel, currency, field, target.
type Item<'k> = (&'k str, &'k str, &'k str, &'k str, &'k str, &'k str);

/// Which drift an alert is about.
fn item_of(kept: &Kept) -> Item<'_> {
    let label = |name: &str| kept.labels.get(name).map_or("", String::as_str);
    let subject = if kept.labels.contains_key("order") { label("order") } else { label("sku") };
    (subject, label("location"), label("channel"), label("currency"), label("field"), label("target"))
}

/// `3 units, 30 %`.
fn value(row: &OpenDrift, difference: &str, unit: &str) -> String {
    let number = |text: &str| Decimal::from_str_exact(text).ok();
    let Some(difference) = number(difference) else { return row.target_value.clone() };
    let unit = if unit.is_empty() { " units" } else { unit };
    let percent = number(&row.source_value)
        .and_then(|source| percent::of(difference, source))
        .map(|percent| format!(", {} %", percent.abs().round_dp(1).normalize()));
    format!("{}{unit}{}", difference.abs().normalize(), percent.unwrap_or_default())
}

#[cfg(test)]
mod tests;
