use ordertrace_config::Duration;

use super::*;
use crate::settings::{MilestoneRule, NeedSettings, RecogniseSettings, StepSettings};

fn recogniser() -> Recogniser {
    Recogniser::new(&RecogniseSettings::default()).unwrap()
}

/// What loading says of the shop's flow after `change`.
fn refused(change: impl FnOnce(&mut FlowSettings)) -> FlowError {
    let mut flow = FlowSettings::shop();
    change(&mut flow);
    Flows::new(&[flow], &recogniser()).unwrap_err()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_flow_of_a_shop_can_be_meant() {
    Flows::new(&[FlowSettings::shop()], &recogniser()).unwrap();
}

#[test]
fn a_misspelt_milestone_is_named_with_its_place() {
    let error = refused(|flow| flow.steps[0].of = "payment.capturd".to_owned());
    assert_eq!(
        error.to_string(),
        "flows[0].steps[0].of: the flow has no milestone \"payment.capturd\", did you mean \"payment.captured\"?"
    );
    let error = refused(|flow| flow.ends.push("xyz".to_owned()));
    assert_eq!(error.to_string(), "flows[0].ends: the flow has no milestone \"xyz\": add it to `milestones`");
}

#[test]
fn a_misspelt_kind_is_named_with_its_place() {
    let error = refused(|flow| flow.steps[2].per = Some("shipmnt".to_owned()));
    assert_eq!(
        error.to_string(),
        "flows[0].steps[2].per: \"shipmnt\" is no kind of key that names an order, did you mean \"shipment\"?"
    );
    let weak = refused(|flow| flow.milestones.get_mut("refund.issued").unwrap().each = names(&["sku"]));
    assert!(matches!(weak, FlowError::Kind { setting, .. } if setting == "flows[0].milestones.refund.issued.each"));
}

#[test]
fn what_nothing_shows_is_unreachable() {
    let add = |flow: &mut FlowSettings| {
        flow.milestones.insert("erp.booked".to_owned(), Default::default());
    };
    let error = refused(add);
    assert!(error.to_string().starts_with("flows[0].milestones.erp.booked: nothing shows \"erp.booked\""), "{error}");

    let mut flow = FlowSettings::shop();
    add(&mut flow);
    let rule =
        MilestoneRule { milestone: "erp.booked".to_owned(), to: Some("erp".to_owned()), ..MilestoneRule::default() };
    let settings = RecogniseSettings { milestones: vec![rule], ..RecogniseSettings::default() };
    Flows::new(&[flow], &Recogniser::new(&settings).unwrap()).unwrap();
}

#[test]
fn what_cannot_hold_is_refused() {
    let reason = |change: fn(&mut FlowSettings)| match refused(change) {
        FlowError::Contradiction { setting, reason } => format!("{setting}: {reason}"),
        FlowError::Empty { setting, .. } => format!("{setting} is empty"),
        other => other.to_string(),
    };
    assert_eq!(reason(|flow| flow.starts.clear()), "flows[0].starts is empty");
    assert_eq!(reason(|flow| flow.needs[0].after.clear()), "flows[0].needs[0].after is empty");
    assert_eq!(
        reason(|flow| flow.steps[1].of = "shipment.created".to_owned()),
        "flows[0].steps[1]: \"shipment.created\" cannot follow itself"
    );
    assert_eq!(
        reason(|flow| flow.steps[0].unless.push("payment.captured".to_owned())),
        "flows[0].steps[0].unless: with \"payment.captured\" the step would never be due"
    );
    assert!(reason(|flow| flow.steps[0].within = Duration::from_secs(0)).starts_with("flows[0].steps[0].within: "));
    assert!(
        reason(|flow| flow.milestones.get_mut("order.created").unwrap().at_most = Some(0))
            .starts_with("flows[0].milestones.order.created.at_most: ")
    );
}

#[test]
fn an_order_without_a_beginning_is_refused() {
    let error = refused(|flow| {
        flow.needs.push(NeedSettings {
            milestone: "payment.captured".to_owned(),
            after: names(&["shipment.created"]),
            unless_keys: Vec::new(),
            finding: ordertrace_api::finding::FindingKind::OutOfOrder,
        });
    });
    let FlowError::Contradiction { reason, .. } = error else { panic!("{error}") };
    assert!(reason.starts_with("no order of these can hold: "), "{reason}");
    // Captured only after shipped, shipped after created, created after captured.
    for milestone in ["payment.captured", "shipment.created", "order.created"] {
        assert!(reason.contains(milestone), "{reason}");
    }
}

#[test]
fn alternatives_are_no_circle() {
    let mut flow = FlowSettings::shop();
    flow.needs.push(NeedSettings {
        milestone: "payment.captured".to_owned(),
        after: names(&["shipment.created", "order.placed"]),
        unless_keys: Vec::new(),
        finding: ordertrace_api::finding::FindingKind::OutOfOrder,
    });
    Flows::new(&[flow], &recogniser()).unwrap();
}

#[test]
fn two_flows_of_one_name_are_refused() {
    let error = Flows::new(&[FlowSettings::shop(), FlowSettings::shop()], &recogniser()).unwrap_err();
    assert_eq!(error, FlowError::Twice { setting: "flows[1].name".to_owned(), name: "shop".to_owned() });
}

#[test]
fn a_journey_is_of_the_first_flow_of_which_it_shows_a_start() {
    let pickup =
        FlowSettings { name: "pickup".to_owned(), starts: names(&["order.ready_for_pickup"]), ..FlowSettings::shop() };
    let flows = Flows::new(&[pickup, FlowSettings::shop()], &recogniser()).unwrap();
    let name =
        |milestones: &[&str]| flows.of(|milestone| milestones.contains(&milestone)).map(|flow| flow.name.clone());
    assert_eq!(name(&["order.placed"]).as_deref(), Some("shop"));
    assert_eq!(name(&["order.placed", "order.ready_for_pickup"]).as_deref(), Some("pickup"));
    assert_eq!(name(&["cart.updated"]), None);
}

#[test]
fn steps_can_be_told_from_needs_of_the_same() {
    // A flow may say both that something follows and that it must not come before.
    let mut flow = FlowSettings::shop();
    flow.needs.push(NeedSettings {
        milestone: "order.created".to_owned(),
        after: names(&["payment.captured"]),
        unless_keys: Vec::new(),
        finding: ordertrace_api::finding::FindingKind::OutOfOrder,
    });
    assert!(flow.steps.iter().any(|step: &StepSettings| step.milestone == "order.created"));
    Flows::new(&[flow], &recogniser()).unwrap();
}
