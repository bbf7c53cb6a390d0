//! What orders have to do with a drift, in words.

use ordertrace_api::sync::{DriftNow, Endangered, InFlight};

/// `3 orders in flight explain -4, -7 unexplained` and `12 open orders, 1204.50 EUR: order:A`, as far as there is
/// something to tell.
pub fn orders_texts(drift: &DriftNow) -> Vec<String> {
    let in_flight = drift.in_flight.as_ref().filter(|in_flight| in_flight.orders > 0).map(in_flight_text);
    let endangered = drift.endangered.as_ref().filter(|hit| hit.orders > 0).map(endangered_text);
    in_flight.into_iter().chain(endangered).collect()
}

fn in_flight_text(in_flight: &InFlight) -> String {
    let InFlight { explained, unexplained, settled, .. } = in_flight;
    let rest = match settled {
        true if unexplained == "0" => "nothing unexplained".to_owned(),
        true => format!("{unexplained} within the tolerance"),
        false => format!("{unexplained} unexplained"),
    };
    format!("{} in flight explain {explained}, {rest}", orders(in_flight.orders, in_flight.more, ""))
}

/// `12+ open orders, 1204.50 EUR, 1 of unknown worth: order:A, …`.
fn endangered_text(hit: &Endangered) -> String {
    let money = hit.money.iter().map(|money| format!(", {} {}", money.amount, money.currency));
    let unpriced = (hit.unpriced > 0).then(|| format!(", {} of unknown worth", hit.unpriced));
    let first: Vec<String> = hit.first.iter().map(ToString::to_string).collect();
    let rest = if hit.more || hit.orders > first.len() as u64 { ", …" } else { "" };
    let what = orders(hit.orders, hit.more, "open ");
    format!("{what}{}: {}{rest}", money.chain(unpriced).collect::<String>(), first.join(", "))
}

/// `1 order`, `12+ open orders`.
fn orders(count: u64, more: bool, which: &str) -> String {
    let (plus, plural) = (if more { "+" } else { "" }, if count == 1 && !more { "" } else { "s" });
    format!("{count}{plus} {which}order{plural}")
}
