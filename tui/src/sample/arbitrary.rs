use jiff::Timestamp;
use ordertrace_api::finding::{
    DetectionProgress, Evidence, Finding, FindingKind, FindingState, FindingsPage, Money, Severity,
};
use ordertrace_api::journey::{
    Attempt, Handoff, JoinKind, Journey, JourneyState, Observer, Outcome, PathSegment, Repeat, Side, Wait,
};
use proptest::prelude::*;

/// Few enough to collide, so that parents, circles and twins occur.
fn any_id() -> impl Strategy<Value = String> {
    (0..8_u8).prop_map(|id| format!("h{id}"))
}

/// Texts of systems that mean no good.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z]{1,8}", 1 => "\\PC{0,300}", 1 => Just("\u{1b}[2J\n\u{202e}".to_owned()), 1 => Just(String::new())]
}

/// Seconds apart, years apart, and the ends of time.
fn any_time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        4 => (0..100_000_i64).prop_map(|ms| Timestamp::from_millisecond(1_795_000_000_000 + ms).unwrap()),
        2 => (0..10_000_000_000_i64).prop_map(|s| Timestamp::from_second(s).unwrap()),
        1 => Just(Timestamp::MIN),
        1 => Just(Timestamp::MAX),
    ]
}

fn any_duration_ns() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..10_000_000_000_u64, 1 => any::<u64>(), 1 => Just(0)]
}

fn any_side() -> impl Strategy<Value = Side> {
    let observer = prop::sample::select(vec![Observer::Client, Observer::Proxy, Observer::Server, Observer::Consumer]);
    let attributes = prop::collection::btree_map(any_text(), any_text(), 0..4);
    (observer, any_text(), any_time(), any_duration_ns(), attributes).prop_map(
        |(observer, system, started_at, duration_ns, attributes)| Side {
            observer,
            trace_id: system.clone(),
            span_id: String::new(),
            system,
            started_at,
            duration_ns,
            attributes,
        },
    )
}

fn any_attempt() -> impl Strategy<Value = Attempt> {
    let sides = prop::collection::vec(any_side(), 0..4);
    let joined = prop::sample::select(vec![JoinKind::Single, JoinKind::Trace, JoinKind::Inferred]);
    let outcome = prop::sample::select(vec![Outcome::Ok, Outcome::Error]);
    let repeat = prop::sample::select(vec![Repeat::SameKey, Repeat::Declared, Repeat::AfterFailure]);
    let told = (joined, prop::option::of(repeat));
    (any_time(), any_duration_ns(), outcome, any::<Option<u16>>(), prop::option::of(any_text()), told, sides).prop_map(
        |(started_at, duration_ns, outcome, status_code, error_type, (joined, repeats), sides)| Attempt {
            started_at,
            duration_ns,
            outcome,
            status_code,
            error_type,
            joined,
            repeats,
            sides,
        },
    )
}

fn any_handoff() -> impl Strategy<Value = Handoff> {
    let attempts = prop::collection::vec(any_attempt(), 0..4);
    let ends = (prop::option::of(any_text()), any_text(), any_text());
    (any_id(), prop::option::of(any_id()), ends, any_time(), any_duration_ns(), attempts).prop_map(
        |(id, parent, (from, to, operation), started_at, duration_ns, attempts)| Handoff {
            id,
            from,
            to,
            operation,
            started_at,
            duration_ns,
            parent,
            attempts,
            keys: Vec::new(),
        },
    )
}

/// A journey as no collector should ever send it.
pub(crate) fn any_journey() -> impl Strategy<Value = Journey> {
    let wait = (any_id(), any_id(), any_time(), any_duration_ns());
    let part = (prop::option::of(any_id()), any_time(), any_duration_ns());
    let times = (any_time(), any_time());
    let handoffs = prop::collection::vec(any_handoff(), 0..12);
    (handoffs, prop::collection::vec(wait, 0..4), prop::collection::vec(part, 0..6), times).prop_map(
        |(handoffs, waits, parts, (started_at, ended_at))| Journey {
            id: super::key("order:A-1"),
            keys: Vec::new(),
            state: JourneyState::Open,
            started_at,
            ended_at,
            milestones: Vec::new(),
            systems: Vec::new(),
            handoffs,
            waits: waits
                .into_iter()
                .map(|(after, before, started_at, duration_ns)| Wait { after, before, started_at, duration_ns })
                .collect(),
            critical_path: parts
                .into_iter()
                .map(|(handoff, started_at, duration_ns)| PathSegment { handoff, started_at, duration_ns })
                .collect(),
            traces: Vec::new(),
            span_count: u64::MAX,
            limits: Vec::new(),
            clocks: Vec::new(),
            aligned: false,
        },
    )
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    (any_time(), any_text(), any_text(), any_text()).prop_map(|(at, what, system, span_id)| Evidence {
        at,
        what,
        trace_id: system.clone(),
        system,
        span_id,
    })
}

fn any_finding() -> impl Strategy<Value = Finding> {
    let states = prop::sample::select(vec![FindingState::Open, FindingState::Closed, FindingState::Retracted]);
    let severities = prop::sample::select(vec![Severity::Info, Severity::Warning, Severity::Critical]);
    let kinds = prop::sample::select(FindingKind::ALL.to_vec());
    let order = prop::sample::select(vec![None, Some("order:A-1"), Some("order@erp:漢字漢字漢字漢字漢字漢字")]);
    let money = prop::option::of((any_text(), any_text()));
    let texts = (any_text(), any_text(), any_text(), prop::option::of(any_text()));
    let times = (any_time(), prop::option::of(any_time()));
    let evidence = prop::collection::vec(any_evidence(), 0..4);
    (any_id(), (states, severities, kinds), order, money, texts, times, evidence).prop_map(
        |(id, (state, severity, kind), order, money, (flow, rule, says, system), (since, closed_at), evidence)| {
            Finding {
                id,
                kind,
                severity,
                state,
                rule,
                order: order.map(super::key),
                system,
                closed_because: says.clone(),
                says,
                since,
                opened_at: since,
                updated_at: since,
                closed_at,
                money: money.map(|(amount, currency)| Money { amount, currency }),
                flow,
                evidence,
            }
        },
    )
}

/// Findings as no collector should ever send them.
pub(crate) fn any_findings() -> impl Strategy<Value = FindingsPage> {
    let times = (prop::option::of(any_time()), prop::option::of(any_time()), prop::option::of(any_time()));
    let progress = times.prop_map(|(looked_until, unseen_since, systems_looked_at)| DetectionProgress {
        looked_until,
        unseen_since,
        systems_looked_at,
    });
    (prop::collection::vec(any_finding(), 0..40), any::<bool>(), progress)
        .prop_map(|(findings, more, progress)| FindingsPage { findings, more, progress })
}
