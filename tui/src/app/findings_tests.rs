//! Findings: the screen of its own, and what other screens show of them.

use jiff::SignedDuration;
use ordertrace_api::finding::{FindingState, FindingsPage};
use proptest::prelude::*;

use super::driver::Driver;
use super::state::{Connection, List, Screen};
use super::{Action, Event, NoAnswer};
use crate::client::JourneyReply;
use crate::sample;

fn chosen_operation(driver: &Driver) -> String {
    driver.state.journey.as_ref().unwrap().selected_handoff().unwrap().operation.clone()
}

fn shown(driver: &Driver) -> Vec<&'static str> {
    driver.state.findings.shown.iter().map(|finding| finding.kind.name()).collect()
}

#[test]
fn from_the_first_screen_to_the_broken_handoff_in_four_keys() {
    let mut driver = Driver::with_alarm(80, 24);
    assert!(driver.screen().contains("3 critical  1 warning"), "{}", driver.screen());
    driver.press("F⏎");
    let key = driver.asked.iter().find_map(|action| match action {
        Action::FetchJourney { key, .. } => Some(key.as_str()),
        _ => None,
    });
    assert_eq!(key, Some("order:A-10057"), "the worst finding stands first");
    driver.answer_journey(Ok(JourneyReply::Found(Box::new(sample::incident()))));
    assert_eq!(chosen_operation(&driver), "POST /v1/charges", "the evidence: it was paid here");
    assert!(driver.screen().contains("critical paid_not_created  order.created did not follow"), "{}", driver.screen());
    driver.press("e");
    assert_eq!(chosen_operation(&driver), "POST /orders", "three keys");
    assert!(driver.state.journey.as_ref().unwrap().selected().unwrap().handoff().unwrap().failure.is_some());
}

#[test]
fn without_evidence_in_sight_the_first_failed_handoff_is_chosen() {
    let opened = |evidence_lost: bool, journey| {
        let mut page = sample::findings();
        if evidence_lost {
            page.findings[0].evidence[0].span_id = "ffffffffffffffff".to_owned();
        }
        let mut driver = Driver::with_these_findings(80, 24, page);
        driver.press("F⏎");
        driver.answer_journey(Ok(JourneyReply::Found(Box::new(journey))));
        driver
    };
    assert_eq!(chosen_operation(&opened(true, sample::incident())), "POST /orders");
    let mut healthy = sample::incident();
    healthy.handoffs.pop();
    healthy.critical_path.clear();
    healthy.waits.clear();
    assert_eq!(opened(true, healthy).state.journey.unwrap().cursor.at, 0, "nothing failed: the top");
    let mut driver = opened(false, sample::incident());
    driver.press("k");
    let moved = chosen_operation(&driver);
    driver.tick(2_000);
    driver.answer_journey(Ok(JourneyReply::Found(Box::new(sample::incident()))));
    assert_eq!(chosen_operation(&driver), moved, "only the first answer moves the cursor");
}

#[test]
fn the_way_back_leads_through_the_findings() {
    let mut driver = Driver::with_findings(80, 24);
    driver.press("⏎");
    assert_eq!(driver.state.screen(), Screen::Journey);
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::List(List::Findings));
    driver.press("⎋");
    assert_eq!(driver.state.screen(), Screen::List(List::Orders));
    assert!(driver.done.is_empty(), "nothing ended");
}

#[test]
fn findings_are_asked_for_every_two_seconds_whatever_is_on_the_screen() {
    let mut driver = Driver::with_alarm(80, 24);
    for keys in ["", "p", "F", "⏎"] {
        driver.press(keys);
        // Whoever opens them gets the latest at once.
        while !driver.asides.is_empty() {
            driver.answer_findings(Ok(sample::findings()));
        }
        driver.tick(1_900);
        assert!(driver.asides.is_empty(), "{keys:?}: too early");
        driver.tick(100);
        assert_eq!(driver.asides.len(), 1, "{keys:?}");
        driver.tick(2_000);
        assert_eq!(driver.asides.len(), 1, "{keys:?}: unanswered questions are not repeated");
    }
}

#[test]
fn while_nobody_answers_one_question_looks_for_the_collector() {
    let mut driver = Driver::with_alarm(80, 24);
    driver.tick(1_000);
    driver.answer_orders(Err("Connection refused".to_owned()));
    driver.tick(1_000);
    assert_eq!((driver.asked.len(), driver.asides.len()), (1, 0));
    driver.press("F");
    driver.answer_orders(Err("Connection refused".to_owned()));
    driver.tick(2_000);
    assert_eq!(driver.asides.len(), 1, "now they are the screen's own");
    driver.answer_findings(Err("Connection refused".to_owned()));
    assert!(matches!(driver.state.connection, Connection::Down { failures: 3, .. }), "{:?}", driver.state.connection);
}

#[test]
fn not_knowing_is_no_good_news() {
    let mut driver = Driver::with_orders(80, 24);
    driver.tick(2_000);
    driver.answer_orders(Ok(sample::orders()));
    driver.answer_findings(Err("503 storage away".to_owned()));
    assert_eq!(driver.state.connection, Connection::Up, "the list is answered");
    assert!(driver.screen().contains("findings are not known now: 503 storage away"), "{}", driver.screen());
    driver.tick(2_000);
    driver.answer_orders(Ok(sample::orders()));
    driver.answer_findings(Ok(FindingsPage::default()));
    assert!(!driver.screen().contains("findings are not known"));
}

#[test]
fn nobody_reads_that_all_is_well_while_detection_is_behind() {
    let mut driver = Driver::with_these_findings(80, 24, sample::findings_behind());
    let told = "detection is 4m behind: what arrived since 12:28:03 was not looked at";
    assert!(driver.screen().contains(told), "{}", driver.screen());
    driver.press("F");
    let screen = driver.screen();
    assert!(screen.contains("none known") && screen.contains(told) && !screen.contains("Nothing is wrong"), "{screen}");
    driver.answer_findings(Ok(sample::no_findings()));
    let screen = driver.screen();
    assert!(
        screen.contains("none open") && screen.contains("All that arrived until 2026-11-21 12:32:01 was looked at."),
        "{screen}"
    );
    // What is found is told all the same.
    driver.tick(2_000);
    let page = FindingsPage { progress: sample::findings_behind().progress, ..sample::findings() };
    driver.answer_findings(Ok(page));
    driver.press("q");
    assert!(driver.screen().contains("3 critical"), "{}", driver.screen());
}

#[test]
fn a_shows_closed_ones_too() {
    let mut driver = Driver::with_findings(80, 24);
    let states = |driver: &Driver| match driver.asides.first() {
        Some(Action::FetchFindings { query, .. }) => query.state,
        other => panic!("{other:?}"),
    };
    assert_eq!(states(&driver), Some(FindingState::Open));
    assert_eq!(driver.state.findings.shown.len(), 5);
    driver.press("a");
    driver.answer_findings(Ok(sample::findings()));
    assert_eq!(states(&driver), None, "what is asked for changed, so it is asked at once");
    driver.answer_findings(Ok(sample::findings()));
    assert_eq!(driver.state.findings.shown.len(), 6);
    assert_eq!(driver.state.findings.tally.warning, 1, "those that hold");
    driver.press("a");
    assert_eq!(driver.state.findings.shown.len(), 5, "at once");
}

#[test]
fn a_filter_follows_the_letters_in_kind_order_and_sentence() {
    let mut driver = Driver::with_findings(80, 24);
    driver.press("/DOUBLE");
    assert_eq!(shown(&driver), ["double_charge"]);
    driver.press("⎋/10057⏎");
    assert_eq!(shown(&driver), ["paid_not_created"]);
    assert!(driver.screen().contains("│ /10057"), "{}", driver.screen());
    driver.press("/⌫⌫⌫⌫⌫inventory");
    assert_eq!(shown(&driver), ["stuck_order"]);
    driver.press("⎋");
    assert_eq!(driver.state.screen(), Screen::List(List::Findings), "Esc ended the filter only");
    assert_eq!(driver.state.findings.shown.len(), 5);
}

#[test]
fn a_paused_table_stands_still_and_the_alarm_does_not() {
    let mut driver = Driver::with_findings(80, 24);
    driver.press("p");
    driver.answer_findings(Ok(FindingsPage::default()));
    assert_eq!(driver.state.findings.shown.len(), 5);
    assert_eq!(driver.state.findings.tally.critical, 0);
    driver.answer_findings(Ok(FindingsPage::default()));
    driver.press("p");
    driver.answer_findings(Ok(FindingsPage::default()));
    assert_eq!(driver.state.findings.shown.len(), 0);
}

#[test]
fn the_chosen_finding_stays_chosen() {
    let mut driver = Driver::with_findings(80, 24);
    driver.press("jj");
    let chosen = driver.state.findings.selected().unwrap().id.clone();
    let mut page = sample::findings();
    page.findings.remove(0);
    driver.answer_findings(Ok(page));
    assert_eq!(driver.state.findings.selected().unwrap().id, chosen);
    driver.press("y");
    assert_eq!(driver.done, [Action::Copy("order:A-10042".to_owned())]);
    driver.press("k⏎");
    assert_eq!(driver.state.flash.as_ref().unwrap().text, "this finding is about no order");
    assert_eq!(driver.state.screen(), Screen::List(List::Findings), "a silent system has no journey");
}

#[test]
fn late_findings_change_nothing() {
    let mut driver = Driver::with_alarm(80, 24);
    let before = driver.state.findings.shown.len();
    driver.event(Event::Findings { ticket: 1, result: Ok(FindingsPage::default()) });
    driver.event(Event::Findings { ticket: 999, result: Err(NoAnswer::Refused("no".to_owned())) });
    assert_eq!(driver.state.findings.shown.len(), before);
    assert_eq!(driver.state.findings.trouble, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_finding_breaks_the_screen(
        page in sample::any_findings(),
        journey in sample::any_journey(),
        columns in 1..=200_u16,
        rows in 1..=60_u16,
    ) {
        let mut driver = Driver::with_these_findings(columns, rows, page.clone());
        driver.screen();
        for keys in ["F", "j", "G", "a", "/h1", "⏎", "/⎋", "?", "?", "p", "g", "y", "⏎"] {
            driver.press(keys);
            driver.screen();
            let findings = &driver.state.findings;
            prop_assert!(findings.cursor.at < findings.shown.len().max(1));
        }
        if driver.state.journey.is_some() {
            driver.answer_journey(Ok(JourneyReply::Found(Box::new(journey))));
            driver.screen();
            driver.press("d");
            driver.screen();
        }
        driver.answer_findings(Ok(page));
        driver.screen();
        prop_assert!(driver.state.now >= sample::now() - SignedDuration::from_secs(1));
    }
}
