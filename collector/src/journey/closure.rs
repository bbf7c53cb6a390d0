//! Drives the graph to its end: looks up what it leads to until it leads nowhere new.

use std::collections::{BTreeSet, HashMap, HashSet};

use ordertrace_api::journey::{MembershipReason, Observer};
use ordertrace_api::keys::{Key, Strength};

use super::graph::Graph;
use super::infer::{GRAIN_NS, SideNode, infer};
use super::limits::{JourneyLimits, Reached};
use super::load::{Loader, Reading, Seen, Window, covers, stretches};
use super::node::{SpanNode, SpanRef, TraceId};
use super::session::{Visit, attribute};
use super::sighting::Sighting;
use super::trail::Trail;

/// The milestone after which a session's further handoffs are another order's.
const PLACED: &str = "order.placed";

/// Candidates are looked for this long before and after, so that most need no second look:
/// most handoffs are shorter.
const AROUND_NS: i64 = 1_000_000_000;

/// A graph that leads nowhere new from its seeds.
#[derive(Debug, Default)]
pub(super) struct Closure {
    /// Keys and traces.
    pub graph: Graph,
    /// Milestones by the strong key with which they were seen.
    pub key_milestones: Vec<(Key, Sighting)>,
    /// Milestones by the span within which they were seen.
    pub span_milestones: Vec<(SpanRef, Sighting)>,
    /// When milestones were shown outside of any trace, nanoseconds since the Unix epoch.
    loose: Vec<i64>,
    /// Why traces without a strong key belong.
    pub reasons: HashMap<TraceId, MembershipReason>,
    /// Limits reached.
    pub reached: Reached,
    seeds: Vec<Key>,
    limits: JourneyLimits,
    continued: HashSet<TraceId>,
    sessions: HashSet<Key>,
    /// Sessions whose handoffs are not attributed yet.
    new_sessions: Vec<Key>,
    inferred_from: HashSet<SpanRef>,
    /// What else to look up.
    around: Vec<Key>,
}

impl Closure {
    /// Follows everything that `seeds` lead to.
    pub(super) async fn of(
        reading: &mut Reading,
        seeds: &[Key],
        limits: &JourneyLimits,
    ) -> clickhouse::error::Result<Self> {
        let mut closure = Self { seeds: seeds.to_vec(), limits: *limits, ..Self::default() };
        for seed in seeds {
            closure.graph.add_key(seed);
        }
        closure.follow(reading).await?;
        Ok(closure)
    }

    /// Follows everything that the keys in `seen` lead to.
    pub(super) async fn of_seen(
        reading: &mut Reading,
        seen: Vec<Seen>,
        reached: Reached,
        limits: &JourneyLimits,
    ) -> clickhouse::error::Result<Self> {
        let mut closure = Self { reached, limits: *limits, ..Self::default() };
        for seen in &seen {
            closure.graph.add_key(&seen.key);
            closure.seeds.push(seen.key.clone());
        }
        // They are looked up already.
        closure.graph.take_new_keys();
        closure.add(seen);
        closure.follow(reading).await?;
        Ok(closure)
    }

    /// The sets that hold the seeds.
    pub(super) fn targets(&self) -> BTreeSet<usize> {
        self.seeds.iter().filter_map(|seed| self.graph.set_of_key(seed)).collect()
    }

    /// What the spans of a set led to, without the set's own strong keys.
    pub(super) fn trail(&self, set: usize) -> Trail {
        let (mut keys, mut traces) = (BTreeSet::new(), BTreeSet::new());
        for span in self.graph.spans_in(set) {
            if traces.insert(span.id.trace_id) {
                keys.insert(Seen::continued(span.id.trace_id));
            }
            keys.extend(span.keys_of(Strength::Session).cloned());
        }
        Trail { keys: keys.into_iter().collect(), traces: traces.into_iter().collect() }
    }

    async fn follow(&mut self, reading: &mut Reading) -> clickhouse::error::Result<()> {
        loop {
            // Keys are cheap to look up and lead to nearly all that their traces would: to their
            // end first. Candidates of inferred joins are dear to look for: last, for all at once.
            let keys = self.new_keys();
            if !keys.is_empty() {
                let seen = reading.seen(&keys, &mut self.reached).await?;
                self.add(seen);
                continue;
            }
            let traces = self.graph.take_new_traces();
            if !traces.is_empty() {
                self.load(reading, &traces).await?;
                self.look_around();
                continue;
            }
            if !(self.attribute_sessions() || self.infer(reading.loader()).await?) {
                return Ok(());
            }
            self.look_around();
        }
    }

    /// What is to be looked up next.
    fn new_keys(&mut self) -> Vec<Key> {
        let mut keys = self.graph.take_new_keys();
        if self.graph.key_count() > self.limits.keys && !keys.is_empty() {
            let detail = "further keys were not followed; raise journeys.limits.keys";
            self.reached.note("keys", self.limits.keys, detail.to_owned());
            keys.clear();
        }
        keys.append(&mut self.around);
        keys
    }

    fn add(&mut self, seen: Vec<Seen>) {
        for seen in seen {
            self.graph.want_trace(seen.trace_id);
            if seen.is_continuation() {
                self.reasons.entry(seen.trace_id).or_insert(MembershipReason::SpanLink);
            }
            for link in &seen.links {
                self.graph.link(&seen.key, link);
            }
            if seen.trace_id == [0; 16] {
                self.loose.extend(seen.milestones.iter().map(|milestone| milestone.at_ns));
            }
            self.key_milestones.extend(seen.milestones.into_iter().map(|milestone| (seen.key.clone(), milestone)));
        }
    }

    /// Reads what was said of milestones by events outside of any trace, which keys alone lead to.
    pub(super) async fn read_loose_events(&mut self, loader: &Loader) -> clickhouse::error::Result<()> {
        let at_ns: BTreeSet<i64> = self.loose.iter().copied().collect();
        for sighting in loader.loose_events(&at_ns).await? {
            let known = sighting.keys.iter().filter(|key| self.graph.set_of_key(key).is_some());
            let told: Vec<_> = known.map(|key| (key.clone(), sighting.clone())).collect();
            self.key_milestones.extend(told);
        }
        Ok(())
    }

    async fn load(&mut self, reading: &mut Reading, traces: &[TraceId]) -> clickhouse::error::Result<()> {
        let limit = self.limits.traces;
        if self.graph.trace_count() > limit {
            let detail = "further traces were not read; raise journeys.limits.traces";
            self.reached.note("traces", limit, detail.to_owned());
        }
        let already = self.graph.trace_count() - traces.len().min(self.graph.trace_count());
        let traces = &traces[..traces.len().min(limit.saturating_sub(already))];
        let budget = self.limits.spans.saturating_sub(self.graph.span_count());
        let mut loaded = reading.traces(traces, budget, &mut self.reached).await?;
        for trace in traces {
            let loaded = loaded.remove(trace).unwrap_or_default();
            self.graph.add_trace(*trace, loaded.spans);
            self.span_milestones.extend(loaded.milestones);
        }
        Ok(())
    }

    /// Asks for what else lies around the journeys' spans: traces that continue theirs, and
    /// other handoffs of their sessions.
    fn look_around(&mut self) {
        self.graph.settle();
        let (mut traces, mut sessions) = (BTreeSet::new(), BTreeSet::new());
        for span in self.target_spans() {
            traces.insert(span.id.trace_id);
            sessions.extend(span.keys_of(Strength::Session).cloned());
        }
        traces.retain(|trace| self.continued.insert(*trace));
        sessions.retain(|session| self.sessions.insert(session.clone()));
        self.around.extend(traces.into_iter().map(Seen::continued).chain(sessions.iter().cloned()));
        self.new_sessions.extend(sessions);
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

    /// Attaches handoffs that bear no strong key but happened in a session of the order. All
    /// of the sessions' orders are whole by now, so that it can be told when each was placed.
    fn attribute_sessions(&mut self) -> bool {
        let targets = self.targets();
        let placed = self.placed();
        let mut grown = false;
        for session in std::mem::take(&mut self.new_sessions) {
            for (span, set) in self.attributed(&session, &placed) {
                if targets.contains(&set) {
                    self.reasons.entry(span.trace_id).or_insert(MembershipReason::Session);
                    grown |= self.graph.attach(span, set);
                }
            }
        }
        grown
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
    let sought: Vec<Window> = proxies.iter().chain(&roots).map(|side| window(side, AROUND_NS)).collect();
    let Ok(near) = loader.sides(&sought).await? else { return too_many() };
    // What begins before or ends after those may have further candidates there.
    let read = stretches(&sought);
    let mut further: Vec<Window> =
        near.iter().filter(|side| side.observer == Observer::Proxy).map(|side| window(side, GRAIN_NS)).collect();
    further.retain(|window| !covers(&read, window));
    let known: HashSet<SpanRef> = proxies.iter().chain(&roots).map(|side| side.id).collect();
    let mut sides: Vec<SideNode> = proxies.into_iter().chain(roots).chain(near).collect();
    if !further.is_empty() {
        let Ok(far) = loader.sides(&further).await? else { return too_many() };
        sides.extend(far);
    }
    let received = loader.received(&rivals(&sides, &known)).await?;
    Ok(Some((sides, received)))
}

/// Proxied attempts not among `known` that stand in the way of one that is, or of a known root:
/// those that could be received as a root that a known end could be joined with.
fn rivals(sides: &[SideNode], known: &HashSet<SpanRef>) -> Vec<SpanRef> {
    fn request(side: &SideNode) -> (&str, &str, &str) {
        (&side.to, &side.method, &side.path)
    }
    let mut proxies: HashMap<(&str, &str, &str), Vec<&SideNode>> = HashMap::new();
    for proxy in sides.iter().filter(|side| side.observer == Observer::Proxy) {
        proxies.entry(request(proxy)).or_default().push(proxy);
    }
    let mut rivals = BTreeSet::new();
    for root in sides.iter().filter(|side| side.observer == Observer::Server) {
        let around = proxies.get(&request(root)).into_iter().flatten();
        let around: Vec<SpanRef> =
            around.filter(|proxy| proxy.may_be_received_as(root)).map(|proxy| proxy.id).collect();
        if known.contains(&root.id) || around.iter().any(|proxy| known.contains(proxy)) {
            rivals.extend(around.into_iter().filter(|proxy| !known.contains(proxy)));
        }
    }
    rivals.into_iter().collect()
}

/// The request of `side`, from `margin_ns` before it to as long after.
fn window(side: &SideNode, margin_ns: i64) -> Window {
    Window {
        to: side.to.clone(),
        method: side.method.clone(),
        path: side.path.clone(),
        from_ns: side.started_at_ns.saturating_sub(margin_ns),
        to_ns: side.ended_at_ns.saturating_add(margin_ns),
    }
}
