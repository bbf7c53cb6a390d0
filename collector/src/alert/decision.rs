//! What becomes of a rule's alerts: the same whether somebody is told, or a past time is looked at again.

use std::collections::{HashMap, HashSet};

use super::observation::{Observation, identity};
use super::rule::Rule;
use super::state::{Kept, step};
use super::threshold::Level;

/// A rule, its alerts that are pending or firing, and what it sees at a time.
pub(super) struct Decision<'d> {
    rule: &'d Rule,
    active: &'d [&'d Kept],
    seen: Vec<(String, &'d Observation)>,
    /// Places in `seen` of what is to be opened.
    new: Vec<usize>,
}

impl<'d> Decision<'d> {
    /// Chooses what is to be opened: as much as the rule's limit leaves room for, the first that is seen first.
    pub(super) fn new(rule: &'d Rule, active: &'d [&'d Kept], seen: &'d [Observation]) -> Self {
        let seen: Vec<(String, &Observation)> =
            seen.iter().map(|seen| (identity(&rule.terms.rule, &seen.labels), seen)).collect();
        let known: HashSet<&str> = active.iter().map(|kept| kept.id.as_str()).collect();
        let is_new = |(id, seen): &(String, &Observation)| seen.level == Level::Over && !known.contains(id.as_str());
        let room = rule.limit.saturating_sub(active.len());
        let new = seen.iter().enumerate().filter(|(_, seen)| is_new(seen)).map(|(at, _)| at).take(room).collect();
        Self { rule, active, seen, new }
    }

    /// Ids of what is to be opened: what was known of them last is wanted.
    pub(super) fn new_ids(&self) -> Vec<&str> {
        self.new.iter().map(|at| self.seen[*at].0.as_str()).collect()
    }

    /// What is to be written at `now_ms`, where that was known `before` of what is new.
    pub(super) fn outcome(&self, before: &HashMap<String, Kept>, now_ms: i64) -> Vec<Kept> {
        let terms = &self.rule.terms;
        let seen: HashMap<&str, &Observation> = self.seen.iter().map(|(id, seen)| (id.as_str(), *seen)).collect();
        let held = self.active.iter().map(|kept| step(terms, Some(kept), seen.get(kept.id.as_str()).copied(), now_ms));
        let new = self.new.iter().map(|at| &self.seen[*at]);
        let opened = new.map(|(id, seen)| step(terms, before.get(id), Some(seen), now_ms));
        held.chain(opened).flatten().collect()
    }
}
