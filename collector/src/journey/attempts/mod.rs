//! From what observers saw to handoffs: each attempt once, attempts of one intent together.

mod repeats;

use std::collections::HashMap;

use ordertrace_api::journey::{JoinKind, Observer, Outcome, Repeat};

use super::node::{SpanNode, SpanRef, depths, index, nearest_ancestors};
use crate::record::HandoffSide;

/// One try, put together from everyone who saw it. Numbers are places in the slice of spans.
#[derive(Clone, Debug)]
pub(super) struct AttemptNode {
    /// What each observer saw, outermost first; at least one.
    pub sides: Vec<usize>,
    /// The sending system, where anyone knew.
    pub from: Option<String>,
    /// The receiving system.
    pub to: String,
    /// What was asked.
    pub operation: String,
    /// How the sides were joined.
    pub joined: JoinKind,
    /// How it was recognised as one more try of its handoff; `None` of the first.
    pub repeats: Option<Repeat>,
    /// How it went.
    pub outcome: Outcome,
    /// Nanoseconds since the Unix epoch, at the outermost observer.
    pub started_at_ns: i64,
    /// Nanoseconds since the Unix epoch, at the outermost observer.
    pub ended_at_ns: i64,
}

/// A handoff: its attempts by start, and the handoff within which it was made.
#[derive(Clone, Debug)]
pub(super) struct HandoffNode {
    /// At least one, by start.
    pub attempts: Vec<AttemptNode>,
    /// Place of the enclosing handoff.
    pub parent: Option<usize>,
}

/// The handoffs among `spans` by start, and for each span the place of the handoff it was
/// part of or happened within.
pub(super) fn handoffs(
    spans: &[SpanNode],
    inferred: &HashMap<SpanRef, SpanRef>,
) -> (Vec<HandoffNode>, Vec<Option<usize>>) {
    let places = index(spans);
    let parent = |at: usize| {
        let span = &spans[at];
        if let Some(proxy) = inferred.get(&span.id) {
            return places.get(proxy).copied();
        }
        if span.is_root() {
            return places.get(&span.link?).copied();
        }
        places.get(&SpanRef { trace_id: span.id.trace_id, span_id: span.parent_span_id }).copied()
    };
    let nearest_side = nearest_ancestors(spans.len(), parent, |at| spans[at].side.is_some());

    let attempt_of_side = join_sides(spans, &nearest_side, inferred, &parent);
    let mut sides_of: Vec<Vec<usize>> = Vec::new();
    for (at, attempt) in attempt_of_side.iter().enumerate() {
        let Some(attempt) = *attempt else { continue };
        if sides_of.len() <= attempt {
            sides_of.resize_with(attempt + 1, Vec::new);
        }
        sides_of[attempt].push(at);
    }
    let attempts: Vec<AttemptNode> =
        sides_of.into_iter().map(|sides| attempt(spans, sides, &parent, inferred)).collect();

    let (handoff_of_attempt, repeats) = repeats::group(spans, &attempts);
    let count = handoff_of_attempt.iter().max().map_or(0, |last| last + 1);
    let mut handoffs: Vec<HandoffNode> =
        (0..count).map(|_| HandoffNode { attempts: Vec::new(), parent: None }).collect();
    for (at, mut attempt) in attempts.into_iter().enumerate() {
        attempt.repeats = repeats[at];
        let handoff = &mut handoffs[handoff_of_attempt[at]];
        if handoff.attempts.is_empty() {
            handoff.parent = nearest_side[attempt.sides[0]]
                .and_then(|side| attempt_of_side[side])
                .map(|enclosing| handoff_of_attempt[enclosing])
                .filter(|enclosing| *enclosing != handoff_of_attempt[at]);
        }
        handoff.attempts.push(attempt);
    }
    let handoff_of_span = (0..spans.len())
        .map(|at| {
            let side = if spans[at].side.is_some() { Some(at) } else { nearest_side[at] };
            side.and_then(|side| attempt_of_side[side]).map(|attempt| handoff_of_attempt[attempt])
        })
        .collect();
    (handoffs, handoff_of_span)
}

/// For each span with a side the number of its attempt; attempts are numbered by start.
fn join_sides(
    spans: &[SpanNode],
    nearest_side: &[Option<usize>],
    inferred: &HashMap<SpanRef, SpanRef>,
    parent: &impl Fn(usize) -> Option<usize>,
) -> Vec<Option<usize>> {
    // The innermost side joined so far to each outermost one.
    let mut inner: HashMap<usize, usize> = HashMap::new();
    let mut outermost: Vec<usize> = (0..spans.len()).collect();
    // Outer sides first: by its own clock a parent may start later than its child.
    let depths = depths(nearest_side);
    let mut order: Vec<usize> = (0..spans.len()).filter(|at| spans[*at].side.is_some()).collect();
    order.sort_unstable_by_key(|at| (depths[*at], spans[*at].started_at_ns, spans[*at].id));
    for at in &order {
        let Some(above) = nearest_side[*at] else { continue };
        let direct = parent(*at) == Some(above);
        let free = !inner.contains_key(&above);
        if free && is_other_end(&spans[above], &spans[*at], direct, inferred.contains_key(&spans[*at].id)) {
            outermost[*at] = outermost[above];
            inner.insert(above, *at);
        }
    }
    let mut firsts: Vec<usize> = order.iter().copied().filter(|at| outermost[*at] == *at).collect();
    firsts.sort_unstable_by_key(|at| (spans[*at].started_at_ns, spans[*at].id));
    let number: HashMap<usize, usize> = firsts.into_iter().enumerate().map(|(number, at)| (at, number)).collect();
    spans
        .iter()
        .enumerate()
        .map(|(at, span)| span.side.as_ref().and_then(|_| number.get(&outermost[at]).copied()))
        .collect()
}

/// Whether `below` saw the attempt that `above`, the nearest side around it, made.
fn is_other_end(above: &SpanNode, below: &SpanNode, direct: bool, inferred: bool) -> bool {
    let (Some(outer), Some(inner)) = (&above.side, &below.side) else { return false };
    match (outer.observer, inner.observer) {
        (Observer::Client | Observer::Producer, Observer::Proxy) => direct || above.system == inner.from,
        (Observer::Proxy, Observer::Server) => direct || inferred || outer.to == below.system,
        (Observer::Client | Observer::Producer, Observer::Server | Observer::Consumer) => {
            direct || above.system != below.system
        }
        // Two instrumentations of one HTTP client, one around the other.
        (Observer::Client, Observer::Client) => {
            above.system == below.system
                && outer.to == inner.to
                && outer.method == inner.method
                && outer.path == inner.path
        }
        _ => false,
    }
}

fn attempt(
    spans: &[SpanNode],
    mut sides: Vec<usize>,
    parent: &impl Fn(usize) -> Option<usize>,
    inferred: &HashMap<SpanRef, SpanRef>,
) -> AttemptNode {
    sides.sort_unstable_by_key(|at| (spans[*at].side.as_ref().map(|side| side.observer), spans[*at].started_at_ns));
    let of = |wanted: &[Observer]| {
        sides.iter().find_map(|at| {
            let side = spans[*at].side.as_ref().filter(|side| wanted.contains(&side.observer))?;
            Some((&spans[*at], side))
        })
    };
    let sender = of(&[Observer::Client, Observer::Producer]);
    let proxy = of(&[Observer::Proxy]);
    let receiver = of(&[Observer::Server, Observer::Consumer]);
    let known = |system: &String| Some(system.clone()).filter(|system| !system.is_empty());

    let caller_without_side = || {
        // An instrumented caller whose client library is not.
        let above = parent(sides[0])?;
        (Some(&spans[above].system) != receiver.map(|(span, _)| &span.system)).then(|| spans[above].system.clone())
    };
    let from = proxy
        .and_then(|(_, side)| known(&side.from))
        .or_else(|| sender.map(|(span, _)| span.system.clone()))
        .or_else(caller_without_side);
    let to = proxy
        .map(|(_, side)| side.to.clone())
        .or_else(|| receiver.map(|(span, _)| span.system.clone()))
        .or_else(|| sender.map(|(_, side)| side.to.clone()))
        .unwrap_or_default();
    let operation = operation(proxy, receiver, sender);
    let joined = match sides.len() {
        1 => JoinKind::Single,
        _ if sides.iter().any(|at| inferred.contains_key(&spans[*at].id)) => JoinKind::Inferred,
        _ => JoinKind::Trace,
    };
    let failed = sides.iter().any(|at| is_failed(&spans[*at]));
    let outer = &spans[sides[0]];
    AttemptNode {
        from,
        to,
        operation,
        joined,
        repeats: None,
        outcome: if failed { Outcome::Error } else { Outcome::Ok },
        started_at_ns: outer.started_at_ns,
        ended_at_ns: outer.ended_at_ns(),
        sides,
    }
}

/// The most telling name: a route or template says more than a path with the ids struck out.
fn operation(
    proxy: Option<(&SpanNode, &HandoffSide)>,
    receiver: Option<(&SpanNode, &HandoffSide)>,
    sender: Option<(&SpanNode, &HandoffSide)>,
) -> String {
    let names = [proxy, receiver, sender].map(|side| side.map(|(_, side)| side.operation.as_str()).unwrap_or_default());
    let named = names.iter().find(|name| !name.is_empty() && !name.contains("{}"));
    named.or_else(|| names.iter().find(|name| !name.is_empty())).copied().unwrap_or_default().to_owned()
}

fn is_failed(span: &SpanNode) -> bool {
    let Some(side) = &span.side else { return false };
    let from_outside = matches!(side.observer, Observer::Client | Observer::Producer | Observer::Proxy);
    let threshold = if from_outside { 400 } else { 500 };
    span.error || side.status_code >= threshold
}

#[cfg(test)]
mod tests;
