//! The growing graph of keys and traces in which journeys are the connected components.
//!
//! Elements are strong keys and *groups*: parts of a trace that belong together. A span with
//! strong keys begins a group; a span without belongs to the group of its nearest ancestor
//! that began one, else to the trace's *top* group. What joins elements:
//!
//! - strong keys on one span or event are one journey;
//! - a group and the group of its nearest keyed ancestor are one journey, unless both name a
//!   key of the same kind and disagree: what one order's work does for another is not a link;
//! - a span that continues exactly one other by a span link is treated as caused by it;
//! - the top group belongs to the journey of the trace's other groups if they all are in one.
//!
//! All of it only ever joins, so the outcome does not depend on the order of loading.

use std::collections::{BTreeMap, HashMap, HashSet};

use ordertrace_api::keys::{Key, Strength};

use super::node::{SpanNode, SpanRef, TraceId, index, nearest_ancestors};
use crate::union::Union;

/// Keys and traces loaded so far, and what they lead to.
#[derive(Debug, Default)]
pub(super) struct Graph {
    union: Union,
    keys: BTreeMap<Key, usize>,
    new_keys: Vec<Key>,
    traces: HashMap<TraceId, Trace>,
    wanted: HashSet<TraceId>,
    new_traces: Vec<TraceId>,
    inferred: HashMap<SpanRef, SpanRef>,
    unresolved_links: Vec<(SpanRef, SpanRef)>,
}

#[derive(Debug)]
struct Trace {
    spans: Vec<SpanNode>,
    places: HashMap<SpanRef, usize>,
    /// Element of each span's group.
    groups: Vec<usize>,
    /// Place of the span that began each span's group; the top group was begun by none.
    begun_by: Vec<Option<usize>>,
    top: usize,
    /// Elements of the groups that strong keys began.
    keyed: Vec<usize>,
}

impl Graph {
    /// Makes sure that a strong key is in the graph; returns its element.
    pub(super) fn add_key(&mut self, key: &Key) -> usize {
        if let Some(element) = self.keys.get(key) {
            return *element;
        }
        let element = self.union.add();
        self.keys.insert(key.clone(), element);
        self.new_keys.push(key.clone());
        element
    }

    /// Two strong keys were seen together.
    pub(super) fn link(&mut self, a: &Key, b: &Key) {
        let (a, b) = (self.add_key(a), self.add_key(b));
        self.union.join(a, b);
    }

    /// Asks for a trace to be loaded, once.
    pub(super) fn want_trace(&mut self, trace_id: TraceId) {
        if trace_id != [0; 16] && self.wanted.insert(trace_id) {
            self.new_traces.push(trace_id);
        }
    }

    /// Keys that were not looked up yet.
    pub(super) fn take_new_keys(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.new_keys)
    }

    /// Traces that were not loaded yet.
    pub(super) fn take_new_traces(&mut self) -> Vec<TraceId> {
        std::mem::take(&mut self.new_traces)
    }

    /// Number of strong keys.
    pub(super) fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// Number of traces asked for.
    pub(super) fn trace_count(&self) -> usize {
        self.wanted.len()
    }

    /// Number of spans loaded.
    pub(super) fn span_count(&self) -> usize {
        self.traces.values().map(|trace| trace.spans.len()).sum()
    }

    /// Adds the spans of a trace. A second delivery of a span adds nothing.
    pub(super) fn add_trace(&mut self, trace_id: TraceId, mut spans: Vec<SpanNode>) {
        spans.sort_by_key(|span| (span.started_at_ns, span.id));
        let mut seen = HashSet::with_capacity(spans.len());
        spans.retain(|span| seen.insert(span.id));
        let places = index(&spans);
        let parent = |at: usize| {
            let span: &SpanNode = &spans[at];
            if span.is_root() {
                return None;
            }
            places.get(&SpanRef { trace_id, span_id: span.parent_span_id }).copied()
        };
        let is_keyed = |at: usize| spans[at].keys_of(Strength::Strong).next().is_some();
        let nearest = nearest_ancestors(spans.len(), parent, is_keyed);
        let top = self.union.add();
        let mut begun = HashMap::new();
        for (at, span) in spans.iter().enumerate().filter(|(at, _)| is_keyed(*at)) {
            let group = self.union.add();
            begun.insert(at, group);
            for key in span.keys_of(Strength::Strong) {
                let key = self.add_key(key);
                self.union.join(group, key);
            }
        }
        for (at, group) in &begun {
            if let Some(above) = nearest[*at]
                && above != *at
                && !disagree(&spans[*at], &spans[above])
            {
                self.union.join(*group, begun[&above]);
            }
        }
        let begun_by: Vec<Option<usize>> =
            (0..spans.len()).map(|at| if begun.contains_key(&at) { Some(at) } else { nearest[at] }).collect();
        let groups = begun_by.iter().map(|begun_by| begun_by.map_or(top, |at| begun[&at])).collect();
        for span in &spans {
            if let Some(link) = span.link {
                self.want_trace(link.trace_id);
                self.unresolved_links.push((span.id, link));
            }
        }
        let keyed = begun.into_values().collect();
        self.wanted.insert(trace_id);
        self.traces.insert(trace_id, Trace { spans, places, groups, begun_by, top, keyed });
    }

    /// Draws the conclusions that need whole traces: top groups that belong to one journey,
    /// and spans that continue another trace by a span link.
    pub(super) fn settle(&mut self) {
        loop {
            let mut changed = false;
            for trace in self.traces.values() {
                let mut sets = trace.keyed.iter().map(|group| self.union.find(*group));
                if let Some(first) = sets.next()
                    && sets.all(|set| set == first)
                {
                    changed |= self.union.join(trace.top, first);
                }
            }
            for (server, proxy) in &self.inferred {
                if let (Some(proxy), Some(server)) = (group(&self.traces, *proxy), group(&self.traces, *server)) {
                    changed |= self.union.join(proxy, server);
                }
            }
            let links = std::mem::take(&mut self.unresolved_links);
            for (from, to) in links {
                match (self.group(from), self.group(to)) {
                    (Some(a), Some(b)) => {
                        let beginners = (self.beginner(from), self.beginner(to));
                        if !matches!(beginners, (Some(a), Some(b)) if disagree(a, b)) {
                            changed |= self.union.join(a, b);
                        }
                    }
                    _ => self.unresolved_links.push((from, to)),
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Takes two spans, loaded or yet to be, for the two ends of one attempt although no
    /// trace context says so.
    pub(super) fn infer(&mut self, proxy: SpanRef, server: SpanRef) {
        self.inferred.insert(server, proxy);
    }

    /// Joins the group of a span with the set of an element.
    pub(super) fn attach(&mut self, span: SpanRef, element: usize) -> bool {
        self.group(span).is_some_and(|group| self.union.join(group, element))
    }

    /// Pairs of (receiver's root, proxied attempt) that were taken for one.
    pub(super) fn inferred(&self) -> &HashMap<SpanRef, SpanRef> {
        &self.inferred
    }

    /// The set of a strong key.
    pub(super) fn set_of_key(&self, key: &Key) -> Option<usize> {
        self.keys.get(key).map(|element| self.union.find(*element))
    }

    /// The set of a span, if loaded.
    pub(super) fn set_of_span(&self, span: SpanRef) -> Option<usize> {
        self.group(span).map(|group| self.union.find(group))
    }

    /// Whether the span's trace has no strong key at all.
    pub(super) fn is_keyless(&self, trace_id: TraceId) -> bool {
        self.traces.get(&trace_id).is_some_and(|trace| trace.keyed.is_empty())
    }

    /// The strong keys of a set, in order.
    pub(super) fn keys_in(&self, set: usize) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |(_, element)| self.union.find(**element) == set).map(|(key, _)| key)
    }

    /// The sets that hold a strong key.
    pub(super) fn keyed_sets(&self) -> HashSet<usize> {
        self.keys.values().map(|element| self.union.find(*element)).collect()
    }

    /// The loaded spans of a set.
    pub(super) fn spans_in(&self, set: usize) -> impl Iterator<Item = &SpanNode> {
        self.traces.values().flat_map(move |trace| {
            let member = move |at: &usize| self.union.find(trace.groups[*at]) == set;
            (0..trace.spans.len()).filter(member).map(|at| &trace.spans[at])
        })
    }

    /// All loaded spans.
    pub(super) fn spans(&self) -> impl Iterator<Item = &SpanNode> {
        self.traces.values().flat_map(|trace| trace.spans.iter())
    }

    fn group(&self, span: SpanRef) -> Option<usize> {
        group(&self.traces, span)
    }

    /// The span that began the group of `span`.
    fn beginner(&self, span: SpanRef) -> Option<&SpanNode> {
        let trace = self.traces.get(&span.trace_id)?;
        let at = trace.begun_by[*trace.places.get(&span)?]?;
        Some(&trace.spans[at])
    }
}

/// The element of the group of `span`, if loaded.
fn group(traces: &HashMap<TraceId, Trace>, span: SpanRef) -> Option<usize> {
    let trace = traces.get(&span.trace_id)?;
    trace.places.get(&span).map(|at| trace.groups[*at])
}

/// Whether both spans name keys of one kind and scope, and none in common.
fn disagree(a: &SpanNode, b: &SpanNode) -> bool {
    conflicting(&a.keys_of(Strength::Strong).collect::<Vec<_>>(), &b.keys_of(Strength::Strong).collect::<Vec<_>>())
}

/// Whether two sets of keys have a kind and scope in common but no value of it.
pub(super) fn conflicting(a: &[&Key], b: &[&Key]) -> bool {
    a.iter().any(|key| {
        let mut same_kind = b.iter().filter(|other| other.kind == key.kind && other.system == key.system).peekable();
        same_kind.peek().is_some()
            && !a.iter().filter(|mine| mine.kind == key.kind && mine.system == key.system).any(|mine| b.contains(mine))
    })
}
