use clickhouse::Row;
use ordertrace_api::reading::Entity;
use rust_decimal::Decimal;
use serde::Deserialize;
use tracing::instrument;

use super::source::{ITEMS, Source};
use crate::alert::observation::{Observation, labels, limited, word};
use crate::alert::scope::Scope;
use crate::alert::state::Kept;
use crate::alert::threshold::{Level, Threshold, Unit};
use crate::percent;

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
}

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
    /// The one that differs most.
    pub(super) subject: String,
}

impl DriftCondition {
    /// The worst items over the threshold, and those that are told already and not under the one that closes.
    #[instrument(name = "SELECT drifts over a threshold", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    pub(super) async fn see(
        &self,
        source: &Source,
        active: &[&Kept],
        limit: usize,
    ) -> clickhouse::error::Result<Vec<Observation>> {
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
            "SELECT entity, open.subject AS subject, location, channel, currency, field, target, source_value, target_value, difference,
                {price} AS price
             FROM {open} {prices}
             WHERE {ITEMS} AND (difference = '' OR isNaN({size}) OR {size} >= ? OR {is_told})
             ORDER BY {told_first} difference = '' DESC, {size} DESC, open.subject, location, channel, target
             LIMIT ?"
        );
        let over = self.threshold.map_or(0.0, |threshold| threshold.approximately());
        let most = told.len().saturating_add(limit).saturating_add(1);
        let query = source.bind_items(source.client.query(&query), &self.sync, &self.scope).bind(over);
        let query = if told.is_empty() { query } else { query.bind(&told).bind(&told) };
        let rows = query.bind(most as u64).fetch_all::<OpenDrift>().await?;
        Ok(limited(rows.iter().map(|row| self.judge(row)).collect(), limit))
    }

    /// Each target with all its items.
    #[instrument(name = "SELECT drifts by target", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    pub(super) async fn see_together(&self, source: &Source) -> clickhouse::error::Result<Vec<Observation>> {
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
                argMax(item, {amount}) AS subject
             FROM (SELECT target, open.subject AS item, open.difference AS units, {price} AS price_text
                FROM {open} {prices} WHERE {ITEMS})
             GROUP BY target ORDER BY target"
        );
        let query = source.bind_items(source.client.query(&query), &self.sync, &self.scope);
        let rows = query.fetch_all::<Sum>().await?;
        Ok(rows.iter().map(|row| self.judge_sum(row)).collect())
    }

    /// A join with the newest price of each SKU in the rule's currency, and the expression for a unit's price.
    fn prices(&self, source: &Source) -> (String, String) {
        // One of a few known codes: nothing that could end the text.
        let Some(currency) = &self.currency else { return (String::new(), "''".to_owned()) };
        let join = format!("LEFT JOIN ({}) AS prices ON priced = open.subject", source.prices(currency));
        (join, format!("if(open.entity = 'price', if(open.currency = '{currency}', '1', ''), newest)"))
    }

    /// What a drift is worth; `None` where the price is not known. What no decimal holds is worth more than any.
    fn money(&self, row: &OpenDrift) -> Option<Decimal> {
        let price = Decimal::from_str_exact(&row.price).ok()?;
        let difference = Decimal::from_str_exact(&row.difference).ok()?;
        Some(difference.abs().checked_mul(price.abs()).unwrap_or(Decimal::MAX))
    }

    /// One item.
    pub(super) fn judge(&self, row: &OpenDrift) -> Observation {
        let number = |text: &str| Decimal::from_str_exact(text).ok();
        let money = self.currency.as_ref().map(|currency| (currency, self.money(row)));
        let level = match (self.threshold, number(&row.difference), number(&row.source_value)) {
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
                Some((currency, Some(amount))) => format!("{} {currency}, {}", amount.normalize(), value(row, &unit)),
                Some((currency, None)) => format!("unknown in {currency}, {}", value(row, &unit)),
                None => value(row, &unit),
            },
            says: format!("{item}: {} {}{unit}, {target} {}{unit}", self.source, row.source_value, row.target_value),
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
fn value(row: &OpenDrift, unit: &str) -> String {
    let number = |text: &str| Decimal::from_str_exact(text).ok();
    let Some(difference) = number(&row.difference) else { return row.target_value.clone() };
    let unit = if unit.is_empty() { " units" } else { unit };
    let percent = number(&row.source_value)
        .and_then(|source| percent::of(difference, source))
        .map(|percent| format!(", {} %", percent.abs().round_dp(1).normalize()));
    format!("{}{unit}{}", difference.abs().normalize(), percent.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(threshold: Option<Threshold>) -> DriftCondition {
        DriftCondition {
            sync: "stock".to_owned(),
            source: "wms".to_owned(),
            threshold,
            currency: None,
            together: false,
            scope: Scope::default(),
        }
    }

    fn drift(source: &str, target: &str, difference: &str) -> OpenDrift {
        OpenDrift {
            entity: "inventory".to_owned(),
            subject: "HAT".to_owned(),
            location: "main".to_owned(),
            channel: String::new(),
            currency: String::new(),
            field: String::new(),
            target: "web".to_owned(),
            source_value: source.to_owned(),
            target_value: target.to_owned(),
            difference: difference.to_owned(),
            price: String::new(),
        }
    }

    #[test]
    fn units_are_worth_their_price() {
        let condition = DriftCondition { currency: Some("EUR".to_owned()), ..condition(over(Unit::Money, 100)) };
        let seen = |price: &str| condition.judge(&OpenDrift { price: price.to_owned(), ..drift("10", "3", "-7") });
        assert_eq!((seen("20").level, seen("20").value.as_str()), (Level::Over, "140 EUR, 7 units, 70 %"));
        assert_eq!(seen("14.28").level, Level::Under);
        let unknown = seen("");
        assert_eq!((unknown.level, unknown.value.as_str()), (Level::Between, "unknown in EUR, 7 units, 70 %"));
        assert_eq!(seen("79228162514264337593543950335").level, Level::Over, "no decimal holds it");
    }

    fn over(unit: Unit, limit: i64) -> Option<Threshold> {
        Some(Threshold { unit, over: limit.into(), closes_under: limit.into() })
    }

    #[test]
    fn an_item_over_its_threshold() {
        let seen = condition(over(Unit::Units, 5)).judge(&drift("10", "3", "-7"));
        assert_eq!(seen.level, Level::Over);
        assert_eq!(seen.value, "7 units, 70 %");
        assert_eq!(seen.says, "HAT main: wms 10, web 3");
        let told: Vec<String> = seen.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(told, ["location=main", "sku=HAT", "source=wms", "sync=stock", "target=web"]);
        assert_eq!(condition(over(Unit::Units, 7)).judge(&drift("10", "3", "-7")).level, Level::Under);
    }

    #[test]
    fn what_divides_by_nothing_and_what_is_no_number() {
        let of_nothing = condition(over(Unit::Percent, 1_000_000)).judge(&drift("0", "1", "1"));
        assert_eq!((of_nothing.level, of_nothing.value.as_str()), (Level::Over, "1 units"));
        for difference in ["", "NaN", "1e400", "79228162514264337593543950336"] {
            assert_eq!(condition(over(Unit::Units, 5)).judge(&drift("10", "many", difference)).level, Level::Over);
        }
    }

    #[test]
    fn a_price_is_told_in_its_currency() {
        let price = OpenDrift { currency: "EUR".to_owned(), location: String::new(), ..drift("9.5", "19", "9.5") };
        let seen = condition(None).judge(&price);
        assert_eq!((seen.value.as_str(), seen.says.as_str()), ("9.5 EUR, 100 %", "HAT: wms 9.5 EUR, web 19 EUR"));
    }

    #[test]
    fn items_of_a_target_together() {
        let condition = condition(over(Unit::Units, 100));
        let sum = |difference: &str| Sum {
            target: "web".to_owned(),
            items: 12,
            difference: difference.to_owned(),
            unknown: 0,
            uncounted: 0,
            subject: "HAT".to_owned(),
        };
        assert_eq!(condition.judge_sum(&sum("100")).level, Level::Under);
        let seen = condition.judge_sum(&sum("100.50"));
        assert_eq!(seen.says, "web differs from wms by 100.5 units in 12 items, most in HAT");
        assert_eq!(condition.judge_sum(&sum("9".repeat(40).as_str())).level, Level::Over);
        let uncounted = condition.judge_sum(&Sum { uncounted: 2, ..sum("1") });
        assert_eq!(uncounted.level, Level::Over);
        assert!(uncounted.says.ends_with("most in HAT; 2 differ by no number that can be added up"), "{uncounted:?}");
    }
}
