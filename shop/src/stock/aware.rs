//! What can be known of orders in flight, and of those that are open.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ordertrace_api::reading::Entity;

use super::amount;
use super::orders::{COMPLETED, OrderTold, PLACED, StockOrder};
use super::truth::{Differs, Watched};

/// What can be known at a time of the orders of a watched item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aware {
    /// Orders that the target has taken off, and the source, as it is known, has not.
    pub in_flight: u64,
    /// Their units: decimal text.
    pub units: String,
    /// What they explain of the difference.
    pub explained: String,
    /// The rest of it.
    pub unexplained: String,
    /// Orders that are not completed.
    pub open: BTreeSet<String>,
    /// What these are worth, by currency: decimal text.
    pub money: BTreeMap<&'static str, String>,
    /// Of how many of these that is not known.
    pub unpriced: u64,
}

/// The latest moment of what is known of one copy, from the arrival of what tells it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moments {
    pub(super) location: &'static str,
    /// When it arrives, and the moment; the earliest first.
    pub(super) known: Vec<(i64, i64)>,
}

impl Moments {
    fn at(&self, now_ms: i64) -> i64 {
        let later = self.known.partition_point(|(arrives_ms, _)| *arrives_ms <= now_ms);
        self.known.iter().take(later).map(|(_, moment_ms)| *moment_ms).max().unwrap_or(i64::MIN)
    }
}

impl Watched {
    /// Whether the target itself takes orders of the item, which are in flight for a time.
    pub fn takes_orders(&self) -> bool {
        self.entity == Entity::Inventory && self.orders.iter().any(|order| order.channel == self.target)
    }

    /// What can be known of orders at `now`, while the item differs by that.
    pub fn aware(&self, now: Timestamp, differs: &Differs) -> Aware {
        let by = differs.hundredths;
        let now_ms = now.duration_since(self.begins_at).as_millis().try_into().unwrap_or(i64::MAX);
        let flying: Vec<&StockOrder> = self.orders.iter().filter(|order| self.is_in_flight(order, now_ms)).collect();
        let units: i64 = flying.iter().map(|order| order.units).sum();
        let explained = -units.min(-by).max(0);
        let is_open = |order: &&StockOrder| {
            let goods = order.told.iter().any(|told| told.goods.is_some() && is_known(told, now_ms));
            goods && !order.told.iter().any(|told| told.milestone == COMPLETED && is_known(told, now_ms))
        };
        let open: Vec<&StockOrder> = self.orders.iter().filter(is_open).collect();
        let is_priced =
            |order: &StockOrder| order.told.iter().any(|told| told.milestone == PLACED && is_known(told, now_ms));
        let mut money: BTreeMap<&'static str, i64> = BTreeMap::new();
        for order in open.iter().filter(|order| is_priced(order)) {
            *money.entry(order.currency).or_default() += order.amount;
        }
        Aware {
            in_flight: flying.len() as u64,
            units: amount::text(units),
            explained: amount::text(explained),
            unexplained: amount::text(by - explained),
            money: money.into_iter().map(|(currency, sum)| (currency, amount::text(sum))).collect(),
            unpriced: open.iter().filter(|order| !is_priced(order)).count() as u64,
            open: open.iter().map(|order| order.id.clone()).collect(),
        }
    }

    fn is_in_flight(&self, order: &StockOrder, now_ms: i64) -> bool {
        let Some((target, sources)) = self.moments.split_last() else { return false };
        let known = || order.told.iter().filter(|told| is_known(told, now_ms));
        let is_taken = order.channel == self.target
            && known().any(|told| told.milestone == PLACED && told.at_ms <= target.at(now_ms));
        // Who has heard where the goods are knows which of the source's copies is without them.
        let location = known().find_map(|told| told.goods.filter(|location| !location.is_empty()));
        let there = |moments: &&Moments| location.is_none_or(|location| moments.location == location);
        let source_ms = sources.iter().filter(there).map(|moments| moments.at(now_ms)).max().unwrap_or(i64::MIN);
        let has_heard = known().any(|told| {
            let is_end = told.milestone != PLACED && told.milestone != COMPLETED;
            is_end && told.at_ms <= source_ms
        });
        is_taken && !has_heard
    }
}

fn is_known(told: &OrderTold, now_ms: i64) -> bool {
    told.arrives_ms.first().is_some_and(|arrives_ms| *arrives_ms <= now_ms)
}
