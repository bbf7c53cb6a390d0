//! What orders reached as far as it stands beside their keys: a journey that is put together costs many times as
//! much, and tells no more of a milestone that bears a key.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use clickhouse::Client;
use ordertrace_api::keys::Key;

use super::JourneyLimits;
use super::assemble::telling;
use super::limits::Reached;
use super::load::Loader;
use super::sighting::Sighting;
use crate::union::Union;

/// From key to key that stood beside it: from a checkout to its order, from there to the ERP's document.
const STEPS: usize = 3;

/// Keys that are looked up for each that was asked for, at most.
const KEYS_EACH: usize = 20;

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The key that names it best.
    pub(crate) id: Key,
    /// By time. Nothing is known of what else was said there.
    pub(crate) milestones: Vec<Sighting>,
}

/// What stands beside one key.
#[derive(Debug, Default)]
struct Beside {
    links: BTreeSet<Key>,
    milestones: BTreeSet<Sighting>,
}

/// The orders of strong keys, several keys of one order leading to the same.
///
/// # Errors
/// When ClickHouse does not answer.
pub(crate) async fn shown(client: &Client, keys: &[Key]) -> clickhouse::error::Result<HashMap<Key, Arc<Shown>>> {
    let loader = Loader::new(client.clone(), JourneyLimits::default());
    let most = keys.len().saturating_mul(KEYS_EACH);
    let mut known: HashMap<Key, Beside> = HashMap::new();
    let mut next: BTreeSet<Key> = keys.iter().cloned().collect();
    for _ in 0..STEPS {
        let wanted: Vec<Key> = next.into_iter().take(most.saturating_sub(known.len())).collect();
        if wanted.is_empty() {
            break;
        }
        let seen = loader.seen(&wanted, &mut Reached::default()).await?;
        known.extend(wanted.into_iter().map(|key| (key, Beside::default())));
        for seen in seen {
            let beside = known.entry(seen.key).or_default();
            beside.links.extend(seen.links);
            beside.milestones.extend(seen.milestones);
        }
        let links = known.values().flat_map(|beside| &beside.links);
        next = links.filter(|link| !known.contains_key(link)).cloned().collect();
    }
    Ok(orders(&known, keys))
}

/// What belongs together.
fn orders(known: &HashMap<Key, Beside>, keys: &[Key]) -> HashMap<Key, Arc<Shown>> {
    let mut together = Union::default();
    let mut numbers: HashMap<&Key, usize> = HashMap::new();
    for key in known.iter().flat_map(|(key, beside)| std::iter::once(key).chain(&beside.links)) {
        numbers.entry(key).or_insert_with(|| together.add());
    }
    for (key, beside) in known {
        for link in &beside.links {
            together.join(numbers[key], numbers[link]);
        }
    }
    let mut orders: HashMap<usize, Shown> = HashMap::new();
    for (key, number) in &numbers {
        let milestones = known.get(key).into_iter().flat_map(|beside| &beside.milestones);
        let order = orders
            .entry(together.find(*number))
            .or_insert_with(|| Shown { id: (*key).clone(), milestones: Vec::new() });
        if telling(key) < telling(&order.id) {
            order.id = (*key).clone();
        }
        order.milestones.extend(milestones.cloned());
    }
    let finished = |mut order: Shown| {
        order.milestones.sort_unstable();
        order.milestones.dedup();
        Arc::new(order)
    };
    let orders: HashMap<usize, Arc<Shown>> =
        orders.into_iter().map(|(number, order)| (number, finished(order))).collect();
    let of_key = |key: &Key| Some((key.clone(), Arc::clone(orders.get(&together.find(*numbers.get(key)?))?)));
    keys.iter().filter_map(of_key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    fn beside(links: &[&str], milestones: &[(&str, i64)]) -> Beside {
        let sighting =
            |(name, at_ns): &(&str, i64)| Sighting { name: (*name).to_owned(), at_ns: *at_ns, ..Sighting::default() };
        Beside {
            links: links.iter().map(|link| key(link)).collect(),
            milestones: milestones.iter().map(sighting).collect(),
        }
    }

    #[test]
    fn keys_that_stood_together_are_one_order() {
        let known = HashMap::from([
            (key("checkout:C"), beside(&["order:A"], &[("order.placed", 1)])),
            (key("order:A"), beside(&["checkout:C", "erp_doc:7"], &[("order.created", 2)])),
            (key("erp_doc:7"), beside(&["order:A"], &[("order.exported", 3)])),
            (key("order:B"), beside(&[], &[("order.placed", 9)])),
        ]);
        let found = orders(&known, &[key("checkout:C"), key("order:A"), key("order:B"), key("order:X")]);
        assert_eq!(found.len(), 3);
        assert_eq!(found[&key("checkout:C")], found[&key("order:A")]);
        let order = &found[&key("checkout:C")];
        assert_eq!(order.id, key("order:A"), "by what names it best");
        let names: Vec<&str> = order.milestones.iter().map(|seen| seen.name.as_str()).collect();
        assert_eq!(names, ["order.placed", "order.created", "order.exported"]);
        assert_eq!(found[&key("order:B")].milestones.len(), 1);
    }
}
