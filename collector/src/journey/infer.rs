//! Which receiver's root is the other end of which proxied attempt, when the receiver
//! dropped the trace context.
//!
//! A pair must agree in receiving system, method, path and status, the root must lie within
//! the attempt's time, and neither may have another candidate. Strong keys can rule a
//! candidate out, never in.

use std::collections::HashSet;

use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{Key, Strength};

use super::graph::conflicting;
use super::node::{SpanNode, SpanRef};

/// Senders that keep time in milliseconds report a start up to one early, an end up to one
/// late (OpenTelemetry JS does).
pub(super) const GRAIN_NS: i64 = 1_000_000;

/// One end of a handoff, as the narrow table has it.
#[derive(Clone, Debug)]
pub(super) struct SideNode {
    /// The span.
    pub id: SpanRef,
    /// Its parent; all zero on a root.
    pub parent_span_id: [u8; 8],
    /// Where its reporter stands.
    pub observer: Observer,
    /// The receiving system.
    pub to: String,
    /// Nanoseconds since the Unix epoch.
    pub started_at_ns: i64,
    /// Nanoseconds since the Unix epoch.
    pub ended_at_ns: i64,
    /// HTTP method.
    pub method: String,
    /// URL path.
    pub path: String,
    /// HTTP status; 0 = none.
    pub status_code: u16,
    /// Strong keys on it.
    pub keys: Vec<Key>,
}

impl SideNode {
    /// The end of a handoff that a span is, if it is one.
    pub(super) fn of(span: &SpanNode) -> Option<Self> {
        let side = span.side.as_ref()?;
        Some(Self {
            id: span.id,
            parent_span_id: span.parent_span_id,
            observer: side.observer,
            to: side.to.clone(),
            started_at_ns: span.started_at_ns,
            ended_at_ns: span.ended_at_ns(),
            method: side.method.clone(),
            path: side.path.clone(),
            status_code: side.status_code,
            keys: span.keys_of(Strength::Strong).cloned().collect(),
        })
    }

    /// Whether the two could be the two ends of one attempt.
    pub(super) fn may_be_received_as(&self, root: &Self) -> bool {
        self.to == root.to
            && self.method == root.method
            && self.path == root.path
            // An attempt that was cut off has no status of its own to compare.
            && (self.status_code == root.status_code || self.status_code == 0 || root.status_code == 0)
            && root.started_at_ns >= self.started_at_ns - GRAIN_NS
            && root.ended_at_ns <= self.ended_at_ns + GRAIN_NS
            && !conflicting(&self.keys.iter().collect::<Vec<_>>(), &root.keys.iter().collect::<Vec<_>>())
    }
}

/// The pairs (proxied attempt, receiver's root) that have no alternative on either side,
/// among `sides` less the `received` ones, which the trace context joined already.
pub(super) fn infer(sides: &[SideNode], received: &HashSet<SpanRef>) -> Vec<(SpanRef, SpanRef)> {
    let mut proxies: Vec<&SideNode> = sides
        .iter()
        .filter(|side| side.observer == Observer::Proxy && !side.method.is_empty() && !received.contains(&side.id))
        .collect();
    let mut roots: Vec<&SideNode> = sides
        .iter()
        .filter(|side| side.observer == Observer::Server && side.parent_span_id == [0; 8] && !side.method.is_empty())
        .collect();
    proxies.sort_by_key(|side| (side.started_at_ns, side.id));
    proxies.dedup_by_key(|side| side.id);
    roots.sort_by_key(|side| (side.started_at_ns, side.id));
    roots.dedup_by_key(|side| side.id);

    let mut candidates_of_root = vec![Candidate::None; roots.len()];
    let mut candidates_of_proxy = vec![Candidate::None; proxies.len()];
    for (at, proxy) in proxies.iter().enumerate() {
        let first = roots.partition_point(|root| root.started_at_ns < proxy.started_at_ns - GRAIN_NS);
        let within = roots[first..].iter().take_while(|root| root.started_at_ns <= proxy.ended_at_ns + GRAIN_NS);
        for (offset, root) in within.enumerate() {
            if proxy.may_be_received_as(root) {
                candidates_of_proxy[at].add(first + offset);
                candidates_of_root[first + offset].add(at);
            }
        }
    }
    candidates_of_proxy
        .iter()
        .enumerate()
        .filter_map(|(proxy, candidate)| {
            let Candidate::One(root) = *candidate else { return None };
            (candidates_of_root[root] == Candidate::One(proxy)).then(|| (proxies[proxy].id, roots[root].id))
        })
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Candidate {
    None,
    One(usize),
    Several,
}

impl Candidate {
    fn add(&mut self, at: usize) {
        *self = if *self == Self::None { Self::One(at) } else { Self::Several };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(id: u8, observer: Observer, from_ms: i64, to_ms: i64) -> SideNode {
        SideNode {
            id: SpanRef { trace_id: [id; 16], span_id: [id; 8] },
            parent_span_id: [0; 8],
            observer,
            to: "vendure".to_owned(),
            started_at_ns: from_ms * 1_000_000,
            ended_at_ns: to_ms * 1_000_000,
            method: "POST".to_owned(),
            path: "/shop-api".to_owned(),
            status_code: 200,
            keys: Vec::new(),
        }
    }

    fn pairs(sides: &[SideNode]) -> Vec<(u8, u8)> {
        infer(sides, &HashSet::new()).into_iter().map(|(proxy, root)| (proxy.span_id[0], root.span_id[0])).collect()
    }

    #[test]
    fn one_candidate_within_the_time_is_joined() {
        let sides = [side(1, Observer::Proxy, 0, 10), side(2, Observer::Server, 1, 9)];
        assert_eq!(pairs(&sides), [(1, 2)]);
        let early = [side(1, Observer::Proxy, 10, 20), side(2, Observer::Server, 9, 21)];
        assert_eq!(pairs(&early), [(1, 2)], "a grain of one millisecond is allowed for");
        let outside = [side(1, Observer::Proxy, 10, 20), side(2, Observer::Server, 8, 15)];
        assert!(pairs(&outside).is_empty());
    }

    #[test]
    fn several_candidates_on_either_side_are_not_joined() {
        let two_roots =
            [side(1, Observer::Proxy, 0, 10), side(2, Observer::Server, 1, 4), side(3, Observer::Server, 5, 9)];
        assert!(pairs(&two_roots).is_empty());
        let two_proxies =
            [side(1, Observer::Proxy, 0, 10), side(2, Observer::Server, 1, 4), side(3, Observer::Proxy, 0, 11)];
        assert!(pairs(&two_proxies).is_empty());
    }

    #[test]
    fn method_path_status_and_system_must_agree() {
        let proxy = side(1, Observer::Proxy, 0, 10);
        let root = side(2, Observer::Server, 1, 9);
        for other in [
            SideNode { method: "GET".to_owned(), ..root.clone() },
            SideNode { path: "/admin-api".to_owned(), ..root.clone() },
            SideNode { status_code: 500, ..root.clone() },
            SideNode { to: "oms".to_owned(), ..root },
        ] {
            assert!(pairs(&[proxy.clone(), other]).is_empty());
        }
    }

    #[test]
    fn contradicting_keys_rule_a_candidate_out() {
        let order = |value: &str| vec![Key::global("order", value).unwrap()];
        let sides = [
            SideNode { keys: order("A"), ..side(1, Observer::Proxy, 0, 10) },
            SideNode { keys: order("B"), ..side(2, Observer::Proxy, 0, 10) },
            SideNode { keys: order("A"), ..side(3, Observer::Server, 1, 9) },
            SideNode { keys: order("B"), ..side(4, Observer::Server, 1, 9) },
        ];
        assert_eq!(pairs(&sides), [(1, 3), (2, 4)]);
    }

    #[test]
    fn what_the_trace_context_joined_is_no_candidate() {
        let sides = [side(1, Observer::Proxy, 0, 10), side(2, Observer::Server, 2, 8)];
        let received = HashSet::from([sides[0].id]);
        assert!(infer(&sides, &received).is_empty());
    }
}
