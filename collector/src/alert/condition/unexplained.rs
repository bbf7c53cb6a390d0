//! Drifts of stock without what orders in flight explain.

use std::collections::BTreeMap;

use ordertrace_api::sync::InFlight;
use rust_decimal::Decimal;

use super::drift::{OpenDrift, Sum};
use super::source::Source;
use crate::sync::{Differing, Flights, Pairs};

/// What orders in flight at `now_ms`, milliseconds since the Unix epoch, explain of each of these drifts of a sync.
pub(super) async fn explained(
    source: &Source,
    (pairs, sync): (&Pairs, &str),
    rows: &[OpenDrift],
    now_ms: i64,
) -> clickhouse::error::Result<Vec<Option<InFlight>>> {
    let flights = Flights::new(source.client.clone(), pairs.clone());
    let drifts: Vec<Differing<'_>> = rows.iter().map(|row| differing(sync, row)).collect();
    let now_ns = now_ms.saturating_mul(1_000_000);
    let held = flights.held(&drifts, now_ns).await?;
    flights.explain(&drifts, &held, now_ns).await
}

fn differing<'d>(sync: &'d str, row: &'d OpenDrift) -> Differing<'d> {
    let OpenDrift { target, subject, location, source_value, difference, .. } = row;
    Differing { sync, target, subject, location, source_value, difference }
}

/// What is left of a drift; `None` where nothing is.
pub(super) fn rest<'r>(row: &'r OpenDrift, explained: Option<&'r InFlight>) -> Option<&'r str> {
    match explained {
        Some(in_flight) if in_flight.settled => None,
        Some(in_flight) => Some(&in_flight.unexplained),
        None => Some(&row.difference),
    }
}

/// `; orders in flight (2) explain 3 of it`; empty where they explain nothing.
pub(super) fn note(explained: Option<&InFlight>) -> String {
    let Some(in_flight) = explained.filter(|in_flight| in_flight.explained != "0") else { return String::new() };
    let more = if in_flight.more { " or more" } else { "" };
    let explained = in_flight.explained.trim_start_matches('-');
    format!("; orders in flight ({}{more}) explain {explained} of it", in_flight.orders)
}

/// What is left of a drift, in the unit of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// So much, without a sign.
    Amount(Decimal),
    /// Nobody knows what a unit costs.
    NoPrice,
    /// It differs by no number.
    NoNumber,
}

/// Adds the rest of drifts to the sums of others.
pub(super) fn add<'r>(sums: Vec<Sum>, rests: impl IntoIterator<Item = (&'r OpenDrift, Rest)>) -> Vec<Sum> {
    let mut by_target: BTreeMap<String, Sum> = sums.into_iter().map(|sum| (sum.target.clone(), sum)).collect();
    // What no decimal holds is more than any.
    let number = |text: &str| text.parse().unwrap_or(Decimal::MAX);
    for (row, rest) in rests {
        let sum = by_target.entry(row.target.clone()).or_insert_with(|| Sum {
            target: row.target.clone(),
            items: 0,
            difference: "0".to_owned(),
            unknown: 0,
            uncounted: 0,
            subject: row.subject.clone(),
            largest: "0".to_owned(),
        });
        sum.items += 1;
        let rest = match rest {
            Rest::Amount(amount) => amount,
            Rest::NoPrice => {
                sum.unknown += 1;
                continue;
            }
            Rest::NoNumber => {
                sum.uncounted += 1;
                continue;
            }
        };
        sum.difference = number(&sum.difference).checked_add(rest).unwrap_or(Decimal::MAX).to_string();
        if rest > number(&sum.largest) {
            sum.largest = rest.to_string();
            sum.subject.clone_from(&row.subject);
        }
    }
    by_target.into_values().collect()
}
