//! Which values a set of orders has more often than the rest, the least likely by chance first.
//!
//! 1. Values that exactly the same orders have, and could have, are one: which orders are in the set plays
//!    no part in that.
//! 2. Each is put to [the test](super::statistic), with all that could be significant counted.
//! 3. One that is significant is reported when at least [`LEAST_WITH`] orders of the set have it, and its
//!    share of the set is greater by [`LEAST_DIFFERENCE`]: with many orders the slightest difference is
//!    significant.
//! 4. Of the first [`PAIRED`] of these, two of different attributes are reported together where each
//!    matters among the orders that have the other: both tests must hold, with all pairs counted.

use std::collections::{BTreeMap, HashMap};

use ordertrace_api::explain::Condition;

use super::observed::{Orders, Value};
use super::statistic::{Fisher, LEVEL, Table, comparisons};

/// Fewer are no pattern.
pub(super) const LEAST_WITH: usize = 3;
/// What sets it apart explains at least a tenth of the set.
const LEAST_DIFFERENCE: f64 = 0.1;
/// Values of which pairs are made.
const PAIRED: usize = 12;
/// Values named that the same orders have.
const SAME: usize = 10;
/// Values reported.
const REPORTED: usize = 20;

/// A value, or two, that the set has more often.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ranked {
    pub(super) conditions: Vec<Condition>,
    pub(super) same: Vec<Condition>,
    pub(super) with: Orders,
    pub(super) table: Table,
    /// After all comparisons.
    pub(super) p: f64,
}

/// What became of a comparison.
#[derive(Debug, Default)]
pub(super) struct Ranking {
    pub(super) values: Vec<Ranked>,
    /// Comparisons that could have shown anything.
    pub(super) comparisons: usize,
}

#[derive(Debug)]
struct Candidate {
    conditions: Vec<Condition>,
    same: Vec<Condition>,
    with: Orders,
    could: Orders,
    table: Table,
    p: f64,
}

/// Compares orders of the set with those of the rest; numbers are those of `values`.
pub(super) fn rank(values: Vec<Value>, set: &Orders, rest: &Orders) -> Ranking {
    let fisher = Fisher::up_to(set.count() + rest.count());
    let mut candidates = distinct(values, set, rest);
    let least: Vec<f64> = candidates.iter().map(|candidate| fisher.least_p(candidate.table)).collect();
    let factor = comparisons(&least);
    let bound = LEVEL / factor as f64;
    let could_show = least.iter().filter(|least| **least <= bound).count();
    let mut least = least.into_iter();
    candidates.retain_mut(|candidate| {
        let testable = least.next().is_some_and(|least| least <= bound);
        candidate.p = fisher.p(candidate.table) * factor as f64;
        testable && candidate.p <= LEVEL && candidate.matters()
    });
    sort(&mut candidates);
    let pairs = pairs(&candidates, set, rest, &fisher, factor);
    candidates.extend(pairs);
    sort(&mut candidates);
    candidates.truncate(REPORTED);
    let ranked = candidates.into_iter().map(|candidate| Ranked {
        conditions: candidate.conditions,
        same: candidate.same,
        with: candidate.with,
        table: candidate.table,
        p: candidate.p,
    });
    Ranking { values: ranked.collect(), comparisons: could_show }
}

/// Values that the same orders have, once.
fn distinct(values: Vec<Value>, set: &Orders, rest: &Orders) -> Vec<Candidate> {
    let mut places: HashMap<(Orders, Orders), usize> = HashMap::new();
    let mut groups: Vec<(Vec<Condition>, Orders, Orders)> = Vec::new();
    for Value { condition, with, could } in values {
        let place = *places.entry((with.clone(), could.clone())).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((conditions, ..)) => conditions.push(condition),
            None => groups.push((vec![condition], with, could)),
        }
    }
    let candidate = |(mut conditions, with, could): (Vec<Condition>, Orders, Orders)| {
        // What spans say comes before what their systems are made of; of several names the shortest.
        conditions
            .sort_by_cached_key(|condition| (condition.system.is_some(), condition.attribute.len(), condition.clone()));
        let mut conditions = conditions.into_iter();
        let table = table(&with, &could, set, rest);
        Candidate {
            conditions: conditions.next().into_iter().collect(),
            same: conditions.take(SAME).collect(),
            with,
            could,
            table,
            p: 1.0,
        }
    };
    groups.into_iter().map(candidate).collect()
}

fn table(with: &Orders, could: &Orders, set: &Orders, rest: &Orders) -> Table {
    Table {
        set_with: with.shared(set),
        set_of: could.shared(set),
        rest_with: with.shared(rest),
        rest_of: could.shared(rest),
    }
}

impl Candidate {
    fn matters(&self) -> bool {
        let Table { set_with, .. } = self.table;
        set_with >= LEAST_WITH && self.table.set_share() - self.table.rest_share() >= LEAST_DIFFERENCE
    }
}

/// The least likely by chance first; then those that tell most.
fn sort(candidates: &mut [Candidate]) {
    let difference = |candidate: &Candidate| candidate.table.set_share() - candidate.table.rest_share();
    candidates.sort_by(|one, other| {
        let by_chance = one.p.total_cmp(&other.p);
        by_chance.then_with(|| difference(other).total_cmp(&difference(one))).then_with(|| {
            // A value says as much as a pair that is no likelier.
            (one.conditions.len(), &one.conditions).cmp(&(other.conditions.len(), &other.conditions))
        })
    });
}

/// Two values that matter together.
fn pairs(singles: &[Candidate], set: &Orders, rest: &Orders, fisher: &Fisher, factor: usize) -> Vec<Candidate> {
    let first = singles.get(..singles.len().min(PAIRED)).unwrap_or_default();
    let of = |candidate: &Candidate| {
        let names = candidate.conditions.iter().map(|condition| (&condition.system, &condition.attribute));
        names.map(|(system, attribute)| (system.clone(), attribute.clone())).collect::<Vec<_>>()
    };
    let mut possible = Vec::new();
    for (at, one) in first.iter().enumerate() {
        let others = first.get(at + 1..).unwrap_or_default();
        possible.extend(others.iter().filter(|other| of(one) != of(other)).map(|other| (one, other)));
    }
    let bound = LEVEL / possible.len().max(1) as f64;
    let mut found: BTreeMap<Vec<Condition>, Candidate> = BTreeMap::new();
    for (one, other) in possible {
        // Whether one matters among those that have the other.
        let within = |one: &Candidate, other: &Candidate| {
            let (set, rest) = (set.and(&other.with), rest.and(&other.with));
            fisher.p(table(&one.with, &one.could, &set, &rest)) <= bound
        };
        if !(within(one, other) && within(other, one)) {
            continue;
        }
        let (with, could) = (one.with.and(&other.with), one.could.and(&other.could));
        let table = table(&with, &could, set, rest);
        let mut conditions = [&one.conditions[..], &other.conditions[..]].concat();
        conditions.sort();
        let p = fisher.p(table) * factor as f64;
        let pair = Candidate { conditions, same: Vec::new(), with, could, table, p };
        if pair.p <= LEVEL && pair.matters() {
            found.insert(pair.conditions.clone(), pair);
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests;
