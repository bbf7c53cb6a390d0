//! What orders have to do with a drift, in words.

use ordertrace_api::sync::{DriftNow, Endangered, InFlight, count_orders};

/// `3 orders in flight explain -4, -7 unexplained` and `12 open orders, 1204.50 EUR: order:A`, as far as there is
/// something to tell.
pub fn orders_texts(drift: &DriftNow) -> Vec<String> {
    let in_flight = drift.in_flight.as_ref().filter(|in_flight| in_flight.orders > 0).map(in_flight_text);
    let endangered = drift.endangered.as_ref().filter(|hit| hit.orders > 0).map(Endangered::to_string);
    in_flight.into_iter().chain(endangered).collect()
}

fn in_flight_text(in_flight: &InFlight) -> String {
    let InFlight { explained, unexplained, settled, .. } = in_flight;
    let rest = match settled {
        true if unexplained == "0" => "nothing unexplained".to_owned(),
        true => format!("{unexplained} within the tolerance"),
        false => format!("{unexplained} unexplained"),
    };
    format!("{} in flight explain {explained}, {rest}", count_orders(in_flight.orders, in_flight.more, ""))
}
