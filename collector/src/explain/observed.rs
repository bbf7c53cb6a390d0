//! Which orders show which values, and which could: those with a span on which such a value is seen.

use std::collections::{BTreeSet, HashMap};

use ordertrace_api::explain::Condition;

use super::outcome::is_outcome;

/// Longer values are texts, not attributes of a kind of order.
const VALUE_BYTES: usize = 120;
/// Elements of a list that are looked at.
const LIST_ITEMS: usize = 64;
/// Distinct values that are kept; those beyond are ids nearly all.
const VALUES: usize = 400_000;

/// What is said on a span, or on its resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement<'s> {
    /// The system whose instances differ in it; empty for what spans say.
    pub(super) of: &'s str,
    /// Name of the attribute, or kind of the key.
    pub(super) name: &'s str,
    /// The value, or a JSON list of values.
    pub(super) value: &'s str,
}

/// Orders are numbers from 0.
#[derive(Debug, Default)]
pub(super) struct Observed {
    attributes: HashMap<(String, String), Attribute>,
    places: HashMap<(String, String), usize>,
    at_place: Vec<Vec<u32>>,
    values: usize,
    /// Whether values were left out.
    pub(super) is_cut: bool,
}

#[derive(Debug, Default)]
struct Attribute {
    places: BTreeSet<usize>,
    values: HashMap<String, Vec<u32>>,
}

/// A value, the orders that have it and those that could.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) condition: Condition,
    pub(super) with: Orders,
    pub(super) could: Orders,
}

/// A set of orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Orders(Vec<u64>);

impl Orders {
    pub(super) fn add(&mut self, order: usize) {
        let word = order / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (order % 64);
        }
    }

    /// How many are in both.
    pub(super) fn shared(&self, other: &Self) -> usize {
        self.0.iter().zip(&other.0).map(|(one, other)| (one & other).count_ones() as usize).sum()
    }

    /// Those in both.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }

    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    /// Whether an order is one of them.
    pub(super) fn has(&self, order: usize) -> bool {
        self.0.get(order / 64).is_some_and(|bits| bits >> (order % 64) & 1 == 1)
    }
}

impl FromIterator<u32> for Orders {
    fn from_iter<I: IntoIterator<Item = u32>>(orders: I) -> Self {
        let mut set = Self::default();
        orders.into_iter().for_each(|order| set.add(order as usize));
        set
    }
}

impl Observed {
    /// A span of an order: the kind of span it is, and what it says. All of one order's come together.
    pub(super) fn see<'s>(
        &mut self,
        order: u32,
        system: &str,
        kind: &str,
        statements: impl Iterator<Item = Statement<'s>>,
    ) {
        let (span, instance) = (self.place(system, kind, order), self.place(system, "", order));
        for statement in statements.filter(|statement| !is_outcome(statement.name)) {
            let place = if statement.of.is_empty() { span } else { instance };
            let name = (statement.of.to_owned(), statement.name.to_owned());
            let attribute = self.attributes.entry(name).or_default();
            attribute.places.insert(place);
            for value in values(statement.value) {
                if let Some(orders) = attribute.values.get_mut(&value) {
                    push(orders, order);
                } else if self.values < VALUES {
                    self.values += 1;
                    attribute.values.insert(value, vec![order]);
                } else {
                    self.is_cut = true;
                }
            }
        }
    }

    fn place(&mut self, system: &str, kind: &str, order: u32) -> usize {
        let next = self.at_place.len();
        let place = *self.places.entry((system.to_owned(), kind.to_owned())).or_insert(next);
        if place == next {
            self.at_place.push(Vec::new());
        }
        if let Some(orders) = self.at_place.get_mut(place) {
            push(orders, order);
        }
        place
    }

    /// How many values there are.
    pub(super) fn count(&self) -> usize {
        self.values
    }

    /// The values that at least `least` orders have, in order of their names.
    pub(super) fn into_values(self, least: usize) -> Vec<Value> {
        let mut all = Vec::new();
        for ((system, name), attribute) in self.attributes {
            let places = attribute.places.iter().filter_map(|place| self.at_place.get(*place));
            let could: Orders = places.flatten().copied().collect();
            for (value, orders) in attribute.values {
                let with: Orders = orders.into_iter().collect();
                if with.count() >= least {
                    let system = Some(system.clone()).filter(|system| !system.is_empty());
                    let condition = Condition { attribute: name.clone(), system, value };
                    all.push(Value { condition, with, could: could.clone() });
                }
            }
        }
        all.sort_by(|one, other| one.condition.cmp(&other.condition));
        all
    }
}

fn push(orders: &mut Vec<u32>, order: u32) {
    if orders.last() != Some(&order) {
        orders.push(order);
    }
}

/// The value, or each of a list.
fn values(text: &str) -> Vec<String> {
    let list = text.starts_with('[').then(|| serde_json::from_str::<Vec<serde_json::Value>>(text).ok()).flatten();
    let single = || vec![text.to_owned()];
    let values = list.map_or_else(single, |items| {
        let text = |item: serde_json::Value| match item {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        items.into_iter().take(LIST_ITEMS).map(text).collect()
    });
    values.into_iter().filter(|value| !value.is_empty() && value.len() <= VALUE_BYTES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<'s>(name: &'s str, value: &'s str) -> Statement<'s> {
        Statement { of: "", name, value }
    }

    fn orders(orders: &[u32]) -> Orders {
        orders.iter().copied().collect()
    }

    #[test]
    fn an_order_could_have_what_is_seen_on_spans_of_its_kind() {
        let mut observed = Observed::default();
        observed.see(0, "shipping", "POST /labels", [said("carrier", "X")].into_iter());
        observed.see(1, "shipping", "POST /labels", [said("carrier", "Y"), said("error.type", "500")].into_iter());
        observed.see(2, "shipping", "POST /labels", [].into_iter());
        observed.see(3, "oms", "POST /orders", [said("skus", "[\"a\",\"b\",7]")].into_iter());
        let version = Statement { of: "shipping", name: "service.version", value: "3.2" };
        observed.see(4, "shipping", "GET /health", [version].into_iter());
        let values = observed.into_values(1);
        let found: Vec<_> = values
            .iter()
            .map(|value| {
                (value.condition.attribute.as_str(), value.condition.value.as_str(), &value.with, &value.could)
            })
            .collect();
        let shipping = orders(&[0, 1, 2, 4]);
        let labels = orders(&[0, 1, 2]);
        let expected = [
            ("carrier", "X", orders(&[0]), labels.clone()),
            ("carrier", "Y", orders(&[1]), labels),
            ("service.version", "3.2", orders(&[4]), shipping),
            ("skus", "7", orders(&[3]), orders(&[3])),
            ("skus", "a", orders(&[3]), orders(&[3])),
            ("skus", "b", orders(&[3]), orders(&[3])),
        ];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, (name, value, with, could)) in found.iter().zip(&expected) {
            assert_eq!(*found, (*name, *value, with, could));
        }
    }

    #[test]
    fn sets_of_orders() {
        let (one, other) = (orders(&[0, 63, 64, 700]), orders(&[63, 700, 701]));
        assert_eq!((one.count(), one.shared(&other)), (4, 2));
        assert_eq!(one.and(&other), orders(&[63, 700]));
        assert!(one.has(64) && !one.has(65) && !one.has(10_000));
    }
}
