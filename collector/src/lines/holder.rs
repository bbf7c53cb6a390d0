use std::collections::BTreeMap;
use std::sync::Arc;

use ordertrace_api::keys::Key;
use rust_decimal::Decimal;

use super::read::Mentioned;
use crate::flow::Flows;
use crate::journey::{Said, Shown, Sighting};

/// An order that holds units of a SKU.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(super) shown: Arc<Shown>,
    /// Where the SKU was mentioned, by time.
    pub(super) mentioned: Vec<Mentioned>,
}

impl Holder {
    /// The key that names it best.
    pub(crate) fn id(&self) -> &Key {
        &self.shown.id
    }

    /// When a milestone was reached first, in one of these systems: nanoseconds since the Unix epoch.
    pub(crate) fn reached_ns(&self, milestone: &str, systems: &[String]) -> Option<i64> {
        let is_it =
            |name: &str, system: &str| name == milestone && (systems.is_empty() || systems.iter().any(|s| s == system));
        let shown = self.shown.milestones.iter().filter(|seen| is_it(&seen.name, &seen.system)).map(|seen| seen.at_ns);
        // What was stored a moment ago may be here already and not there yet.
        let mentioned = self.mentioned.iter().filter(|seen| is_it(&seen.milestone, &seen.seen_in)).map(|seen| seen.at);
        shown.chain(mentioned).min()
    }

    /// Units of the SKU: at a location, where it is said; else of all locations. `None` = it does not say how many.
    /// Of several places that speak of the same goods the one counts that tells of most.
    pub(crate) fn units(&self, location: &str) -> Option<Decimal> {
        let mut most: BTreeMap<&str, Decimal> = BTreeMap::new();
        for mentioned in &self.mentioned {
            if let Ok(units) = Decimal::from_str_exact(&mentioned.units) {
                let known = most.entry(&mentioned.location).or_insert(units);
                *known = units.max(*known);
            }
        }
        if !location.is_empty() {
            return most.get(location).copied();
        }
        let (nowhere, places): (Vec<_>, Vec<_>) = most.into_iter().partition(|(location, _)| location.is_empty());
        let placed = places
            .into_iter()
            .map(|(_, units)| units)
            .try_fold(None, |sum: Option<Decimal>, units| sum.unwrap_or_default().checked_add(units).map(Some));
        nowhere.into_iter().map(|(_, units)| units).chain(placed.flatten()).max()
    }

    /// Whether it may hold the SKU at a location: not, when it says of all units that they are elsewhere.
    pub(crate) fn may_be_at(&self, location: &str) -> bool {
        location.is_empty() || self.has_units_at(location) || self.has_units_at("")
    }

    /// Whether it says that it holds units at just that location.
    pub(crate) fn has_units_at(&self, location: &str) -> bool {
        self.mentioned.iter().any(|mentioned| mentioned.location == location)
    }

    /// Whether something is still due.
    pub(crate) fn is_open(&self, ends: &[String]) -> bool {
        !ends.iter().any(|end| self.reached_ns(end, &[]).is_some())
    }

    /// What it is worth, as far as that is said where its goods are.
    pub(crate) fn worth(&self, flows: &Flows) -> Option<(Decimal, String)> {
        let sighting = |mentioned: &Mentioned| Sighting {
            at_ns: mentioned.at,
            name: mentioned.milestone.clone(),
            system: mentioned.seen_in.clone(),
            said: Said { amount: mentioned.amount.clone(), currency: mentioned.currency.clone(), ..Said::default() },
            ..Sighting::default()
        };
        let sightings: Vec<Sighting> = self.mentioned.iter().map(sighting).collect();
        flows.worth(&sightings)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An order with what was said of it: seconds, milestone, system, location, units.
    pub(crate) fn holder(id: &str, said: &[(i64, &str, &str, &str, &str)]) -> Holder {
        let mentioned = |(at_s, milestone, seen_in, location, units): &(i64, &str, &str, &str, &str)| Mentioned {
            at: at_s * 1_000_000_000,
            location: (*location).to_owned(),
            units: (*units).to_owned(),
            milestone: (*milestone).to_owned(),
            seen_in: (*seen_in).to_owned(),
            amount: String::new(),
            currency: String::new(),
        };
        let shown = Arc::new(Shown { id: id.parse().unwrap(), milestones: Vec::new() });
        Holder { shown, mentioned: said.iter().map(mentioned).collect() }
    }

    #[test]
    fn units_are_those_of_the_place_that_tells_of_most() {
        let units = |said: &[(&str, &str)], location: &str| {
            let said: Vec<_> = said.iter().map(|(location, units)| (1, "", "", *location, *units)).collect();
            holder("order:A", &said).units(location).map(|units| units.to_string())
        };
        let two = Some("2".to_owned());
        assert_eq!(units(&[("", "2"), ("", "2"), ("", "1.5")], ""), two, "told again, or in part");
        assert_eq!(units(&[("", "2"), ("main", "1"), ("east", "1")], ""), two);
        assert_eq!(units(&[("", "1"), ("main", "1.50"), ("east", "0.50")], "").as_deref(), Some("2.00"));
        assert_eq!(units(&[("", "2"), ("main", "1")], "main").as_deref(), Some("1"));
        assert_eq!(units(&[("", "2")], "main"), None, "nobody says where");
        assert_eq!(units(&[("", "")], ""), None);
    }

    #[test]
    fn an_order_whose_goods_are_elsewhere_is_not_here() {
        let order = holder("order:A", &[(1, "", "", "main", "2")]);
        assert!(order.may_be_at("main") && order.may_be_at("") && !order.may_be_at("east"));
        assert!(holder("order:B", &[(1, "", "", "", "2")]).may_be_at("east"));
    }

    #[test]
    fn an_order_is_open_until_its_end_is_reached() {
        let ends = ["order.delivered".to_owned()];
        assert!(holder("order:A", &[(1, "order.placed", "web", "", "2")]).is_open(&ends));
        assert!(!holder("order:A", &[(9, "order.delivered", "erp", "", "2")]).is_open(&ends));
    }
}
