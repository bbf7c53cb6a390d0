//! The journey as people see it, from its spans.

use std::collections::{BTreeMap, HashMap};

use ordertrace_api::journey::{
    Attempt, Handoff, Journey, JourneyKey, JourneyState, MembershipReason, Milestone, Outcome, PathSegment, Side,
    SystemShare, TraceMembership, Wait,
};
use ordertrace_api::keys::{Key, Strength};

use super::attempts::{AttemptNode, HandoffNode, handoffs};
use super::clocks;
use super::limits::Reached;
use super::node::{SpanNode, SpanRef, TraceId};
use super::sighting::Sighting;
use super::timeline::{Stretch, covered_ns, critical_path, gaps};
use crate::moment::timestamp;

/// Everything known of one journey before it is put into shape.
#[derive(Debug)]
pub(super) struct Parts {
    /// Its spans, in any order.
    pub spans: Vec<SpanNode>,
    /// Its strong keys, and where and when those were seen that stand on no span.
    pub keys: Vec<Key>,
    /// Milestones shown by events and spans, by time.
    pub sightings: Vec<Sighting>,
    /// (receiver's root → proxied attempt) pairs.
    pub inferred: HashMap<SpanRef, SpanRef>,
    /// Why each trace belongs, where it is not for a key.
    pub reasons: HashMap<TraceId, MembershipReason>,
    /// Limits reached on the way.
    pub limits: Reached,
}

/// Kinds by which a journey is best known, best first.
const IDENTITY: [&str; 5] = ["order", "marketplace_order", "checkout", "cart", "payment"];

/// Puts a journey into shape; `None` when it has neither a handoff nor a key.
///
/// `ends` are the names of milestones after which nothing more is due; times are by one clock when they
/// are to be `aligned`.
pub(super) fn assemble(mut parts: Parts, ends: &[String], aligned: bool) -> Option<Journey> {
    parts.spans.sort_by_key(|span| (span.started_at_ns, span.id));
    let (mut handoff_nodes, mut handoff_of_span) = handoffs(&parts.spans, &parts.inferred);
    let clocks = clocks::told(&parts.spans, &handoff_nodes);
    if aligned {
        clocks::align(&clocks, &mut parts.spans, &mut parts.sightings);
        parts.spans.sort_by_key(|span| (span.started_at_ns, span.id));
        parts.sightings.sort_unstable();
        (handoff_nodes, handoff_of_span) = handoffs(&parts.spans, &parts.inferred);
    }
    let spans = &parts.spans;
    let keys = keys(&parts, spans);
    let id = identity(&parts.keys, spans)?;
    let seen = || parts.sightings.iter().map(|sighting| sighting.at_ns);
    let started = spans.iter().map(|span| span.started_at_ns).chain(seen()).min()?;
    let ended = spans.iter().map(SpanNode::ended_at_ns).chain(seen()).max()?;
    let stretches: Vec<Stretch> = handoff_nodes.iter().map(stretch).collect();
    let (started, ended) = match (stretches.iter().map(|s| s.from_ns).min(), stretches.iter().map(|s| s.to_ns).max()) {
        (Some(from), Some(to)) => (from, to),
        _ => (started, ended),
    };
    let mut keys_of_handoff: Vec<Vec<Key>> = vec![Vec::new(); handoff_nodes.len()];
    for (span, handoff) in spans.iter().zip(&handoff_of_span) {
        let Some(handoff) = *handoff else { continue };
        for key in span.keys.iter().map(|key| &key.key) {
            if !keys_of_handoff[handoff].contains(key) {
                keys_of_handoff[handoff].push(key.clone());
            }
        }
    }
    let ids: Vec<String> = handoff_nodes.iter().map(|node| handoff_id(spans, node)).collect();
    let milestones = milestones(&parts.sightings);
    let state = state(&handoff_nodes, &milestones, ends);
    let systems = systems(&handoff_nodes, &stretches);
    let waits = gaps(&stretches)
        .into_iter()
        .map(|gap| Wait {
            after: ids[gap.after].clone(),
            before: ids[gap.before].clone(),
            started_at: timestamp(gap.from_ns),
            duration_ns: gap.to_ns.abs_diff(gap.from_ns),
        })
        .collect();
    let critical_path = critical_path(&stretches)
        .into_iter()
        .map(|segment| PathSegment {
            handoff: segment.handoff.map(|at| ids[at].clone()),
            started_at: timestamp(segment.from_ns),
            duration_ns: segment.to_ns.abs_diff(segment.from_ns),
        })
        .collect();
    let handoffs = handoff_nodes
        .iter()
        .zip(stretches)
        .zip(keys_of_handoff)
        .zip(&ids)
        .map(|(((node, stretch), keys), id)| handoff(spans, node, stretch, keys, id, &ids))
        .collect();
    Some(Journey {
        id,
        keys,
        state,
        started_at: timestamp(started),
        ended_at: timestamp(ended),
        milestones,
        systems,
        handoffs,
        waits,
        critical_path,
        traces: traces(spans, &parts.reasons),
        span_count: spans.len() as u64,
        limits: parts.limits.into_vec(),
        clocks,
        aligned,
    })
}

/// Whether a journey is worth a line in the orders list: a mere cart is not.
pub fn is_listed(journey: &Journey) -> bool {
    journey.keys.iter().any(|key| key.strength == Strength::Strong && key.key.kind != "cart")
}

/// The key that names the journey whichever was asked for: of the most telling kind, valid
/// everywhere before valid within a system, seen first.
fn identity(keys: &[Key], spans: &[SpanNode]) -> Option<Key> {
    let mut first_seen: HashMap<&Key, i64> = HashMap::new();
    for span in spans {
        for key in span.keys_of(Strength::Strong) {
            first_seen.entry(key).or_insert(span.started_at_ns);
        }
    }
    keys.iter()
        .min_by_key(|key| {
            let (rank, within, _) = telling(key);
            (rank, within, first_seen.get(key).copied().unwrap_or(i64::MAX), *key)
        })
        .cloned()
}

/// How well a key names a journey, the best first; the last tells those apart that do equally well.
pub(super) fn telling(key: &Key) -> (usize, bool, &Key) {
    let rank = IDENTITY.iter().position(|kind| *kind == key.kind).unwrap_or(IDENTITY.len());
    (rank, key.system.is_some(), key)
}

fn keys(parts: &Parts, spans: &[SpanNode]) -> Vec<JourneyKey> {
    let mut seen: Vec<JourneyKey> = Vec::new();
    let mut places: HashMap<Key, usize> = HashMap::new();
    for span in spans {
        for record in &span.keys {
            let at = *places.entry(record.key.clone()).or_insert_with(|| {
                seen.push(JourneyKey { key: record.key.clone(), strength: record.strength, systems: Vec::new() });
                seen.len() - 1
            });
            let key = &mut seen[at];
            key.strength = key.strength.min(record.strength);
            if !key.systems.contains(&span.system) {
                key.systems.push(span.system.clone());
            }
        }
    }
    for key in &parts.keys {
        if !places.contains_key(key) {
            seen.push(JourneyKey { key: key.clone(), strength: Strength::Strong, systems: Vec::new() });
        }
    }
    seen.sort_by_key(|key| key.strength);
    seen
}

fn milestones(sightings: &[Sighting]) -> Vec<Milestone> {
    let mut seen: Vec<_> = sightings.iter().map(Sighting::place).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.into_iter()
        .map(|(at_ns, name, system)| Milestone {
            name: name.to_owned(),
            at: timestamp(at_ns),
            system: system.to_owned(),
        })
        .collect()
}

fn state(handoffs: &[HandoffNode], milestones: &[Milestone], ends: &[String]) -> JourneyState {
    if milestones.iter().any(|milestone| ends.contains(&milestone.name)) {
        return JourneyState::Done;
    }
    let identity = |attempt: &AttemptNode| (attempt.from.clone(), attempt.to.clone(), attempt.operation.clone());
    let mut last_success: HashMap<_, i64> = HashMap::new();
    for attempt in handoffs.iter().flat_map(|handoff| &handoff.attempts) {
        if attempt.outcome == Outcome::Ok {
            let last = last_success.entry(identity(attempt)).or_insert(i64::MIN);
            *last = attempt.started_at_ns.max(*last);
        }
    }
    let still_failed = |last: &AttemptNode| {
        last.outcome == Outcome::Error
            && last_success.get(&identity(last)).is_none_or(|success| *success < last.ended_at_ns)
    };
    if handoffs.iter().filter_map(|handoff| handoff.attempts.last()).any(still_failed) {
        return JourneyState::Failed;
    }
    JourneyState::Open
}

fn systems(handoffs: &[HandoffNode], stretches: &[Stretch]) -> Vec<SystemShare> {
    let mut shares: Vec<SystemShare> = Vec::new();
    let mut busy: Vec<Vec<(i64, i64)>> = Vec::new();
    let mut place = |name: &str, busy: &mut Vec<Vec<(i64, i64)>>| {
        shares.iter().position(|share| share.name == name).unwrap_or_else(|| {
            shares.push(SystemShare { name: name.to_owned(), received: 0, made: 0, busy_ns: 0 });
            busy.push(Vec::new());
            shares.len() - 1
        })
    };
    let mut made_and_received = Vec::with_capacity(handoffs.len());
    for (handoff, stretch) in handoffs.iter().zip(stretches) {
        let Some(first) = handoff.attempts.first() else { continue };
        let from = first.from.as_deref().map(|from| place(from, &mut busy));
        let to = place(&first.to, &mut busy);
        busy[to].push((stretch.from_ns, stretch.to_ns));
        made_and_received.push((from, to));
    }
    for (from, to) in made_and_received {
        if let Some(from) = from {
            shares[from].made += 1;
        }
        shares[to].received += 1;
    }
    for (share, busy) in shares.iter_mut().zip(busy) {
        share.busy_ns = covered_ns(busy);
    }
    shares
}

fn traces(spans: &[SpanNode], reasons: &HashMap<TraceId, MembershipReason>) -> Vec<TraceMembership> {
    let mut counts: BTreeMap<(i64, TraceId), u64> = BTreeMap::new();
    let mut first: HashMap<TraceId, i64> = HashMap::new();
    for span in spans {
        let started = *first.entry(span.id.trace_id).or_insert(span.started_at_ns);
        *counts.entry((started, span.id.trace_id)).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|((_, trace_id), span_count)| TraceMembership {
            trace_id: hex::encode(trace_id),
            reason: reasons.get(&trace_id).copied().unwrap_or(MembershipReason::Key),
            span_count,
        })
        .collect()
}

fn stretch(node: &HandoffNode) -> Stretch {
    let from_ns = node.attempts.iter().map(|attempt| attempt.started_at_ns).min().unwrap_or_default();
    let to_ns = node.attempts.iter().map(|attempt| attempt.ended_at_ns).max().unwrap_or_default();
    Stretch { from_ns, to_ns: to_ns.max(from_ns), parent: node.parent }
}

fn handoff_id(spans: &[SpanNode], node: &HandoffNode) -> String {
    let outermost = node.attempts.first().map(|attempt| spans[attempt.sides[0]].id);
    outermost.map(|id| format!("{}-{}", hex::encode(id.trace_id), hex::encode(id.span_id))).unwrap_or_default()
}

fn handoff(
    spans: &[SpanNode],
    node: &HandoffNode,
    stretch: Stretch,
    keys: Vec<Key>,
    id: &str,
    ids: &[String],
) -> Handoff {
    // The attempt that got through, or else the last, knows best what the handoff was.
    let telling = node.attempts.iter().find(|attempt| attempt.outcome == Outcome::Ok).or(node.attempts.last());
    Handoff {
        id: id.to_owned(),
        from: telling.and_then(|attempt| attempt.from.clone()),
        to: telling.map(|attempt| attempt.to.clone()).unwrap_or_default(),
        operation: telling.map(|attempt| attempt.operation.clone()).unwrap_or_default(),
        started_at: timestamp(stretch.from_ns),
        duration_ns: stretch.to_ns.abs_diff(stretch.from_ns),
        parent: node.parent.map(|parent| ids[parent].clone()),
        attempts: node.attempts.iter().map(|node| attempt(spans, node)).collect(),
        keys,
    }
}

fn attempt(spans: &[SpanNode], node: &AttemptNode) -> Attempt {
    let sides = || node.sides.iter().map(|at| &spans[*at]);
    let handoff_sides = || sides().filter_map(|span| span.side.as_ref());
    let status_code = handoff_sides().map(|side| side.status_code).find(|code| *code != 0);
    let error_type = handoff_sides().map(|side| side.error_type.as_str()).find(|kind| !kind.is_empty());
    Attempt {
        started_at: timestamp(node.started_at_ns),
        duration_ns: node.ended_at_ns.abs_diff(node.started_at_ns),
        outcome: node.outcome,
        status_code,
        error_type: error_type.filter(|_| node.outcome == Outcome::Error).map(str::to_owned),
        joined: node.joined,
        repeats: node.repeats,
        sides: sides().filter_map(side).collect(),
    }
}

fn side(span: &SpanNode) -> Option<Side> {
    let handoff = span.side.as_ref()?;
    Some(Side {
        observer: handoff.observer,
        system: span.clock().to_owned(),
        trace_id: hex::encode(span.id.trace_id),
        span_id: hex::encode(span.id.span_id),
        started_at: timestamp(span.started_at_ns),
        duration_ns: span.duration_ns,
        attributes: span.attributes.iter().cloned().collect(),
    })
}
