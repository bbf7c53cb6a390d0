use jiff::Timestamp;
use ordertrace_api::journey::{Attempt, Handoff, JoinKind, Journey, JourneyKey, JourneyState, Outcome, SystemShare};
use ordertrace_api::keys::{Key, Strength};
use proptest::prelude::*;

use super::*;
use crate::truth::{AttemptTruth, Flow};

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap()
}

fn made(from: &str, to: &str, operation: &str, attempts: &[(i64, i64, Outcome)]) -> HandoffTruth {
    let attempts = attempts.iter().map(|(start, end, outcome)| AttemptTruth {
        started_at: at(*start),
        ended_at: at(*end),
        outcome: *outcome,
        status_code: None,
    });
    HandoffTruth { from: from.into(), to: to.into(), operation: operation.into(), attempts: attempts.collect() }
}

fn truth() -> OrderTruth {
    let mut truth = OrderTruth::new(0, Flow::Web);
    truth.add(made("shopper", "storefront", "PlaceOrder", &[(0, 90, Outcome::Ok)]));
    truth.add(made("storefront", "oms", "POST /orders", &[(10, 20, Outcome::Error), (30, 40, Outcome::Ok)]));
    truth.add(made("storefront", "pricing", "GET /prices/{sku}", &[(50, 55, Outcome::Ok)]));
    truth.add(made("storefront", "pricing", "GET /prices/{sku}", &[(60, 65, Outcome::Ok)]));
    truth.keys.insert("order:A-1".parse().unwrap());
    truth.keys.insert("payment:pi_abcdefgh".parse().unwrap());
    truth
}

fn reported(handoff: &HandoffTruth) -> Handoff {
    let attempts: Vec<Attempt> = handoff
        .attempts
        .iter()
        .map(|attempt| Attempt {
            started_at: attempt.started_at,
            duration_ns: u64::try_from(attempt.ended_at.duration_since(attempt.started_at).as_nanos()).unwrap(),
            outcome: attempt.outcome,
            status_code: None,
            error_type: None,
            joined: JoinKind::Single,
            repeats: None,
            sides: Vec::new(),
        })
        .collect();
    Handoff {
        id: String::new(),
        from: Some(handoff.from.clone()),
        to: handoff.to.clone(),
        operation: handoff.operation.clone(),
        started_at: attempts[0].started_at,
        duration_ns: 0,
        parent: None,
        attempts,
        keys: Vec::new(),
    }
}

/// The journey that tells this truth.
fn journey(truth: &OrderTruth) -> Journey {
    Journey {
        id: "order:A-1".parse().unwrap(),
        keys: truth.keys.iter().map(|key| seen(key, Strength::Strong)).collect(),
        state: JourneyState::Open,
        started_at: at(0),
        ended_at: at(90),
        milestones: Vec::new(),
        systems: truth.systems.iter().map(|name| share(name)).collect(),
        handoffs: truth.handoffs.iter().map(reported).collect(),
        waits: Vec::new(),
        critical_path: Vec::new(),
        traces: Vec::new(),
        span_count: 0,
        limits: Vec::new(),
        clocks: Vec::new(),
        aligned: false,
    }
}

fn seen(key: &Key, strength: Strength) -> JourneyKey {
    JourneyKey { key: key.clone(), strength, systems: Vec::new() }
}

fn share(name: &str) -> SystemShare {
    SystemShare { name: name.to_owned(), received: 0, made: 0, busy_ns: 0 }
}

/// What is found when the journey is changed like this.
fn found(change: impl FnOnce(&mut Journey)) -> Vec<String> {
    let truth = truth();
    let mut journey = journey(&truth);
    change(&mut journey);
    compare(&truth, &journey).iter().map(ToString::to_string).collect()
}

#[test]
fn the_truth_does_not_differ_from_itself() {
    assert_eq!(found(|_| {}), Vec::<String>::new());
    assert_eq!(found(|journey| journey.handoffs.reverse()), Vec::<String>::new());
    let weak = seen(&"sku:MUG".parse().unwrap(), Strength::Weak);
    assert_eq!(found(|journey| journey.keys.push(weak)), Vec::<String>::new());
}

#[test]
fn systems() {
    assert_eq!(found(|journey| drop(journey.systems.remove(0))), ["missing system oms"]);
    assert_eq!(found(|journey| journey.systems.push(share("erp"))), ["extra system erp"]);
}

#[test]
fn strong_keys() {
    assert_eq!(found(|journey| drop(journey.keys.remove(0))), ["missing key order:A-1"]);
    let other = seen(&"order:A-2".parse().unwrap(), Strength::Strong);
    assert_eq!(found(|journey| journey.keys.push(other)), ["extra key order:A-2"]);
}

#[test]
fn a_missing_handoff_is_named_and_does_not_shift_its_equals() {
    let found = found(|journey| drop(journey.handoffs.remove(2)));
    assert_eq!(found, ["missing handoff storefront -> pricing GET /prices/{sku} at 2023-11-14T22:13:20.05Z"]);
}

#[test]
fn an_extra_handoff() {
    let found = found(|journey| journey.handoffs.push(journey.handoffs[1].clone()));
    assert_eq!(found, ["extra handoff storefront -> oms POST /orders at 2023-11-14T22:13:20.01Z"]);
}

#[test]
fn a_handoff_of_another_order() {
    let found = found(|journey| {
        let mut foreign = journey.handoffs[1].clone();
        foreign.keys = vec!["order:A-1".parse().unwrap(), "order:B-7".parse().unwrap()];
        journey.handoffs.push(foreign);
    });
    assert_eq!(
        found,
        ["handoff of another order (order:B-7): storefront -> oms POST /orders at 2023-11-14T22:13:20.01Z"]
    );
}

#[test]
fn a_handoff_of_unknown_origin_is_another_one() {
    let found = found(|journey| journey.handoffs[0].from = None);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("missing handoff shopper -> storefront"), "{found:?}");
    assert!(found[1].starts_with("extra handoff ? -> storefront"), "{found:?}");
}

#[test]
fn attempts() {
    assert_eq!(
        found(|journey| drop(journey.handoffs[1].attempts.remove(0))),
        ["storefront -> oms POST /orders: 2 attempts made, 1 reported"]
    );
    assert_eq!(
        found(|journey| journey.handoffs[1].attempts[0].outcome = Outcome::Ok),
        ["storefront -> oms POST /orders: attempt 1 was error, reported ok"]
    );
}

#[test]
fn an_attempt_at_another_time() {
    let found = found(|journey| journey.handoffs[1].attempts[1].started_at = at(41));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("storefront -> oms POST /orders: attempt 2 was made"), "{found:?}");
    let touching = tests::found(|journey| journey.handoffs[1].attempts[1].started_at = at(40));
    assert_eq!(touching, Vec::<String>::new());
}

#[test]
fn an_attempt_that_was_given_up_may_still_arrive() {
    let arrived_at = |ms| found(|journey| journey.handoffs[1].attempts[0].started_at = at(ms)).len();
    assert_eq!((arrived_at(120), arrived_at(121)), (0, 1));
}

proptest! {
    /// Whatever is taken away or doubled, exactly that many handoffs are missed or too many.
    #[test]
    fn every_handoff_counts(copies in proptest::collection::vec(0..3_usize, 4)) {
        let truth = truth();
        let mut journey = journey(&truth);
        let handoffs = std::mem::take(&mut journey.handoffs);
        for (handoff, copies) in handoffs.iter().zip(&copies) {
            journey.handoffs.extend(std::iter::repeat_n(handoff.clone(), *copies));
        }
        let differences = compare(&truth, &journey);
        let missing = differences.iter().filter(|found| matches!(found, Difference::MissingHandoff { .. })).count();
        let extra = differences.iter().filter(|found| matches!(found, Difference::ExtraHandoff { .. })).count();
        let reported: usize = copies.iter().sum();
        prop_assert_eq!(truth.handoffs.len() + extra, reported + missing);
        prop_assert_eq!(differences.is_empty(), copies.iter().all(|copies| *copies == 1));
    }
}
