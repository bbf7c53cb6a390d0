//! Which receiver's root is the other end of which proxied attempt, when the receiver
//! dropped the trace context.
//!
//! A pair must agree in receiving system, method, path and status, the root must lie within
//! the attempt's time, and neither may have another candidate. Strong keys can rule a
//! candidate out, never in. Of what finds no candidate that way, a root may also have ended
//! somewhat later than the attempt within which it began.

use std::collections::HashSet;

use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{Key, Strength};

use super::graph::conflicting;
use super::node::{SpanNode, SpanRef};

/// Senders that keep time in milliseconds report a start up to one early, an end up to one
/// late (OpenTelemetry JS does).
pub(super) const GRAIN_NS: i64 = 1_000_000;

/// A receiver ends its span some time after its last byte left: what it still does, and how
/// long it waits for the processor, the sender of the request does not see.
const LATE_NS: i64 = 100_000_000;

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

    /// Whether the two could be the two ends of one attempt, however late the root ended.
    pub(super) fn may_be_received_as(&self, root: &Self) -> bool {
        self.to == root.to
            && self.method == root.method
            && self.path == root.path
            // An attempt that was cut off has no status of its own to compare.
            && (self.status_code == root.status_code || self.status_code == 0 || root.status_code == 0)
            && root.started_at_ns >= self.started_at_ns - GRAIN_NS
            && root.started_at_ns <= self.ended_at_ns + GRAIN_NS
            && !conflicting(&self.keys.iter().collect::<Vec<_>>(), &root.keys.iter().collect::<Vec<_>>())
    }

    /// Whether `root` ended within the attempt, as far as its clock can tell.
    fn encloses(&self, root: &Self) -> bool {
        root.ended_at_ns <= self.ended_at_ns + GRAIN_NS
    }

    /// Whether `root` may have ended when it did although its attempt was over: it had
    /// answered already, or its caller had gone away.
    fn outlived_by(&self, root: &Self) -> bool {
        self.status_code == 0 || root.ended_at_ns <= self.ended_at_ns + LATE_NS
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

    let enclosed = candidates(&proxies, &roots, SideNode::encloses);
    let mut pairs = unique(&enclosed);
    // Whoever has a candidate by the stricter measure is not free for the other.
    let late = candidates(&proxies, &roots, SideNode::outlived_by).without(&enclosed);
    pairs.extend(unique(&late));
    pairs.into_iter().map(|(proxy, root)| (proxies[proxy].id, roots[root].id)).collect()
}

/// For each proxied attempt and each root, by place, what it could be joined with.
struct Candidates {
    of_proxy: Vec<Candidate>,
    of_root: Vec<Candidate>,
    pairs: Vec<(usize, usize)>,
}

/// `proxies` and `roots` must be by start.
fn candidates(proxies: &[&SideNode], roots: &[&SideNode], fits: impl Fn(&SideNode, &SideNode) -> bool) -> Candidates {
    let mut pairs = Vec::new();
    for (at, proxy) in proxies.iter().enumerate() {
        let first = roots.partition_point(|root| root.started_at_ns < proxy.started_at_ns - GRAIN_NS);
        let within = roots[first..].iter().take_while(|root| root.started_at_ns <= proxy.ended_at_ns + GRAIN_NS);
        for (offset, root) in within.enumerate() {
            if proxy.may_be_received_as(root) && fits(proxy, root) {
                pairs.push((at, first + offset));
            }
        }
    }
    Candidates::new(proxies.len(), roots.len(), pairs)
}

impl Candidates {
    fn new(proxies: usize, roots: usize, pairs: Vec<(usize, usize)>) -> Self {
        let (mut of_proxy, mut of_root) = (vec![Candidate::None; proxies], vec![Candidate::None; roots]);
        for (proxy, root) in &pairs {
            of_proxy[*proxy].add(*root);
            of_root[*root].add(*proxy);
        }
        Self { of_proxy, of_root, pairs }
    }

    /// Those between attempts and roots that have no candidate in `other`.
    fn without(mut self, other: &Self) -> Self {
        self.pairs.retain(|(proxy, root)| {
            other.of_proxy[*proxy] == Candidate::None && other.of_root[*root] == Candidate::None
        });
        Self::new(self.of_proxy.len(), self.of_root.len(), self.pairs)
    }
}

/// The pairs without alternative on either side.
fn unique(candidates: &Candidates) -> Vec<(usize, usize)> {
    let only = |(proxy, root): &&(usize, usize)| {
        candidates.of_proxy[*proxy] == Candidate::One(*root) && candidates.of_root[*root] == Candidate::One(*proxy)
    };
    candidates.pairs.iter().filter(only).copied().collect()
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
    fn a_root_that_ended_late_is_joined_with_what_is_left() {
        let late = |ms: i64| [side(1, Observer::Proxy, 0, 10), side(2, Observer::Server, 1, 10 + ms)];
        assert_eq!(pairs(&late(100)), [(1, 2)]);
        assert!(pairs(&late(101)).is_empty());
        let mut cut_off = late(5_000);
        cut_off[0].status_code = 0;
        assert_eq!(pairs(&cut_off), [(1, 2)], "whose caller went away may go on for long");
        // The second root fits only the second attempt, so it is no alternative for the first.
        let overlapping = [
            side(1, Observer::Proxy, 0, 10),
            side(2, Observer::Proxy, 5, 40),
            side(3, Observer::Server, 1, 14),
            side(4, Observer::Server, 6, 39),
        ];
        assert_eq!(pairs(&overlapping), [(2, 4), (1, 3)]);
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
