//! An order recorded from software that nobody here wrote is traced.

use ordertrace_api::journey::{JoinKind, Journey, MembershipReason, Observer, Outcome};
use ordertrace_tests::{CollectorProcess, PROTOBUF, binary, recording};

/// Who the recorded services and addresses are.
const SETTINGS: &str = "
recognise:
  systems: {vendure: storefront}
  hosts: {\"127.0.0.1:21440\": payments}
";

async fn collector_with_the_recording() -> CollectorProcess {
    let collector = CollectorProcess::start(SETTINGS).await.unwrap();
    for body in recording::otlp_bodies().unwrap().into_iter().chain([recording::agent_request().unwrap()]) {
        let (status, _) = collector.post_traces(&[("content-type", PROTOBUF)], body).await.unwrap();
        assert_eq!(status, 200);
    }
    collector
}

async fn journey(collector: &CollectorProcess, key: &str) -> Journey {
    let (code, printed) = collector.ordertrace(&["order", key, "--format", "json"]).await.unwrap();
    assert_eq!(code, Some(0), "{key}: {printed}");
    serde_json::from_str(&printed).unwrap()
}

#[tokio::test]
async fn a_real_order_is_traced_by_any_of_its_keys() {
    let collector = collector_with_the_recording().await;
    let journey = journey(&collector, "FCJVW7ZW9CKTTHM1").await;
    for key in ["pi_uKa3HTSa0qZBtw", "order@storefront:4", "charge:ch_cDaGXcMEpS7Esr", "order:FCJVW7ZW9CKTTHM1"] {
        assert_eq!(self::journey(&collector, key).await, journey, "{key}");
    }
    assert_eq!(journey.id.to_string(), "order:FCJVW7ZW9CKTTHM1");
    assert!(journey.limits.is_empty());

    let shop: Vec<&str> = journey
        .handoffs
        .iter()
        .filter(|handoff| handoff.from.as_deref() == Some(recording::SHOPPER))
        .map(|handoff| handoff.operation.as_str())
        .collect();
    assert_eq!(shop, ["AddItem", "SetCustomer", "SetAddr", "ShipMethods", "SetShip", "ToPay", "AddPayment"]);
    for handoff in journey.handoffs.iter().filter(|handoff| handoff.from.as_deref() == Some(recording::SHOPPER)) {
        let attempt = &handoff.attempts[0];
        assert_eq!(attempt.joined, JoinKind::Inferred, "{}", handoff.operation);
        let observers: Vec<Observer> = attempt.sides.iter().map(|side| side.observer).collect();
        assert_eq!(observers, [Observer::Proxy, Observer::Server]);
        assert_eq!(attempt.sides[1].attributes["http.route"], "/shop-api");
        assert_eq!(attempt.outcome, Outcome::Ok);
    }

    let rest: Vec<(Option<&str>, &str, &str)> = journey
        .handoffs
        .iter()
        .filter(|handoff| handoff.from.as_deref() != Some(recording::SHOPPER))
        .map(|handoff| (handoff.from.as_deref(), handoff.to.as_str(), handoff.operation.as_str()))
        .collect();
    assert_eq!(
        rest,
        [
            (Some("storefront"), "payments", "POST /v1/payment_methods"),
            (Some("storefront"), "payments", "POST /v1/payment_intents"),
            (Some("storefront"), "payments", "POST /v1/payment_intents/{}/confirm"),
            (Some("payments"), "storefront", "payment_intent.succeeded"),
        ]
    );
    let add_payment = &journey.handoffs[6];
    for payment in &journey.handoffs[7..10] {
        assert_eq!(payment.parent.as_ref(), Some(&add_payment.id));
    }

    // Seven traces of the shop, seven proxied attempts, one webhook; no polling.
    let of_shop = journey.traces.iter().filter(|trace| trace.span_count > 1);
    let spans: Vec<u64> = of_shop.map(|trace| trace.span_count).collect();
    assert_eq!(spans, [99, 42, 50, 35, 68, 56, 122], "the fixture's seven traces, whole");
    assert_eq!(journey.traces.len(), 15);
    assert_eq!(journey.span_count, 472 + 8);
    let inferred = journey.traces.iter().filter(|trace| trace.reason == MembershipReason::Inferred).count();
    let by_session = journey.traces.iter().filter(|trace| trace.reason == MembershipReason::Session).count();
    assert_eq!((inferred, by_session), (6, 4), "requests 2 to 5 bear only the session; trace 7 bears the payment");
    assert!(journey.milestones.iter().any(|milestone| milestone.name == "payment.captured"));
}

#[tokio::test]
async fn unknown_and_ambiguous_keys_are_told_apart() {
    let collector = collector_with_the_recording().await;
    let (code, _) = collector.ordertrace(&["order", "NO-SUCH-ORDER"]).await.unwrap();
    assert_eq!(code, Some(1));
    let (code, _) = collector.ordertrace(&["order", ""]).await.unwrap();
    assert_eq!(code, Some(2));
    let nobody =
        std::process::Command::new(binary()).args(["--collector", "http://127.0.0.1:1", "order", "X"]).output();
    assert_eq!(nobody.unwrap().status.code(), Some(3));
}
