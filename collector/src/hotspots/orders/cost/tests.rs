use ordertrace_api::journey::{JoinKind, JourneyKey, Milestone, PathSegment, Wait};
use ordertrace_api::keys::{Key, Strength};

use super::*;
use crate::journey::{Said, Sighting};
use crate::moment::timestamp;
use crate::recognise::Recogniser;
use crate::settings::{FlowSettings, HotspotSettings, RecogniseSettings};

const SECOND_NS: i64 = 1_000_000_000;

/// So many milliseconds after the start of a minute.
fn at(ms: i64) -> Timestamp {
    timestamp(1_800_000_000 * SECOND_NS + ms * 1_000_000)
}

const MINUTE_S: u32 = 1_800_000_000;

/// A handoff of one attempt.
fn handoff(id: &str, to: &str, start_ms: i64, length_ms: u64, outcome: Outcome) -> Handoff {
    let attempt = Attempt {
        started_at: at(start_ms),
        duration_ns: length_ms * 1_000_000,
        outcome,
        status_code: None,
        error_type: None,
        joined: JoinKind::Single,
        repeats: None,
        sides: Vec::new(),
    };
    Handoff {
        id: id.to_owned(),
        from: Some("storefront".to_owned()),
        to: to.to_owned(),
        operation: "POST".to_owned(),
        started_at: at(start_ms),
        duration_ns: length_ms * 1_000_000,
        parent: None,
        attempts: vec![attempt],
        keys: Vec::new(),
    }
}

/// One second at payments, a wait of two, 100 ms at the OMS, and then a minute later payments once more.
fn case(state: JourneyState) -> Case {
    let wait = |after: &str, before: &str, ms, length_ms: u64| Wait {
        after: after.to_owned(),
        before: before.to_owned(),
        started_at: at(ms),
        duration_ns: length_ms * 1_000_000,
    };
    let segment = |handoff: Option<&str>, ms, length_ms: u64| PathSegment {
        handoff: handoff.map(str::to_owned),
        started_at: at(ms),
        duration_ns: length_ms * 1_000_000,
    };
    let key = Key::global("order", "A-1").unwrap();
    let journey = Journey {
        id: key.clone(),
        keys: vec![JourneyKey { key, strength: Strength::Strong, systems: Vec::new() }],
        state,
        started_at: at(0),
        ended_at: at(60_500),
        milestones: vec![Milestone { name: "order.placed".to_owned(), at: at(3_050), system: "oms".to_owned() }],
        systems: Vec::new(),
        handoffs: vec![
            handoff("1", "payments", 0, 1_000, Outcome::Error),
            handoff("2", "oms", 3_000, 100, Outcome::Ok),
            handoff("3", "payments", 60_000, 500, Outcome::Ok),
        ],
        waits: vec![wait("1", "2", 1_000, 2_000), wait("2", "3", 3_100, 56_900)],
        critical_path: vec![
            segment(Some("1"), 0, 1_000),
            segment(None, 1_000, 2_000),
            segment(Some("2"), 3_000, 100),
            segment(None, 3_100, 56_900),
            segment(Some("3"), 60_000, 500),
        ],
        traces: Vec::new(),
        span_count: 3,
        limits: Vec::new(),
        clocks: Vec::new(),
        aligned: false,
    };
    Case { journey, sightings: vec![sighting("order.placed", "100.00", "eur")] }
}

fn sighting(name: &str, amount: &str, currency: &str) -> Sighting {
    let said = Said { amount: amount.to_owned(), currency: currency.to_owned(), ..Said::default() };
    Sighting { name: name.to_owned(), said, ..Sighting::default() }
}

fn flows() -> Flows {
    Flows::new(&[FlowSettings::shop()], &Recogniser::new(&RecogniseSettings::default()).unwrap()).unwrap()
}

fn of(case: &Case) -> BTreeMap<Place, Cost> {
    costs(case, &flows(), &Loss::new(&HotspotSettings::default()))
}

/// The costs of all handoffs to one system, by minute.
fn of_system(case: &Case, to: &str) -> Vec<(u32, Cost)> {
    let of_system = |place: &Place| place.kind.to == to && place.kind.operation.is_empty();
    of(case).into_iter().filter(|(place, _)| of_system(place)).map(|(place, cost)| (place.minute_s, cost)).collect()
}

const UNIT: i128 = 1_000_000_000;

#[test]
fn what_a_journey_spent() {
    let costs = of(&case(JourneyState::Open));
    assert!(costs.keys().all(|place| place.journey == "order:A-1"));
    assert_eq!(costs.len(), 6, "payments in two minutes and the OMS in one, as handoffs and as systems");
    let payments = of_system(&case(JourneyState::Open), "payments");
    // A second of the customer's time is a fifth of the sale; what came after made nobody wait.
    let first = Cost {
        earlier_s: 0,
        handoffs: 1,
        waiting_ns: 0,
        path_ns: 1_000_000_000,
        currency: "EUR".to_owned(),
        in_flight: 100 * UNIT,
        at_risk: 20 * UNIT,
    };
    let again = Cost { earlier_s: MINUTE_S, waiting_ns: 56_900_000_000, path_ns: 500_000_000, ..first.clone() };
    assert_eq!(payments, [(MINUTE_S, first), (MINUTE_S + 60, again)]);
    let oms = &of_system(&case(JourneyState::Open), "oms")[0].1;
    assert_eq!((oms.waiting_ns, oms.path_ns), (2_000_000_000, 100_000_000));
    assert_eq!(oms.at_risk, UNIT / 2, "50 ms of it came before the order was placed");
}

#[test]
fn an_order_has_a_handoff_as_long_as_it_is_tried() {
    let mut tried = case(JourneyState::Open);
    let handoff = &mut tried.journey.handoffs[1];
    let again = Attempt { started_at: at(3 * 60_000), ..handoff.attempts[0].clone() };
    handoff.attempts.push(again);
    let oms = of_system(&tried, "oms");
    let told: Vec<_> =
        oms.iter().map(|(minute, cost)| (*minute, cost.earlier_s, cost.handoffs, cost.path_ns)).collect();
    assert_eq!(told, [(MINUTE_S, 0, 1, 100_000_000), (MINUTE_S + 180, MINUTE_S, 0, 0)]);
}

#[test]
fn an_order_at_its_end_is_in_flight_no_more() {
    let done = of_system(&case(JourneyState::Done), "payments");
    assert_eq!((done[0].1.in_flight, done[0].1.at_risk), (0, 20 * UNIT));
}

#[test]
fn what_failed_and_was_not_made_good_is_at_risk_as_a_whole() {
    let mut failed = case(JourneyState::Failed);
    failed.journey.handoffs[2].attempts[0].outcome = Outcome::Error;
    assert_eq!(of_system(&failed, "payments")[0].1.at_risk, 100 * UNIT);
    assert_eq!(of_system(&failed, "oms")[0].1.at_risk, UNIT / 2);
    failed.journey.state = JourneyState::Done;
    assert_eq!(of_system(&failed, "payments")[0].1.at_risk, 20 * UNIT, "it came to its end without");
}

#[test]
fn without_a_milestone_nobody_is_known_to_have_waited() {
    let mut never = case(JourneyState::Open);
    never.journey.milestones.clear();
    assert_eq!(of_system(&never, "payments")[0].1.at_risk, 0);
}

#[test]
fn what_an_order_is_worth() {
    let flows = flows();
    let worth =
        |sightings: &[Sighting]| flows.worth(sightings).map(|(amount, currency)| format!("{amount} {currency}"));
    let captured = sighting("payment.captured", "30.00", "EUR");
    let rest = sighting("payment.captured", "69.995", "EUR");
    let placed = sighting("order.placed", "99.995", "EUR");
    assert_eq!(worth(&[captured.clone(), rest.clone(), placed]).as_deref(), Some("99.995 EUR"));
    assert_eq!(worth(&[captured.clone(), rest]).as_deref(), Some("69.995 EUR"));
    for (amount, currency) in [("", "EUR"), ("-1", "EUR"), ("1e3", "EUR"), ("12", "")] {
        assert_eq!(worth(&[sighting("order.placed", amount, currency)]), None, "{amount:?} {currency:?}");
        let known = worth(&[sighting("order.placed", amount, currency), captured.clone()]);
        assert_eq!(known.as_deref(), Some("30.00 EUR"), "{amount:?} {currency:?}");
    }
}

#[test]
fn amounts_that_do_not_fit_are_nobodys() {
    assert_eq!(billionths("12.345678901".parse().unwrap()), 12_345_678_901);
    assert_eq!(billionths(Decimal::MAX), 0);
}

#[test]
fn a_cart_alone_costs_nothing() {
    let mut cart = case(JourneyState::Open);
    cart.journey.keys[0].key = Key::global("cart", "c-1").unwrap();
    assert_eq!(of(&cart), BTreeMap::new());
}

#[test]
fn whatever_is_first_known_of_a_handoff_its_minute_is_looked_at() {
    assert_eq!(minutes(&case(JourneyState::Open).journey).collect::<Vec<_>>(), [MINUTE_S, MINUTE_S, MINUTE_S + 60]);
}
