use std::collections::{BTreeMap, BTreeSet, HashMap};

use clickhouse::error::Result;
use clickhouse::{Client, Row};
use jiff::Timestamp;
use ordertrace_api::finding::Money;
use ordertrace_api::hotspot::{HotspotOrdersQuery, OrderFigures};
use ordertrace_api::keys::Key;
use serde::Deserialize;
use tracing::instrument;

use super::SCALE;
use crate::hotspots::Minutes;
use crate::hotspots::choice::anonymous;

/// Only those of a minute's rows count that were sealed last. Orders and amounts count where the order
/// had no such handoff earlier in the range.
const SPENT: &str = "
    SELECT to, from, asked, of_currency, sumIf(orders, before_it < ?) AS all_orders, sum(handoffs) AS all_handoffs,
        sum(waiting_ns) AS all_waiting_ns, sum(path_ns) AS all_path_ns,
        sumIf(in_flight, before_it < ?) AS all_in_flight, sumIf(at_risk, before_it < ?) AS all_at_risk
    FROM
    (
        SELECT * FROM order_costs_per_minute
        WHERE minute >= toDateTime(?, 'UTC') AND minute < toDateTime(?, 'UTC') AND (minute, sealed_at) GLOBAL IN
        (
            SELECT minute, max(sealed_at) FROM order_costs_per_minute
            WHERE minute >= toDateTime(?, 'UTC') AND minute < toDateTime(?, 'UTC') GROUP BY minute
        )
        LIMIT 1 BY minute
    )
    ARRAY JOIN spent.handoff_to AS to, spent.handoff_from AS from, spent.operation AS asked,
        arrayMap(minute -> toUnixTimestamp(minute), spent.earlier) AS before_it, spent.currency AS of_currency,
        spent.orders AS orders, spent.handoffs AS handoffs, spent.waiting_ns AS waiting_ns, spent.path_ns AS path_ns,
        spent.in_flight AS in_flight, spent.at_risk AS at_risk
    GROUP BY to, from, asked, of_currency";

/// Senders and operations that a receiver's handoffs had.
const KINDS: &str = "
    SELECT DISTINCT handoff_from, operation FROM journey_handoffs
    WHERE minute >= toDateTime(?, 'UTC') AND minute < toDateTime(?, 'UTC') AND handoff_to = ? AND NOT gone";

const TOUCHED: &str = "
    SELECT journey FROM
    (
        SELECT journey, gone, at_risk, path_ns FROM journey_handoffs
        WHERE minute >= toDateTime(?, 'UTC') AND minute < toDateTime(?, 'UTC') AND handoff_to = ?
            AND (handoff_from, operation) IN ?
        ORDER BY written_at DESC LIMIT 1 BY minute, journey, handoff_to, handoff_from, operation
    )
    WHERE NOT gone
    GROUP BY journey ORDER BY max(at_risk) DESC, sum(path_ns) DESC, journey LIMIT ?";

#[derive(Debug, Row, Deserialize)]
struct SpentRow {
    to: String,
    from: String,
    asked: String,
    of_currency: String,
    all_orders: u64,
    all_handoffs: u64,
    all_waiting_ns: u128,
    all_path_ns: u128,
    all_in_flight: i128,
    all_at_risk: i128,
}

/// What orders spent in a range.
#[derive(Debug, Default)]
pub(in crate::hotspots) struct OrderCosts {
    /// Up to when what arrived was put together.
    pub(in crate::hotspots) until: Option<Timestamp>,
    /// By receiver and operation, by sender.
    handoffs: HashMap<(String, String), BTreeMap<String, OrderSums>>,
    systems: HashMap<String, OrderSums>,
    /// All that handoffs were of critical paths.
    path_ns: u128,
}

/// What is added up of orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::hotspots) struct OrderSums {
    orders: u64,
    handoffs: u64,
    waiting_ns: u128,
    path_ns: u128,
    /// Billionths, by currency.
    in_flight: BTreeMap<String, i128>,
    at_risk: BTreeMap<String, i128>,
}

/// What orders spent on handoffs that began in these minutes.
#[instrument(name = "SELECT order_costs_per_minute", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "order_costs_per_minute"))]
pub(in crate::hotspots) async fn read(client: &Client, minutes: Minutes) -> Result<OrderCosts> {
    let Minutes { since_s, until_s } = minutes;
    let mut query = client.query(SPENT);
    for second in [since_s, since_s, since_s, since_s, until_s, since_s, until_s] {
        query = query.bind(second);
    }
    let progress = client.query("SELECT toUnixTimestamp(max(until)) FROM order_costs_progress").fetch_one::<u32>();
    let (rows, progress_s) = futures::try_join!(query.fetch_all::<SpentRow>(), progress)?;
    let until = Timestamp::from_second(i64::from(progress_s)).ok().filter(|until| *until > Timestamp::UNIX_EPOCH);
    let mut costs = OrderCosts { until, ..OrderCosts::default() };
    for row in rows {
        let sums = OrderSums {
            orders: row.all_orders,
            handoffs: row.all_handoffs,
            waiting_ns: row.all_waiting_ns,
            path_ns: row.all_path_ns,
            in_flight: BTreeMap::from([(row.of_currency.clone(), row.all_in_flight)]),
            at_risk: BTreeMap::from([(row.of_currency, row.all_at_risk)]),
        };
        if row.asked.is_empty() {
            costs.path_ns = costs.path_ns.saturating_add(sums.path_ns);
            costs.systems.entry(row.to).or_default().add(&sums);
        } else {
            let kind = (row.to, anonymous(&row.asked).into_owned());
            costs.handoffs.entry(kind).or_default().entry(row.from).or_default().add(&sums);
        }
    }
    Ok(costs)
}

/// The orders with handoffs in these minutes, those with most at risk first, then those that they took
/// longest.
///
/// # Errors
/// When ClickHouse does not answer.
#[instrument(name = "SELECT journey_handoffs", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "journey_handoffs"))]
pub(in crate::hotspots) async fn touched(
    client: &Client,
    minutes: Minutes,
    wanted: &HotspotOrdersQuery,
    limit: usize,
) -> Result<Vec<Key>> {
    let Minutes { since_s, until_s } = minutes;
    let kinds: Vec<(String, String)> = match &wanted.operation {
        // All of the receiver's are kept as one.
        None if wanted.from.is_none() => vec![(String::new(), String::new())],
        operation => {
            let asked = operation.as_deref().map(anonymous);
            let all = client.query(KINDS).bind(since_s).bind(until_s).bind(&wanted.to);
            let kinds = all.fetch_all::<(String, String)>().await?.into_iter();
            let is_wanted = |(from, operation): &(String, String)| {
                !operation.is_empty()
                    && wanted.from.as_ref().is_none_or(|wanted| wanted == from)
                    && asked.as_ref().is_none_or(|asked| *asked == anonymous(operation))
            };
            kinds.filter(is_wanted).collect()
        }
    };
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let touched = client.query(TOUCHED).bind(since_s).bind(until_s).bind(&wanted.to).bind(kinds).bind(limit as u64);
    let journeys = touched.fetch_all::<String>().await?;
    Ok(journeys.iter().filter_map(|journey| journey.parse().ok()).collect())
}

impl OrderCosts {
    /// What orders spent on a handoff. One of unknown sender has what orders know of all senders
    /// but those `listed`.
    pub(in crate::hotspots) fn of_handoff(
        &self,
        (to, operation, from): (String, String, String),
        listed: &BTreeSet<(String, String, String)>,
    ) -> OrderFigures {
        let Some(senders) = self.handoffs.get(&(to.clone(), operation.clone())) else { return OrderFigures::default() };
        let mut sums = senders.get(&from).cloned().unwrap_or_default();
        if from.is_empty() {
            for (from, of_sender) in senders.iter().filter(|(from, _)| !from.is_empty()) {
                if !listed.contains(&(to.clone(), operation.clone(), from.clone())) {
                    sums.add(of_sender);
                }
            }
        }
        sums.figures(self.path_ns)
    }

    /// What orders spent on a system.
    pub(in crate::hotspots) fn of_system(&self, system: &str) -> OrderFigures {
        self.systems.get(system).map(|sums| sums.figures(self.path_ns)).unwrap_or_default()
    }
}

impl OrderSums {
    fn add(&mut self, other: &Self) {
        self.orders += other.orders;
        self.handoffs += other.handoffs;
        self.waiting_ns = self.waiting_ns.saturating_add(other.waiting_ns);
        self.path_ns = self.path_ns.saturating_add(other.path_ns);
        for (money, other) in [(&mut self.in_flight, &other.in_flight), (&mut self.at_risk, &other.at_risk)] {
            for (currency, amount) in other {
                let sum = money.entry(currency.clone()).or_default();
                *sum = sum.saturating_add(*amount);
            }
        }
    }

    fn figures(&self, path_ns: u128) -> OrderFigures {
        let mean = |sum: u128| u64::try_from(sum / u128::from(self.handoffs.max(1))).unwrap_or(u64::MAX);
        let share = if path_ns > 0 { self.path_ns as f64 / path_ns as f64 } else { 0.0 };
        OrderFigures {
            orders: self.orders,
            handoffs: self.handoffs,
            mean_waiting_ns: mean(self.waiting_ns),
            mean_path_ns: mean(self.path_ns),
            path_share: share,
            in_flight: money(&self.in_flight),
            at_risk: money(&self.at_risk),
        }
    }
}

/// Amounts of currencies that are known.
fn money(amounts: &BTreeMap<String, i128>) -> Vec<Money> {
    let amounts = amounts.iter().filter(|(currency, _)| !currency.is_empty());
    amounts.map(|(currency, amount)| Money { amount: decimal(*amount), currency: currency.clone() }).collect()
}

/// Billionths as decimal text: no decimals where there is nothing behind the point, else two at least.
fn decimal(billionths: i128) -> String {
    let one = 10_i128.pow(SCALE);
    let (whole, rest) = (billionths / one, billionths % one);
    if rest == 0 {
        return whole.to_string();
    }
    let decimals = format!("{rest:0>9}");
    let shown = decimals.trim_end_matches('0').len().max(2);
    format!("{whole}.{}", decimals.get(..shown).unwrap_or(&decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_people_write_them() {
        for (billionths, expected) in [
            (0, "0"),
            (1, "0.000000001"),
            (49_900_000_000, "49.90"),
            (49_950_000_000, "49.95"),
            (1_234_500_000, "1.2345"),
            (4_990_000_000_000, "4990"),
        ] {
            assert_eq!(decimal(billionths), expected);
        }
    }

    #[test]
    fn an_unknown_sender_has_what_no_other_line_has() {
        let sums =
            |orders| OrderSums { orders, handoffs: orders, path_ns: u128::from(orders) * 10, ..Default::default() };
        let senders = [("", 1), ("storefront", 20), ("oms", 300)].map(|(from, orders)| (from.to_owned(), sums(orders)));
        let key = |from: &str| ("payments".to_owned(), "POST /pay".to_owned(), from.to_owned());
        let mut costs = OrderCosts { path_ns: 6_420, ..OrderCosts::default() };
        costs.handoffs.insert(("payments".to_owned(), "POST /pay".to_owned()), senders.into_iter().collect());
        let listed = BTreeSet::from([key("storefront"), key("")]);
        let orders = |from: &str| costs.of_handoff(key(from), &listed).orders;
        assert_eq!((orders("storefront"), orders(""), orders("erp")), (20, 301, 0));
        let figures = costs.of_handoff(key(""), &listed);
        assert_eq!((figures.mean_path_ns, figures.path_share), (10, 3_010.0 / 6_420.0));
    }
}
