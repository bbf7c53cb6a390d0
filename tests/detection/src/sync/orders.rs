//! What is said of orders beside what can be known of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ordertrace_api::reading::Entity;
use ordertrace_api::sync::{DriftNow, Endangered, InFlight};
use ordertrace_shop::stock::{Aware, Differs, Watched};

/// What is wrong with what is said of orders of a drift.
pub(super) fn compare(watched: &Watched, now: Timestamp, differs: &Differs, drift: &DriftNow) -> Option<String> {
    let aware = watched.aware(now, differs);
    let in_flight = match (&drift.in_flight, drift.entity) {
        (Some(said), Entity::Inventory) => is_in_flight(said, &aware),
        (said, Entity::Inventory) => said.is_some(),
        (said, _) => said.is_none(),
    };
    let agrees = in_flight && drift.endangered.as_ref().is_some_and(|said| is_open(said, &aware));
    (!agrees).then(|| format!("{now}: {drift:?} instead of {aware:?}"))
}

fn is_in_flight(said: &InFlight, aware: &Aware) -> bool {
    let InFlight { orders, units, explained, unexplained, settled, more } = said;
    let same = (units, explained, unexplained) == (&aware.units, &aware.explained, &aware.unexplained);
    // The ERP, which may differ within a tolerance, has no orders of its own.
    same && *orders == aware.in_flight && *settled == (aware.unexplained == "0") && !more
}

fn is_open(said: &Endangered, aware: &Aware) -> bool {
    let Endangered { orders, money, unpriced, first, more } = said;
    let same_money = |(amount, currency): (&str, &str)| {
        let known = aware.money.get(currency).map(|known| known.parse());
        known == Some(amount.parse::<rust_decimal::Decimal>())
    };
    let currencies: BTreeMap<&str, &str> = money.iter().map(|m| (m.currency.as_str(), m.amount.as_str())).collect();
    let named: BTreeSet<&str> = first.iter().map(|key| key.value.as_str()).collect();
    let same = *orders == aware.open.len() as u64 && *unpriced == aware.unpriced && !more;
    let known = named.iter().all(|name| aware.open.contains(*name)) && named.len() == first.len();
    same && known
        && currencies.len() == aware.money.len()
        && currencies.into_iter().all(|(currency, amount)| same_money((amount, currency)))
}
