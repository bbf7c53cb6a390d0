//! The simplest tracer that follows the rules of the crate's documentation. Slow and without
//! any bound; it exists to prove that the truth can be found by these rules alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use ordertrace_api::journey::{Attempt, Handoff, JoinKind, Journey, JourneyKey, JourneyState, Outcome, SystemShare};
use ordertrace_api::keys::{Key, KindTable, PathTemplate, Strength, kind_of_name};

use crate::proxy::Exchange;
use crate::sink::{Event, Span};

/// What somebody saw, whoever it was.
#[derive(Clone, Debug)]
struct Node {
    trace: String,
    id: String,
    parent: String,
    role: Role,
    from: Option<String>,
    to: String,
    operation: String,
    call: (String, String),
    started_ns: u64,
    ended_ns: u64,
    status: Option<u16>,
    failed: bool,
    keys: BTreeSet<Key>,
    session: Option<String>,
    idempotency_key: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Client,
    Proxy,
    Server,
    Internal,
}

pub(crate) struct Tracer {
    nodes: Vec<Node>,
    by_id: HashMap<String, usize>,
    by_trace: HashMap<String, Vec<usize>>,
    children: HashMap<usize, Vec<usize>>,
    /// The order of every node.
    owners: Vec<Option<usize>>,
    /// The order, by number, of every strong key.
    orders: HashMap<Key, usize>,
    placed: Vec<(usize, u64)>,
}

fn strong(key: &Key) -> bool {
    KindTable::default().strength(&key.kind) == Strength::Strong
}

impl Tracer {
    pub(crate) fn new(spans: &[Span], events: &[Event], exchanges: &[Exchange]) -> Self {
        let nodes: Vec<Node> = spans.iter().filter_map(of_span).chain(exchanges.iter().map(of_exchange)).collect();
        let by_id = nodes.iter().enumerate().map(|(at, node)| (node.id.clone(), at)).collect();
        let orders = components(nodes.iter().map(|node| &node.keys));
        let (by_trace, children, owners) = Default::default();
        let mut tracer = Self { nodes, by_id, by_trace, children, owners, orders, placed: Vec::new() };
        for at in 0..tracer.nodes.len() {
            tracer.by_trace.entry(tracer.nodes[at].trace.clone()).or_default().push(at);
            if let Some(parent) = tracer.parent(at) {
                tracer.children.entry(parent).or_default().push(at);
            }
        }
        for event in events.iter().filter(|event| event.name == "order.placed") {
            let keys = keys_of_attributes(&event.attributes, &event.system);
            tracer.placed.extend(keys.iter().find_map(|key| Some((*tracer.orders.get(key)?, event.at_ns))));
        }
        tracer.owners = (0..tracer.nodes.len()).map(|at| tracer.owner(at)).collect();
        tracer
    }

    pub(crate) fn journey(&self, key: &Key) -> Option<Journey> {
        let order = *self.orders.get(key)?;
        let mine: Vec<usize> = (0..self.nodes.len()).filter(|at| self.owners[*at] == Some(order)).collect();
        let keys: BTreeSet<&Key> = self.orders.iter().filter(|(_, o)| **o == order).map(|(key, _)| key).collect();
        let handoffs = self.handoffs(&mine);
        let names = |handoff: &Handoff| [handoff.from.clone().unwrap_or_else(|| "?".into()), handoff.to.clone()];
        let systems: BTreeSet<String> = handoffs.iter().flat_map(names).collect();
        let share = |name| SystemShare { name, received: 0, made: 0, busy_ns: 0 };
        let seen = |key: &Key| JourneyKey { key: key.clone(), strength: Strength::Strong, systems: Vec::new() };
        Some(Journey {
            id: key.clone(),
            keys: keys.into_iter().map(seen).collect(),
            state: JourneyState::Open,
            started_at: Timestamp::UNIX_EPOCH,
            ended_at: Timestamp::UNIX_EPOCH,
            milestones: Vec::new(),
            systems: systems.into_iter().map(share).collect(),
            handoffs,
            waits: Vec::new(),
            critical_path: Vec::new(),
            traces: Vec::new(),
            span_count: 0,
            limits: Vec::new(),
            clocks: Vec::new(),
            aligned: false,
        })
    }

    fn parent(&self, at: usize) -> Option<usize> {
        self.by_id.get(&self.nodes[at].parent).copied().filter(|p| self.nodes[*p].trace == self.nodes[at].trace)
    }

    fn order_of(&self, at: usize) -> Option<usize> {
        self.nodes[at].keys.iter().find_map(|key| self.orders.get(key)).copied()
    }

    /// Rules 1 to 3.
    fn owner(&self, at: usize) -> Option<usize> {
        let mut above = Some(at);
        while let Some(at) = above {
            // All sides of one attempt bear its keys: look below within the attempt as well.
            if let Some(order) = self.sides(at).into_iter().find_map(|side| self.order_of(side)) {
                return Some(order);
            }
            above = self.parent(at);
        }
        let trace = &self.by_trace[&self.nodes[at].trace];
        let orders: BTreeSet<usize> = trace.iter().filter_map(|at| self.order_of(*at)).collect();
        match orders.len() {
            0 => {
                let top = trace.iter().filter(|at| self.nodes[**at].session.is_some());
                let top = top.min_by_key(|at| self.nodes[**at].started_ns)?;
                self.of_session(self.nodes[*top].session.as_deref()?, self.nodes[*top].started_ns)
            }
            1 => orders.first().copied(),
            _ => None,
        }
    }

    fn of_session(&self, session: &str, at_ns: u64) -> Option<usize> {
        let mut seen: Vec<(u64, usize)> = (0..self.nodes.len())
            .filter(|at| self.nodes[*at].session.as_deref() == Some(session))
            .filter_map(|at| Some((self.nodes[at].started_ns, self.order_of(at)?)))
            .collect();
        seen.sort_unstable();
        let placed = |order: usize| self.placed.iter().any(|(placed, when)| *placed == order && *when < at_ns);
        let last = seen.iter().rev().find(|(when, _)| *when < at_ns).map(|(_, order)| *order);
        match last {
            Some(order) if !placed(order) => Some(order),
            _ => seen.iter().find(|(when, order)| *when >= at_ns && !placed(*order)).map(|(_, order)| *order),
        }
    }

    /// The nodes of the attempt that `at` is a side of, the outermost first.
    fn sides(&self, at: usize) -> Vec<usize> {
        let joins = |outer: usize, inner: usize| {
            let (outer, inner) = (&self.nodes[outer], &self.nodes[inner]);
            outer.to == inner.to
                && matches!(
                    (outer.role, inner.role),
                    (Role::Client, Role::Proxy | Role::Server) | (Role::Proxy, Role::Server)
                )
        };
        let mut first = at;
        while let Some(parent) = self.parent(first).filter(|parent| joins(*parent, first)) {
            first = parent;
        }
        let mut sides = vec![first];
        let below = |outer: usize| {
            let mut children = self.children.get(&outer).into_iter().flatten();
            children.find(|inner| joins(outer, **inner)).copied()
        };
        while let Some(inner) = below(sides[sides.len() - 1]) {
            sides.push(inner);
        }
        sides
    }

    fn handoffs(&self, mine: &[usize]) -> Vec<Handoff> {
        let attempts: BTreeSet<Vec<usize>> =
            mine.iter().filter(|at| self.nodes[**at].role != Role::Internal).map(|at| self.sides(*at)).collect();
        let (mut known, roots): (Vec<Vec<usize>>, Vec<Vec<usize>>) =
            attempts.into_iter().partition(|sides| self.nodes[sides[0]].role != Role::Server);
        for root in roots {
            let server = &self.nodes[root[0]];
            let fits = |sides: &&mut Vec<usize>| {
                sides.iter().any(|side| {
                    let side = &self.nodes[*side];
                    side.role == Role::Proxy
                        && (&side.to, &side.call, side.status) == (&server.to, &server.call, server.status)
                        && side.started_ns <= server.started_ns
                        && server.ended_ns <= side.ended_ns
                })
            };
            let mut fitting: Vec<&mut Vec<usize>> = known.iter_mut().filter(fits).collect();
            match fitting.as_mut_slice() {
                [one] => one.extend(root),
                _ => known.push(root),
            }
        }
        known.sort_by_key(|sides| self.nodes[sides[0]].started_ns);
        let mut groups: Vec<Vec<Vec<usize>>> = Vec::new();
        for sides in known {
            match groups.iter_mut().find(|group| self.repeats(&group[group.len() - 1], &sides)) {
                Some(group) => group.push(sides),
                None => groups.push(vec![sides]),
            }
        }
        groups.iter().map(|group| self.handoff(group)).collect()
    }

    fn repeats(&self, earlier: &[usize], later: &[usize]) -> bool {
        let idempotency = |sides: &[usize]| sides.iter().find_map(|at| self.nodes[*at].idempotency_key.clone());
        let (a, b) = (&self.nodes[earlier[0]], &self.nodes[later[0]]);
        let same_key = idempotency(earlier).is_some_and(|key| idempotency(later) == Some(key));
        let same_call = a.call == b.call && a.operation == b.operation && a.to == b.to;
        let again = !a.parent.is_empty() && a.parent == b.parent && self.failed(earlier);
        same_key || (same_call && again)
    }

    fn failed(&self, sides: &[usize]) -> bool {
        sides.iter().any(|at| self.nodes[*at].failed)
    }

    fn handoff(&self, group: &[Vec<usize>]) -> Handoff {
        let outer = &self.nodes[group[0][0]];
        let attempt = |sides: &Vec<usize>| {
            let first = &self.nodes[sides[0]];
            Attempt {
                started_at: time(first.started_ns),
                duration_ns: first.ended_ns - first.started_ns,
                outcome: if self.failed(sides) { Outcome::Error } else { Outcome::Ok },
                status_code: first.status,
                error_type: None,
                joined: JoinKind::Single,
                repeats: None,
                sides: Vec::new(),
            }
        };
        let keys: BTreeSet<Key> = group.iter().flatten().flat_map(|at| self.nodes[*at].keys.clone()).collect();
        Handoff {
            id: outer.id.clone(),
            from: outer.from.clone(),
            to: outer.to.clone(),
            operation: outer.operation.clone(),
            started_at: time(outer.started_ns),
            duration_ns: 0,
            parent: None,
            attempts: group.iter().map(attempt).collect(),
            keys: keys.into_iter().collect(),
        }
    }
}

fn time(ns: u64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(ns)).unwrap()
}

/// Which keys are one order's: those that are ever seen together.
fn components<'k>(sets: impl Iterator<Item = &'k BTreeSet<Key>>) -> HashMap<Key, usize> {
    let mut order_of: HashMap<Key, usize> = HashMap::new();
    let mut members: BTreeMap<usize, Vec<Key>> = BTreeMap::new();
    for (number, keys) in sets.enumerate().filter(|(_, keys)| !keys.is_empty()) {
        let met: BTreeSet<usize> = keys.iter().filter_map(|key| order_of.get(key)).copied().collect();
        let mut joined: Vec<Key> = met.iter().filter_map(|order| members.remove(order)).flatten().collect();
        joined.extend(keys.iter().cloned());
        for key in &joined {
            order_of.insert(key.clone(), number);
        }
        members.insert(number, joined);
    }
    order_of
}

fn keys_of_attributes(attributes: &BTreeMap<String, String>, system: &str) -> BTreeSet<Key> {
    let keys = attributes.iter().filter_map(|(name, value)| Key::seen(kind_of_name(name)?, value, system));
    keys.filter(strong).collect()
}

fn of_span(span: &Span) -> Option<Node> {
    let text = |name: &str| span.attributes.get(name).cloned();
    let noise =
        (span.is_root() && text("db.system.name").is_some()) || text("http.route").as_deref() == Some("/healthz");
    if noise {
        return None;
    }
    let role = match span.kind {
        kind if kind == SpanKind::Client as i32 => Role::Client,
        kind if kind == SpanKind::Server as i32 => Role::Server,
        _ => Role::Internal,
    };
    let (from, to) = match role {
        Role::Client => (Some(span.system.clone()), text("service.peer.name").unwrap_or_default()),
        Role::Proxy | Role::Server | Role::Internal => (None, span.system.clone()),
    };
    let method = text("http.request.method").unwrap_or_default();
    let path = text("url.path").unwrap_or_default();
    let template = text("url.template").or_else(|| text("http.route")).unwrap_or_default();
    let mut keys = keys_of_attributes(&span.attributes, &span.system);
    if let Ok(template) = template.parse::<PathTemplate>() {
        let found = template.matches(&path).unwrap_or_default();
        keys.extend(found.iter().filter_map(|(kind, value)| Key::seen(kind, value, &to)).filter(strong));
    }
    Some(Node {
        trace: span.trace.clone(),
        id: span.id.clone(),
        parent: span.parent.clone(),
        role,
        from,
        to,
        operation: text("graphql.operation.name").unwrap_or_else(|| format!("{method} {template}")),
        call: (method, path),
        started_ns: span.started_ns,
        ended_ns: span.ended_ns,
        status: text("http.response.status_code").and_then(|status| status.parse().ok()),
        failed: text("error.type").is_some(),
        keys,
        session: None,
        idempotency_key: None,
    })
}

fn of_exchange(exchange: &Exchange) -> Node {
    Node {
        trace: exchange.trace.clone(),
        id: exchange.id.clone(),
        parent: exchange.parent.clone(),
        role: Role::Proxy,
        from: Some(exchange.from.clone()),
        to: exchange.to.clone(),
        operation: exchange.operation.clone(),
        call: (exchange.method.clone(), exchange.path.clone()),
        started_ns: exchange.started_ns,
        ended_ns: exchange.ended_ns,
        status: exchange.status,
        failed: exchange.status.is_none_or(|status| status >= 400),
        keys: exchange.keys.iter().filter(|key| strong(key)).cloned().collect(),
        session: exchange.session.clone(),
        idempotency_key: exchange.idempotency_key.clone(),
    }
}
