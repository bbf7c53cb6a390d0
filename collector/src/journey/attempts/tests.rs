use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{Key, Strength};
use proptest::prelude::*;

use super::*;
use crate::journey::sighting::Said;
use crate::record::{Attributes, KeyRecord};

const HOUR_MS: i64 = 3_600_000;

/// One end of an attempt of order 1, in a trace of its own, that takes ten milliseconds.
fn side(id: u8, observer: Observer, at_ms: i64, status_code: u16) -> SpanNode {
    let (from, system) = match observer {
        Observer::Client | Observer::Producer | Observer::Proxy => ("oms", "oms"),
        Observer::Server | Observer::Consumer => ("", "erp"),
    };
    SpanNode {
        id: SpanRef { trace_id: [id; 16], span_id: [id; 8] },
        parent_span_id: [0; 8],
        started_at_ns: at_ms * 1_000_000,
        duration_ns: 10_000_000,
        system: system.to_owned(),
        error: false,
        keys: vec![KeyRecord { key: Key::global("order", "1").unwrap(), strength: Strength::Strong }],
        link: None,
        milestone: String::new(),
        said: Said::default(),
        side: Some(HandoffSide {
            observer,
            from: from.to_owned(),
            to: "erp".to_owned(),
            operation: "POST /docs".to_owned(),
            method: "POST".to_owned(),
            path: "/docs".to_owned(),
            status_code,
            resend_count: 0,
            idempotency_key: String::new(),
            error_type: String::new(),
        }),
        attributes: Attributes::new(),
    }
}

fn call(id: u8, at_ms: i64, status_code: u16) -> SpanNode {
    side(id, Observer::Client, at_ms, status_code)
}

impl SpanNode {
    fn with(mut self, change: impl FnMut(&mut HandoffSide)) -> Self {
        self.side.as_mut().into_iter().for_each(change);
        self
    }

    fn intent(self, key: &str) -> Self {
        self.with(|side| key.clone_into(&mut side.idempotency_key))
    }

    fn resent(self, count: u32) -> Self {
        self.with(|side| side.resend_count = count)
    }

    fn path(self, path: &str) -> Self {
        self.with(|side| path.clone_into(&mut side.path))
    }

    fn operation(self, operation: &str) -> Self {
        self.with(|side| operation.clone_into(&mut side.operation))
    }

    fn key(mut self, kind: &str, value: &str) -> Self {
        self.keys.push(KeyRecord { key: Key::global(kind, value).unwrap(), strength: Strength::Strong });
        self
    }

    fn under(mut self, trace: u8, parent: u8) -> Self {
        self.id.trace_id = [trace; 16];
        self.parent_span_id = [parent; 8];
        self
    }
}

/// Of each handoff the outermost span of each attempt, and how it was recognised.
fn shape(spans: &[SpanNode]) -> Vec<Vec<(u8, Option<Repeat>)>> {
    let (handoffs, _) = handoffs(spans, &HashMap::new());
    let attempts = |handoff: &HandoffNode| {
        handoff.attempts.iter().map(|attempt| (spans[attempt.sides[0]].id.span_id[0], attempt.repeats)).collect()
    };
    handoffs.iter().map(attempts).collect()
}

const FIRST: Option<Repeat> = None;
const KEY: Option<Repeat> = Some(Repeat::SameKey);
const DECLARED: Option<Repeat> = Some(Repeat::Declared);
const FAILURE: Option<Repeat> = Some(Repeat::AfterFailure);

#[test]
fn the_same_request_after_a_failure_is_a_try_of_the_same_handoff_hours_later_in_another_trace() {
    let spans = [call(1, 0, 503), call(2, 2 * HOUR_MS, 503), call(3, 5 * HOUR_MS, 201)];
    assert_eq!(shape(&spans), [vec![(1, FIRST), (2, FAILURE), (3, FAILURE)]]);
}

#[test]
fn a_success_ends_a_handoff() {
    let spans = [call(1, 0, 503), call(2, 100, 201), call(3, 200, 201), call(4, 300, 503), call(5, 400, 201)];
    assert_eq!(shape(&spans), [vec![(1, FIRST), (2, FAILURE)], vec![(3, FIRST)], vec![(4, FIRST), (5, FAILURE)]]);
}

#[test]
fn what_comes_days_later_or_at_the_same_time_is_no_retry() {
    let within = AFTER_FAILURE_MS + 10;
    assert_eq!(shape(&[call(1, 0, 503), call(2, within, 201)]).len(), 1);
    assert_eq!(shape(&[call(1, 0, 503), call(2, within + 1, 201)]).len(), 2);
    assert_eq!(shape(&[call(1, 0, 503), call(2, 9, 201)]).len(), 2, "the first was still under way");
}

/// Three days.
const AFTER_FAILURE_MS: i64 = 72 * HOUR_MS;

#[test]
fn another_request_is_no_retry() {
    let failed = || call(1, 0, 503);
    assert_eq!(shape(&[failed(), call(2, 100, 201).path("/docs/2")]).len(), 2);
    assert_eq!(shape(&[failed(), call(2, 100, 201).operation("BookOrder")]).len(), 2, "GraphQL has one path for all");
    assert_eq!(shape(&[failed(), call(2, 100, 201).with(|side| side.to = "wms".to_owned())]).len(), 2);
    assert_eq!(shape(&[failed(), side(2, Observer::Server, 100, 201)]).len(), 2, "who knows who called");
}

#[test]
fn requests_for_different_things_are_different_handoffs() {
    let ship = |id: u8, at_ms: i64, status: u16, shipment: &str| call(id, at_ms, status).key("shipment", shipment);
    let spans = [ship(1, 0, 503, "A"), ship(2, 100, 503, "B"), ship(3, 200, 201, "A"), ship(4, 300, 201, "B")];
    assert_eq!(shape(&spans), [vec![(1, FIRST), (3, FAILURE)], vec![(2, FIRST), (4, FAILURE)]]);
}

#[test]
fn one_idempotency_key_is_one_handoff_whatever_lies_between() {
    let spans = [
        call(1, 0, 503).intent("a"),
        call(2, 100, 201).intent("b"),
        call(3, 200, 201).intent("a"),
        call(4, 300, 201).intent("a"),
    ];
    assert_eq!(shape(&spans), [vec![(1, FIRST), (3, KEY), (4, KEY)], vec![(2, FIRST)]]);
    let elsewhere = call(2, 100, 201).intent("a").with(|side| side.to = "wms".to_owned());
    assert_eq!(shape(&[call(1, 0, 201).intent("a"), elsewhere]).len(), 2, "one key for two receivers");
}

#[test]
fn another_idempotency_key_is_another_handoff_and_none_may_be_any() {
    let failed = || [call(1, 0, 503).intent("a"), call(2, 100, 503).intent("a")];
    let with = |next: SpanNode| shape(&failed().into_iter().chain([next]).collect::<Vec<_>>());
    assert_eq!(with(call(3, 200, 201).intent("b")), [vec![(1, FIRST), (2, KEY)], vec![(3, FIRST)]]);
    assert_eq!(with(call(3, 200, 201)), [vec![(1, FIRST), (2, KEY), (3, FAILURE)]]);
}

#[test]
fn a_declared_resend_needs_no_failure() {
    // The caller gave up on an answer that came after all.
    let attempt = |id: u8, at_ms: i64, count: u32| call(id, at_ms, 201).under(1, 90).resent(count);
    let spans = [attempt(1, 0, 0), attempt(2, 100, 1), attempt(3, 200, 2), attempt(4, 300, 0), attempt(5, 400, 1)];
    assert_eq!(shape(&spans), [vec![(1, FIRST), (2, DECLARED), (3, DECLARED)], vec![(4, FIRST), (5, DECLARED)]]);
    let other_caller = call(6, 500, 201).under(1, 91).resent(1);
    assert_eq!(shape(&[attempt(1, 0, 0), other_caller]).len(), 2);
}

#[test]
fn a_message_that_is_delivered_again_is_one_handoff() {
    let consumed = |id: u8, at_ms: i64, deliveries: u32| {
        let mut span = side(id, Observer::Consumer, at_ms, 0).path("").operation("process orders").resent(deliveries);
        span.link = Some(SpanRef { trace_id: [9; 16], span_id: [9; 8] });
        span
    };
    let sent = side(9, Observer::Producer, 0, 0).path("").operation("send orders");
    let spans = [sent, consumed(1, 50, 0), consumed(2, 5_000, 1)];
    assert_eq!(shape(&spans), [vec![(9, FIRST), (2, DECLARED)]]);
    let other = SpanNode { link: Some(SpanRef { trace_id: [8; 16], span_id: [8; 8] }), ..consumed(2, 5_000, 1) };
    assert_eq!(shape(&[consumed(1, 50, 0), other]).len(), 2, "another message");
}

#[test]
fn an_attempt_that_never_arrived_is_told_by_its_caller_alone() {
    // The caller names the path, the receiver its route.
    let mut refused = call(1, 0, 0).path("/docs/7").operation("POST /docs/{}");
    refused.error = true;
    let sent = call(2, 100, 201).path("/docs/7").operation("POST /docs/{}");
    let received = side(3, Observer::Server, 101, 201).path("/docs/7").operation("POST /docs/:id").under(2, 2);
    assert_eq!(shape(&[refused, sent, received]), [vec![(1, FIRST), (2, FAILURE)]]);
}

/// Attempts with little to tell them apart.
fn any_call() -> impl Strategy<Value = SpanNode> {
    let status = prop::sample::select(vec![201_u16, 404, 503]);
    (0..40_i64, status, "[ab]?", 0..2_u32, prop::sample::select(vec!["/docs", "/other"]), "[AB]?").prop_map(
        |(at, status, intent, resent, path, shipment)| {
            let span = call(0, at * 7, status).intent(&intent).resent(resent).path(path);
            if shipment.is_empty() { span } else { span.key("shipment", &shipment) }
        },
    )
}

fn any_calls() -> impl Strategy<Value = Vec<SpanNode>> {
    prop::collection::vec(any_call(), 0..14).prop_map(|mut spans| {
        for (span, id) in spans.iter_mut().zip(1..) {
            span.id = SpanRef { trace_id: [id % 3 + 1; 16], span_id: [id; 8] };
        }
        spans
    })
}

proptest! {
    /// Whatever order spans are read in, the handoffs are the same.
    #[test]
    fn the_order_of_arrival_does_not_matter(
        (spans, shuffled) in any_calls().prop_flat_map(|spans| (Just(spans.clone()), Just(spans).prop_shuffle()))
    ) {
        prop_assert_eq!(shape(&spans), shape(&shuffled));
    }

    /// What is recognised follows nothing but failures, none of which was still under way.
    #[test]
    fn nothing_is_a_retry_of_a_success(spans in any_calls()) {
        let (handoffs, _) = handoffs(&spans, &HashMap::new());
        prop_assert_eq!(handoffs.iter().map(|handoff| handoff.attempts.len()).sum::<usize>(), spans.len());
        for handoff in &handoffs {
            prop_assert_eq!(handoff.attempts[0].repeats, None);
            for (at, attempt) in handoff.attempts.iter().enumerate().skip(1) {
                prop_assert!(attempt.repeats.is_some());
                if attempt.repeats == FAILURE {
                    for before in &handoff.attempts[..at] {
                        prop_assert_eq!(before.outcome, Outcome::Error);
                        prop_assert!(before.ended_at_ns <= attempt.started_at_ns);
                    }
                }
            }
        }
    }
}
