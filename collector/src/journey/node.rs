//! What journeys are made of, as read from storage.

use std::collections::HashMap;

use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{Key, Strength};

use super::sighting::{Said, Sighting};
use crate::record::{Attributes, HandoffSide, KeyRecord};

/// A trace id.
pub(super) type TraceId = [u8; 16];

/// A span, unique everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SpanRef {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its id within the trace.
    pub span_id: [u8; 8],
}

/// A span as far as journeys need it.
#[derive(Clone, Debug)]
pub(super) struct SpanNode {
    /// Which span.
    pub id: SpanRef,
    /// Its parent within the trace; all zero on a root.
    pub parent_span_id: [u8; 8],
    /// Nanoseconds since the Unix epoch.
    pub started_at_ns: i64,
    /// Length.
    pub duration_ns: u64,
    /// The system that reported it.
    pub system: String,
    /// Whether its status is ERROR.
    pub error: bool,
    /// Keys on it and on the events within it.
    pub keys: Vec<KeyRecord>,
    /// The one span it links to; a span with several links is a batch and follows none.
    pub link: Option<SpanRef>,
    /// The milestone it shows; empty = none.
    pub milestone: String,
    /// What it says of that milestone.
    pub said: Said,
    /// Its part in a handoff.
    pub side: Option<HandoffSide>,
    /// Its attributes, if it has a part in a handoff and they were asked for.
    pub attributes: Attributes,
}

impl SpanNode {
    /// End, nanoseconds since the Unix epoch.
    pub(super) fn ended_at_ns(&self) -> i64 {
        self.started_at_ns.saturating_add_unsigned(self.duration_ns)
    }

    /// The system by whose clock its times are: a proxy stands beside the sender.
    pub(super) fn clock(&self) -> &str {
        match &self.side {
            Some(side) if side.observer == Observer::Proxy && !side.from.is_empty() => &side.from,
            _ => &self.system,
        }
    }

    /// Its keys of one strength.
    pub(super) fn keys_of(&self, strength: Strength) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.strength == strength).map(|key| &key.key)
    }

    /// The milestone it shows.
    pub(super) fn sighting(&self) -> Option<Sighting> {
        (!self.milestone.is_empty()).then(|| Sighting {
            at_ns: self.started_at_ns,
            name: self.milestone.clone(),
            system: self.system.clone(),
            trace_id: self.id.trace_id,
            span_id: self.id.span_id,
            keys: self.keys_of(Strength::Strong).cloned().collect(),
            said: self.said.clone(),
        })
    }

    /// Where its reporter stands, when it is one end of a handoff.
    pub(super) fn observer(&self) -> Option<Observer> {
        self.side.as_ref().map(|side| side.observer)
    }

    /// Whether nothing caused it as far as its own trace tells.
    pub(super) fn is_root(&self) -> bool {
        self.parent_span_id == [0; 8] || self.parent_span_id == self.id.span_id
    }
}

/// An index from span to its place in a slice.
pub(super) fn index(spans: &[SpanNode]) -> HashMap<SpanRef, usize> {
    spans.iter().enumerate().map(|(at, span)| (span.id, at)).collect()
}

/// For each span the place of its nearest ancestor (by `parent`) for which `wanted` holds.
/// A cycle of parents ends where it closes.
pub(super) fn nearest_ancestors(
    count: usize,
    parent: impl Fn(usize) -> Option<usize>,
    wanted: impl Fn(usize) -> bool,
) -> Vec<Option<usize>> {
    #[derive(Clone, Copy)]
    enum Walk {
        Unknown,
        OnTheWay,
        Known(Option<usize>),
    }
    let mut walks = vec![Walk::Unknown; count];
    let mut way = Vec::new();
    for start in 0..count {
        let mut at = start;
        let mut nearest = loop {
            match walks[at] {
                Walk::Known(nearest) => break nearest,
                Walk::OnTheWay => break None,
                Walk::Unknown => {}
            }
            walks[at] = Walk::OnTheWay;
            way.push(at);
            match parent(at) {
                Some(up) if wanted(up) => break Some(up),
                Some(up) => at = up,
                None => break None,
            }
        };
        while let Some(at) = way.pop() {
            walks[at] = Walk::Known(nearest);
            if wanted(at) {
                nearest = Some(at);
            }
        }
    }
    walks.into_iter().map(|walk| if let Walk::Known(nearest) = walk { nearest } else { None }).collect()
}

/// For each element its number of ancestors by `parents`. Within a cycle the numbers only
/// rise until it closes.
pub(super) fn depths(parents: &[Option<usize>]) -> Vec<usize> {
    let mut depths: Vec<Option<usize>> = vec![None; parents.len()];
    let mut way = Vec::new();
    for start in 0..parents.len() {
        let mut at = Some(start);
        while let Some(here) = at.filter(|here| depths[*here].is_none()) {
            // A provisional depth ends a walk around a cycle.
            depths[here] = Some(0);
            way.push(here);
            at = parents[here];
        }
        let mut depth = at.and_then(|known| depths[known]).map(|depth| depth + 1);
        while let Some(here) = way.pop() {
            let own = depth.unwrap_or(0);
            depths[here] = Some(own);
            depth = Some(own + 1);
        }
    }
    depths.into_iter().map(Option::unwrap_or_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_ancestors_skip_the_unwanted() {
        // 0 ← 1 ← 2 ← 3, and 4 alone; 0 and 2 are wanted.
        let parents = [None, Some(0), Some(1), Some(2), None];
        let nearest = nearest_ancestors(5, |at| parents[at], |at| at == 0 || at == 2);
        assert_eq!(nearest, [None, Some(0), Some(0), Some(2), None]);
    }

    #[test]
    fn depths_count_ancestors() {
        assert_eq!(depths(&[None, Some(0), Some(1), Some(1), None]), [0, 1, 2, 2, 0]);
        assert_eq!(depths(&[Some(0)]).len(), 1);
        assert_eq!(depths(&[Some(1), Some(2), Some(0), Some(0)]).len(), 4);
    }

    #[test]
    fn a_cycle_of_parents_ends() {
        let parents = [Some(2), Some(0), Some(1), Some(3)];
        assert_eq!(nearest_ancestors(4, |at| parents[at], |_| false), [None; 4]);
        let all = nearest_ancestors(4, |at| parents[at], |_| true);
        assert_eq!(all, [Some(2), Some(0), Some(1), Some(3)]);
    }
}
