//! What orders in flight explain: one of two systems has taken their units off, and the other has not heard of it.

use ordertrace_api::sync::InFlight;
use rust_decimal::Decimal;

use crate::lines::{Held, Holder};
use crate::moment::nanoseconds_in;
use crate::settings::{InFlightSettings, Taker};

/// A reading that is so much later than what it would tell is lost, and waited for no longer.
const LOST_NS: i64 = 10 * 60 * 1_000_000_000;

/// Which orders explain that a target differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) from: String,
    pub(super) until: Vec<String>,
    pub(super) taken_by: Taker,
    /// Where `from` is reached.
    pub(super) systems: Vec<String>,
    pub(super) at_most_ns: i64,
}

/// Of which moments what is known of two systems is, nanoseconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Moments {
    pub(super) target_ns: i64,
    /// The source's, by location.
    pub(super) source_ns: Vec<(String, i64)>,
}

/// A drift of stock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap<'d> {
    pub(super) sku: &'d str,
    /// Of the target; empty where it has them all together.
    pub(super) location: &'d str,
    /// How much more the target shows.
    pub(super) difference: Decimal,
    pub(super) moments: &'d Moments,
}

impl Flight {
    /// What is configured, of a pair of systems; `None` = orders explain nothing.
    pub(super) fn of(settings: &InFlightSettings, source: &str, target: &str) -> Option<Self> {
        let taker = match settings.taken_by {
            Taker::Target => target,
            Taker::Source => source,
        };
        let own = vec![taker.to_owned()];
        settings.enabled.then(|| Self {
            from: settings.from.clone(),
            until: settings.until.clone(),
            taken_by: settings.taken_by,
            systems: if settings.systems.is_empty() { own } else { settings.systems.clone() },
            at_most_ns: nanoseconds_in(settings.at_most.get()),
        })
    }

    /// What the orders that are `held` explain, whatever the tolerance, of a drift at `now_ns`, nanoseconds since the Unix epoch.
    ///
    /// Only as much as there is to explain: who shows too little for other reasons may have orders in flight as well.
    pub(super) fn explain(&self, gap: &Gap<'_>, held: &Held, now_ns: i64) -> InFlight {
        let mut orders = 0;
        let mut units = Decimal::ZERO;
        for order in held.of(gap.sku).iter().filter(|order| self.is_in_flight(order, gap, now_ns)) {
            if let Some(sum) = order.units(gap.location).and_then(|more| units.checked_add(more)) {
                orders += 1;
                units = sum;
            }
        }
        let explains = match self.taken_by {
            Taker::Target => gap.difference.is_sign_negative(),
            Taker::Source => gap.difference.is_sign_positive(),
        };
        let size = if explains { units.min(gap.difference.abs()) } else { Decimal::ZERO };
        let explained = if gap.difference.is_sign_negative() { -size } else { size };
        let unexplained = gap.difference - explained;
        InFlight {
            orders,
            units: text(units),
            explained: text(explained),
            unexplained: text(unexplained),
            settled: unexplained.is_zero(),
            more: held.is_cut(gap.sku),
        }
    }

    /// Whether the one system's stock, as it is known, is without the order's units and the other's is not.
    fn is_in_flight(&self, order: &Holder, gap: &Gap<'_>, now_ns: i64) -> bool {
        let Some(taken_ns) = order.reached_ns(&self.from, &self.systems) else { return false };
        let until = |milestone: &String| order.reached_ns(milestone, &[]);
        // Whatever is written down of it twice, it happens after it was placed.
        let told_ns = self.until.iter().filter_map(until).map(|ns| ns.max(taken_ns)).min();
        let target_ns = Some(gap.moments.target_ns);
        let source_ns = gap.moments.source_ns(order, gap.location);
        let (first_ns, then_ns) = match self.taken_by {
            Taker::Target => (target_ns, source_ns),
            Taker::Source => (source_ns, target_ns),
        };
        let is_taken = first_ns.is_some_and(|ns| ns >= taken_ns);
        let known_ns = then_ns.unwrap_or_default().max(now_ns.saturating_sub(LOST_NS));
        let has_told = told_ns.is_some_and(|ns| ns <= known_ns);
        is_taken && !has_told && now_ns.saturating_sub(taken_ns) <= self.at_most_ns
    }
}

impl Moments {
    /// That of the source's stock where an order's goods are, or wherever the source is known best.
    fn source_ns(&self, order: &Holder, location: &str) -> Option<i64> {
        let is_there = |at: &str| (location.is_empty() || at == location) && order.has_units_at(at);
        let there = self.source_ns.iter().filter(|(at, _)| is_there(at)).map(|(_, ns)| *ns).min();
        there.or_else(|| self.source_ns.iter().map(|(_, ns)| *ns).max())
    }
}

fn text(decimal: Decimal) -> String {
    decimal.normalize().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::holder;

    const SECOND_NS: i64 = 1_000_000_000;

    fn flight() -> Flight {
        Flight::of(&InFlightSettings::default(), "wms", "web").unwrap()
    }

    /// An order of two units that was placed and booked then, in seconds.
    fn order(id: &str, placed_s: i64, booked_s: Option<i64>) -> Holder {
        let mut said = vec![(placed_s, "order.placed", "web", "", "2")];
        said.extend(booked_s.map(|at_s| (at_s, "inventory.reserved", "wms", "main", "2")));
        holder(id, &said)
    }

    /// What is explained and what is not, of stock as it was at these seconds.
    fn explained(flight: &Flight, order: &Holder, difference: &str, (target_s, source_s): (i64, i64)) -> [String; 2] {
        explained_at(flight, order, difference, (target_s, source_s), 100)
    }

    fn explained_at(
        flight: &Flight,
        order: &Holder,
        difference: &str,
        (target_s, source_s): (i64, i64),
        now_s: i64,
    ) -> [String; 2] {
        let source_ns = vec![("main".to_owned(), source_s * SECOND_NS), ("east".to_owned(), 99 * SECOND_NS)];
        let moments = Moments { target_ns: target_s * SECOND_NS, source_ns };
        let difference = Decimal::from_str_exact(difference).unwrap();
        let gap = Gap { sku: "HAT", location: "", difference, moments: &moments };
        let found = flight.explain(&gap, &Held::for_test("HAT", vec![order.clone()]), now_s * SECOND_NS);
        [found.explained, found.unexplained]
    }

    #[test]
    fn what_the_target_has_taken_off_and_the_source_has_not_is_explained() {
        let flying = order("order:A", 50, None);
        assert_eq!(explained(&flight(), &flying, "-2", (60, 0)), ["-2", "0"]);
        assert_eq!(explained(&flight(), &flying, "-3.5", (60, 0)), ["-2", "-1.5"]);
        assert_eq!(explained(&flight(), &flying, "-1", (60, 0)), ["-1", "0"], "no more than there is");
        assert_eq!(explained(&flight(), &flying, "2", (60, 0)), ["0", "2"], "it shows too much");
        assert_eq!(explained(&flight(), &flying, "-2", (49, 0)), ["0", "-2"], "it was looked at before");
        let elsewhere = holder("order:B", &[(50, "order.placed", "market", "", "2")]);
        assert_eq!(explained(&flight(), &elsewhere, "-2", (60, 0)), ["0", "-2"], "another system's order");
    }

    #[test]
    fn an_order_is_in_flight_until_the_source_as_it_is_known_has_heard() {
        let booked = order("order:A", 50, Some(70));
        assert_eq!(explained(&flight(), &booked, "-2", (60, 69)), ["-2", "0"], "its reading is late");
        assert_eq!(explained(&flight(), &booked, "-2", (60, 70)), ["0", "-2"], "it is in it");
        let later_s = 70 + LOST_NS / SECOND_NS;
        assert_eq!(explained_at(&flight(), &booked, "-2", (60, 69), later_s - 1), ["-2", "0"]);
        assert_eq!(explained_at(&flight(), &booked, "-2", (60, 69), later_s), ["0", "-2"], "its reading is lost");
        let stuck = order("order:C", 50, None);
        let day_s = 50 + 24 * 60 * 60;
        assert_eq!(explained_at(&flight(), &stuck, "-2", (60, 0), day_s), ["-2", "0"]);
        assert_eq!(explained_at(&flight(), &stuck, "-2", (60, 0), day_s + 1), ["0", "-2"], "it is stuck");
    }

    #[test]
    fn orders_may_be_taken_off_by_the_source_first() {
        let settings = InFlightSettings { taken_by: Taker::Source, ..InFlightSettings::default() };
        let flight = Flight::of(&settings, "web", "wms").unwrap();
        let flying = order("order:A", 50, None);
        assert_eq!(explained(&flight, &flying, "2", (0, 60)), ["2", "0"]);
        assert_eq!(explained(&flight, &flying, "-2", (0, 60)), ["0", "-2"]);
        let off = InFlightSettings { enabled: false, ..InFlightSettings::default() };
        assert_eq!(Flight::of(&off, "web", "wms"), None);
    }
}
