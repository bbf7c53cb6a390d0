//! Drives the graph to its end: looks up what it leads to until it leads nowhere new.

use std::collections::{BTreeSet, HashMap, HashSet};

use ordertrace_api::journey::{MembershipReason, Observer};
use ordertrace_api::keys::{Key, Strength};

use super::graph::Graph;
use super::infer::{GRAIN_NS, SideNode, infer};
use super::limits::{JourneyLimits, Reached};
use super::load::{Loader, Window};
use super::node::{MilestoneSeen, SpanNode, SpanRef, TraceId};
use super::session::{Visit, attribute};

/// The milestone after which a session's further handoffs are another order's.
const PLACED: &str = "order.placed";

/// A graph that leads nowhere new from its seeds.
#[derive(Debug, Default)]
pub(super) struct Closure {
    /// Keys and traces.
    pub graph: Graph,
    /// Milestones by the strong key with which they were seen.
    pub key_milestones: Vec<(Key, MilestoneSeen)>,
    /// Milestones by the span within which they were seen.
    pub span_milestones: Vec<(SpanRef, MilestoneSeen)>,
    /// Why traces without a strong key belong.
    pub reasons: HashMap<TraceId, MembershipReason>,
    /// Limits reached.
    pub reached: Reached,
    seeds: Vec<Key>,
    linked: HashSet<TraceId>,
    sessions: HashSet<Key>,
    inferred_from: HashSet<SpanRef>,
    without_milestones: Vec<Key>,
}

impl Closure {
    /// Follows everything that `seeds` lead to.
    pub(super) async fn of(loader: &Loader, seeds: &[Key], limits: &JourneyLimits) -> clickhouse::error::Result<Self> {
        let mut closure = Self { seeds: seeds.to_vec(), ..Self::default() };
        for seed in seeds {
            closure.graph.add_key(seed);
        }
        loop {
            closure.follow(loader, limits).await?;
            // Candidates of inferred joins are dear to look for: last, for all at once.
            let grown = closure.follow_span_links(loader).await?
                || closure.follow_sessions(loader, limits).await?
                || closure.infer(loader).await?;
            if !grown {
                closure.load_milestones(loader).await?;
                return Ok(closure);
            }
        }
    }

    /// The sets that hold the seeds.
    pub(super) fn targets(&self) -> BTreeSet<usize> {
        self.seeds.iter().filter_map(|seed| self.graph.set_of_key(seed)).collect()
    }

    async fn follow(&mut self, loader: &Loader, limits: &JourneyLimits) -> clickhouse::error::Result<()> {
        loop {
            let keys = self.follow_links(loader, limits).await?;
            for (_, trace) in loader.traces_of(&keys, &mut self.reached).await? {
                self.graph.want_trace(trace);
            }
            self.without_milestones.extend(keys);
            let traces = self.graph.take_new_traces();
            if traces.is_empty() {
                self.graph.settle();
                return Ok(());
            }
            if self.graph.trace_count() > limits.traces {
                let detail = "further traces were not read; raise journeys.limits.traces";
                self.reached.note("traces", limits.traces, detail.to_owned());
            }
            self.load(loader, &traces, limits).await?;
        }
    }

    /// Follows the links of new keys to their end, and returns all these keys. Links are cheap
    /// to read and lead to nearly all that the traces would.
    async fn follow_links(&mut self, loader: &Loader, limits: &JourneyLimits) -> clickhouse::error::Result<Vec<Key>> {
        let mut followed = Vec::new();
        loop {
            let keys = self.graph.take_new_keys();
            if keys.is_empty() {
                return Ok(followed);
            }
            if self.graph.key_count() > limits.keys {
                let detail = "further keys were not followed; raise journeys.limits.keys";
                self.reached.note("keys", limits.keys, detail.to_owned());
                return Ok(followed);
            }
            for (key, other) in loader.links(&keys, &mut self.reached).await? {
                self.graph.link(&key, &other);
            }
            followed.extend(keys);
        }
    }

    async fn load(
        &mut self,
        loader: &Loader,
        traces: &[TraceId],
        limits: &JourneyLimits,
    ) -> clickhouse::error::Result<()> {
        let already = self.graph.trace_count() - traces.len().min(self.graph.trace_count());
        let traces = &traces[..traces.len().min(limits.traces.saturating_sub(already))];
        let budget = limits.spans.saturating_sub(self.graph.span_count());
        let mut loaded = loader.traces(traces, budget, &mut self.reached).await?;
        for trace in traces {
            self.graph.add_trace(*trace, loaded.spans.remove(trace).unwrap_or_default());
        }
        self.span_milestones.extend(loaded.milestones);
        Ok(())
    }

    async fn load_milestones(&mut self, loader: &Loader) -> clickhouse::error::Result<()> {
        let keys = std::mem::take(&mut self.without_milestones);
        self.key_milestones.extend(loader.milestones(&keys).await?);
        Ok(())
    }

    async fn follow_span_links(&mut self, loader: &Loader) -> clickhouse::error::Result<bool> {
        let traces: BTreeSet<TraceId> = self.target_spans().map(|span| span.id.trace_id).collect();
        let fresh: Vec<TraceId> = traces.into_iter().filter(|trace| self.linked.insert(*trace)).collect();
        if fresh.is_empty() {
            return Ok(false);
        }
        let before = self.graph.trace_count();
        for trace in loader.traces_linking_to(&fresh).await? {
            self.graph.want_trace(trace);
            self.reasons.entry(trace).or_insert(MembershipReason::SpanLink);
        }
        Ok(self.graph.trace_count() > before)
    }

    /// Joins proxied attempts with receivers that dropped the trace context.
    async fn infer(&mut self, loader: &Loader) -> clickhouse::error::Result<bool> {
        let (proxies, roots) = self.unjoined();
        if proxies.is_empty() && roots.is_empty() {
            return Ok(false);
        }
        self.inferred_from.extend(proxies.iter().chain(&roots).map(|side| side.id));
        let Some((sides, received)) = candidates(loader, proxies, roots, &mut self.reached).await? else {
            return Ok(false);
        };
        let members: HashSet<SpanRef> = self.target_spans().map(|span| span.id).collect();
        let mut grown = false;
        for (proxy, server) in infer(&sides, &received) {
            // Of others not every candidate was looked at.
            if !members.contains(&proxy) && !members.contains(&server) || self.graph.inferred().contains_key(&server) {
                continue;
            }
            for trace in [proxy.trace_id, server.trace_id] {
                self.graph.want_trace(trace);
                self.reasons.entry(trace).or_insert(MembershipReason::Inferred);
            }
            self.graph.infer(proxy, server);
            grown = true;
        }
        Ok(grown)
    }

    /// Proxied attempts that no receiver continues, and parentless receivers, each once.
    fn unjoined(&self) -> (Vec<SideNode>, Vec<SideNode>) {
        let received: HashSet<SpanRef> = self
            .target_spans()
            .filter(|span| span.observer() == Some(Observer::Server))
            .map(|span| SpanRef { trace_id: span.id.trace_id, span_id: span.parent_span_id })
            .collect();
        let (mut proxies, mut roots) = (Vec::new(), Vec::new());
        for span in self.target_spans().filter(|span| !self.inferred_from.contains(&span.id)) {
            match span.observer() {
                Some(Observer::Proxy) if !received.contains(&span.id) => proxies.extend(SideNode::of(span)),
                Some(Observer::Server) if span.is_root() => roots.extend(SideNode::of(span)),
                _ => {}
            }
        }
        (proxies, roots)
    }

    /// Attaches handoffs that bear no strong key but happened in a session of the order.
    async fn follow_sessions(&mut self, loader: &Loader, limits: &JourneyLimits) -> clickhouse::error::Result<bool> {
        let sessions: BTreeSet<Key> =
            self.target_spans().flat_map(|span| span.keys_of(Strength::Session).cloned().collect::<Vec<_>>()).collect();
        let fresh: Vec<Key> = sessions.into_iter().filter(|session| self.sessions.insert(session.clone())).collect();
        if fresh.is_empty() {
            return Ok(false);
        }
        for (_, trace) in loader.traces_of(&fresh, &mut self.reached).await? {
            self.graph.want_trace(trace);
        }
        // Other orders of the session must be whole before it can be told when each was placed.
        self.follow(loader, limits).await?;
        self.load_milestones(loader).await?;
        let targets = self.targets();
        let mut grown = false;
        let placed = self.placed();
        for session in &fresh {
            for (span, set) in self.attributed(session, &placed) {
                if targets.contains(&set) {
                    self.reasons.entry(span.trace_id).or_insert(MembershipReason::Session);
                    grown |= self.graph.attach(span, set);
                }
            }
        }
        Ok(grown)
    }

    /// The session's spans that bear no strong key, each with the set of the order to which
    /// it belongs.
    fn attributed(&self, session: &Key, placed: &HashMap<usize, i64>) -> Vec<(SpanRef, usize)> {
        let mut spans: Vec<&SpanNode> =
            self.graph.spans().filter(|span| span.keys_of(Strength::Session).any(|key| key == session)).collect();
        spans.sort_by_key(|span| (span.started_at_ns, span.id));
        let keyed = self.graph.keyed_sets();
        let visits: Vec<Visit<usize>> = spans
            .iter()
            .map(|span| Visit {
                at_ns: span.started_at_ns,
                journey: self.graph.set_of_span(span.id).filter(|set| keyed.contains(set)),
            })
            .collect();
        let belongs = attribute(&visits, |set| placed.get(&set).copied());
        let undecided = spans.iter().zip(&visits).zip(belongs).filter(|((_, visit), _)| visit.journey.is_none());
        undecided
            .filter(|((span, _), _)| self.graph.is_keyless(span.id.trace_id))
            .filter_map(|((span, _), set)| Some((span.id, set?)))
            .collect()
    }

    /// When the order of each set was placed.
    fn placed(&self) -> HashMap<usize, i64> {
        let by_key = self.key_milestones.iter().map(|(key, seen)| (self.graph.set_of_key(key), seen));
        let by_span = self.span_milestones.iter().map(|(span, seen)| (self.graph.set_of_span(*span), seen));
        let mut placed = HashMap::new();
        for (set, seen) in by_key.chain(by_span) {
            if let (Some(set), PLACED) = (set, seen.name.as_str()) {
                let at_ns = placed.entry(set).or_insert(seen.at_ns);
                *at_ns = seen.at_ns.min(*at_ns);
            }
        }
        placed
    }

    fn target_spans(&self) -> impl Iterator<Item = &SpanNode> {
        let targets = self.targets();
        self.graph.spans().filter(move |span| self.graph.set_of_span(span.id).is_some_and(|set| targets.contains(&set)))
    }
}

/// All that `proxies` and `roots` could be joined with, and all that those could be joined
/// with, so that a pair without alternative is known to have none; and which of the proxied
/// attempts the trace context joined already.
async fn candidates(
    loader: &Loader,
    proxies: Vec<SideNode>,
    roots: Vec<SideNode>,
    reached: &mut Reached,
) -> clickhouse::error::Result<Option<(Vec<SideNode>, HashSet<SpanRef>)>> {
    let mut too_many = || {
        let detail = "too many handoffs at that time to join those without trace context".to_owned();
        reached.note("inference", 0, detail);
        Ok(None)
    };
    let Ok(within) = loader.roots_within(&windows(&proxies, GRAIN_NS)).await? else { return too_many() };
    let all_roots: Vec<SideNode> = unique(roots.into_iter().chain(within));
    if all_roots.is_empty() {
        return Ok(None);
    }
    let Ok(around) = loader.proxies_around(&windows(&all_roots, -GRAIN_NS)).await? else { return too_many() };
    let known: HashSet<SpanRef> = proxies.iter().map(|proxy| proxy.id).collect();
    let others: Vec<SideNode> = unique(around.into_iter().filter(|proxy| !known.contains(&proxy.id)));
    let Ok(theirs) = loader.roots_within(&windows(&others, GRAIN_NS)).await? else { return too_many() };
    let ids: Vec<SpanRef> = others.iter().map(|proxy| proxy.id).collect();
    let received = loader.received(&ids).await?;
    let sides = proxies.into_iter().chain(others).chain(all_roots).chain(theirs).collect();
    Ok(Some((sides, received)))
}

/// When each of `sides` was under way, widened by `margin_ns` at both ends.
fn windows(sides: &[SideNode], margin_ns: i64) -> Vec<Window> {
    let window = |side: &SideNode| Window {
        system: side.to.clone(),
        from_ns: side.started_at_ns.saturating_sub(margin_ns),
        to_ns: side.ended_at_ns.saturating_add(margin_ns),
    };
    sides.iter().map(window).collect()
}

fn unique(sides: impl Iterator<Item = SideNode>) -> Vec<SideNode> {
    let mut seen = HashSet::new();
    sides.filter(|side| seen.insert(side.id)).collect()
}
