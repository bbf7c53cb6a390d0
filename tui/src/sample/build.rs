use std::collections::BTreeMap;

use jiff::Timestamp;
use ordertrace_api::attributes;
use ordertrace_api::journey::{
    Attempt, Handoff, JoinKind, Journey, JourneyState, MembershipReason, Observer, Outcome, PathSegment, Repeat, Side,
    SystemShare, TraceMembership, Wait,
};
use ordertrace_api::keys::Key;

use super::at_ms;

const MS_NS: u64 = 1_000_000;

/// Builds one handoff, attempt by attempt.
pub(crate) struct HandoffBuilder {
    handoff: Handoff,
    proxied: bool,
    inferred: bool,
    idempotency_key: Option<String>,
}

impl HandoffBuilder {
    pub(crate) fn new(id: &str, from: Option<&str>, to: &str, operation: &str) -> Self {
        Self {
            handoff: Handoff {
                id: id.to_owned(),
                from: from.map(str::to_owned),
                to: to.to_owned(),
                operation: operation.to_owned(),
                started_at: at_ms(0),
                duration_ns: 0,
                parent: None,
                attempts: Vec::new(),
                keys: vec![super::key("order:A-10042")],
            },
            proxied: false,
            inferred: false,
            idempotency_key: None,
        }
    }

    pub(crate) fn within(mut self, parent: &str) -> Self {
        self.handoff.parent = Some(parent.to_owned());
        self
    }

    pub(crate) fn proxied(mut self) -> Self {
        self.proxied = true;
        self
    }

    pub(crate) fn inferred(mut self) -> Self {
        self.inferred = true;
        self
    }

    pub(crate) fn idempotency_key(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    pub(crate) fn keys(mut self, keys: &[&str]) -> Self {
        self.handoff.keys = keys.iter().map(|text| super::key(text)).collect();
        self
    }

    pub(crate) fn ok(self, offset_ms: u64, duration_ms: u64, status: u16) -> Self {
        self.attempt(offset_ms, duration_ms, Outcome::Ok, Some(status), None)
    }

    pub(crate) fn failed(self, offset_ms: u64, duration_ms: u64, status: Option<u16>, error_type: &str) -> Self {
        self.attempt(offset_ms, duration_ms, Outcome::Error, status, Some(error_type))
    }

    fn attempt(
        mut self,
        offset_ms: u64,
        duration_ms: u64,
        outcome: Outcome,
        status_code: Option<u16>,
        error_type: Option<&str>,
    ) -> Self {
        let number = self.handoff.attempts.len();
        let mut observers = Vec::new();
        if let Some(from) = &self.handoff.from {
            observers.push((Observer::Client, from.clone()));
            if self.proxied {
                observers.push((Observer::Proxy, from.clone()));
            }
        }
        // A receiver that timed out or reset the connection reported nothing.
        if status_code.is_some() || observers.is_empty() {
            observers.push((Observer::Server, self.handoff.to.clone()));
        }
        let seed = format!("{}#{number}", self.handoff.id);
        let sides: Vec<Side> = observers
            .into_iter()
            .enumerate()
            .map(|(depth, (observer, system))| {
                // Each hop inwards costs three milliseconds, a quarter of a very short attempt.
                let hop_ms = (duration_ms / 8).min(3) * depth as u64;
                Side {
                    observer,
                    system,
                    trace_id: hex(&seed, 32),
                    span_id: hex(&format!("{seed}{observer:?}"), 16),
                    started_at: at_ms(offset_ms + hop_ms),
                    duration_ns: duration_ms.saturating_sub(2 * hop_ms) * MS_NS,
                    attributes: self.attributes(observer, status_code, number),
                }
            })
            .collect();
        let joined = match (self.inferred, sides.len()) {
            (true, _) => JoinKind::Inferred,
            (false, 1) => JoinKind::Single,
            (false, _) => JoinKind::Trace,
        };
        // As the proxy counts, or by likeness.
        let repeat = if self.idempotency_key.is_some() { Repeat::SameKey } else { Repeat::AfterFailure };
        let repeats = (number > 0).then_some(repeat);
        self.handoff.attempts.push(Attempt {
            started_at: at_ms(offset_ms),
            duration_ns: duration_ms * MS_NS,
            outcome,
            status_code,
            error_type: error_type.map(str::to_owned),
            joined,
            repeats,
            sides,
        });
        self
    }

    fn attributes(&self, observer: Observer, status_code: Option<u16>, number: usize) -> BTreeMap<String, String> {
        let mut attributes = BTreeMap::new();
        let mut set = |name: &str, value: String| attributes.insert(name.to_owned(), value);
        if let Some((method, path)) = self.handoff.operation.split_once(' ') {
            set("http.request.method", method.to_owned());
            set(if observer == Observer::Server { "http.route" } else { "url.path" }, path.to_owned());
        }
        if let Some(code) = status_code {
            set("http.response.status_code", code.to_string());
        }
        if observer == Observer::Proxy {
            set(attributes::AUTH_SCHEME, "bearer".to_owned());
            set(attributes::TLS_STATE, "TLSv1.3".to_owned());
            set(attributes::TIMING_FIRST_BYTE_MS, "71.4".to_owned());
            if let Some(key) = &self.idempotency_key {
                set(attributes::IDEMPOTENCY_KEY, key.clone());
            }
            if number > 0 {
                set("http.request.resend_count", number.to_string());
            }
        }
        attributes
    }

    pub(crate) fn build(mut self) -> Handoff {
        let start = self.handoff.attempts.iter().map(|attempt| attempt.started_at).min().unwrap();
        let end = self.handoff.attempts.iter().map(|attempt| end(attempt.started_at, attempt.duration_ns)).max();
        self.handoff.started_at = start;
        self.handoff.duration_ns = ns_between(start, end.unwrap());
        self.handoff
    }
}

/// A journey of these handoffs, with waits and critical path worked out from their times.
pub(super) fn journey(id: Key, state: JourneyState, handoffs: Vec<Handoff>) -> Journey {
    let mut journey = journey_without_path(id, state, handoffs);
    let mut edges: Vec<Timestamp> = Vec::new();
    for handoff in &journey.handoffs {
        edges.extend([handoff.started_at, end(handoff.started_at, handoff.duration_ns)]);
    }
    edges.sort_unstable();
    edges.dedup();
    for pair in edges.windows(2) {
        let under_way = |handoff: &&Handoff| {
            handoff.started_at <= pair[0] && end(handoff.started_at, handoff.duration_ns) >= pair[1]
        };
        // The handoff that started last is the innermost.
        let innermost = journey.handoffs.iter().filter(under_way).max_by_key(|handoff| handoff.started_at);
        let duration_ns = ns_between(pair[0], pair[1]);
        let id = innermost.map(|handoff| handoff.id.clone());
        match journey.critical_path.last_mut() {
            Some(last) if last.handoff == id => last.duration_ns += duration_ns,
            _ => journey.critical_path.push(PathSegment { handoff: id.clone(), started_at: pair[0], duration_ns }),
        }
        if id.is_none() {
            let before = journey.handoffs.iter().find(|handoff| handoff.started_at == pair[1]).unwrap();
            let after =
                journey.handoffs.iter().find(|h| end(h.started_at, h.duration_ns) == pair[0]).unwrap().id.clone();
            journey.waits.push(Wait { after, before: before.id.clone(), started_at: pair[0], duration_ns });
        }
    }
    journey
}

/// A journey of these handoffs without waits and critical path.
pub(super) fn journey_without_path(id: Key, state: JourneyState, handoffs: Vec<Handoff>) -> Journey {
    let started_at = handoffs.iter().map(|handoff| handoff.started_at).min().unwrap();
    let ended_at = handoffs.iter().map(|handoff| end(handoff.started_at, handoff.duration_ns)).max().unwrap();
    let mut systems: Vec<SystemShare> = Vec::new();
    let mut share = |name: &str, received: u32, busy_ns: u64| {
        let made = 1 - received;
        match systems.iter_mut().find(|share| share.name == name) {
            Some(share) => {
                share.received += received;
                share.made += made;
                share.busy_ns += busy_ns;
            }
            None => systems.push(SystemShare { name: name.to_owned(), received, made, busy_ns }),
        }
    };
    let mut traces = Vec::new();
    for handoff in &handoffs {
        if let Some(from) = &handoff.from {
            share(from, 0, 0);
        }
        share(&handoff.to, 1, handoff.duration_ns);
        let trace_id = handoff.attempts[0].sides[0].trace_id.clone();
        traces.push(TraceMembership { trace_id, reason: MembershipReason::Key, span_count: 3 });
    }
    Journey {
        id,
        keys: Vec::new(),
        state,
        started_at,
        ended_at,
        milestones: Vec::new(),
        systems,
        span_count: handoffs.len() as u64 * 3,
        handoffs,
        waits: Vec::new(),
        critical_path: Vec::new(),
        traces,
        limits: Vec::new(),
        clocks: Vec::new(),
        aligned: false,
    }
}

/// As many hexadecimal digits as asked for, the same for the same seed.
pub(super) fn hex(seed: &str, digits: usize) -> String {
    let mut text = String::new();
    // FNV-1a: the standard library's hash may change between releases, these digits may not.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    while text.len() < digits {
        for byte in seed.bytes().chain([text.len() as u8]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        text.push_str(&format!("{hash:016x}"));
    }
    text.truncate(digits);
    text
}

fn end(start: Timestamp, duration_ns: u64) -> Timestamp {
    start + jiff::SignedDuration::from_nanos(i64::try_from(duration_ns).unwrap())
}

fn ns_between(start: Timestamp, end: Timestamp) -> u64 {
    u64::try_from(end.as_nanosecond() - start.as_nanosecond()).unwrap()
}
