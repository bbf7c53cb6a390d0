//! What alerts lead to, and what is done to them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ordertrace_api::alert::{
    AcknowledgeRequest, Acknowledgement, AlertState, AlertsReply, Silence, SilenceReply, SilenceRequest,
};
use proptest::prelude::*;

use super::driver::Driver;
use super::state::{List, Overlay, Screen};
use super::{Action, Event, NoAnswer};
use crate::client::JourneyReply;
use crate::sample;

fn shown(driver: &Driver) -> Vec<&str> {
    driver.state.alerts.shown.iter().map(|alert| alert.rule.as_str()).collect()
}

/// The deeds that were asked for.
fn deeds(driver: &Driver) -> Vec<&Action> {
    let is_deed = |action: &&Action| matches!(action, Action::Acknowledge { .. } | Action::Silence { .. });
    driver.asked.iter().filter(is_deed).collect()
}

fn acknowledge(driver: &mut Driver, result: Result<(), NoAnswer>) {
    let ticket = driver.take_ticket(|action| matches!(action, Action::Acknowledge { .. }));
    let by = Acknowledgement { who: "grace".to_owned(), note: String::new(), at: sample::now() };
    driver.event(Event::Acknowledged { ticket, result: result.map(|()| by) });
}

#[test]
fn the_first_screen_says_how_many_fire() {
    let mut driver = Driver::with_orders(80, 24);
    let title = |driver: &Driver| driver.screen().lines().next().unwrap_or_default().to_owned();
    assert!(!title(&driver).contains("alert"), "not before it is known");
    driver.answer_alerts(Ok(sample::alerts()));
    assert!(driver.screen().contains("orders │ ▲ 2 alerts fire │ ✗ 2 failed"), "{}", driver.screen());
    driver.tick(5_000);
    driver.answer_alerts(Err("503 storage away".to_owned()));
    assert!(title(&driver).contains("alerts unknown"), "{}", driver.screen());
    driver.tick(5_000);
    driver.answer_alerts(Ok(sample::no_alerts()));
    assert!(!title(&driver).contains("alert"), "{}", driver.screen());
}

#[test]
fn they_are_asked_for_whatever_is_on_the_screen() {
    let mut driver = Driver::with_journey(80, 24);
    driver.answer_alerts(Ok(sample::no_alerts()));
    driver.tick(3_900);
    assert_eq!(driver.alarms.len(), 0);
    driver.tick(100);
    assert!(matches!(&driver.alarms[..], [Action::FetchAlerts { query, .. }] if query.since == Some(driver.state.now)));
}

#[test]
fn what_is_over_is_shown_where_that_is_wanted() {
    let mut driver = Driver::with_alerts(80, 24);
    assert_eq!(shown(&driver), ["MarketplaceStopped", "PaidNotCreated", "StockDrift", "Silence"]);
    driver.press("r");
    driver.answer_alerts(Ok(sample::alerts()));
    let Some(Action::FetchAlerts { query, .. }) = driver.alarms.first() else { panic!("{:?}", driver.alarms) };
    assert_eq!(driver.state.now.duration_since(query.since.unwrap()).as_hours(), 24);
    assert_eq!(driver.state.alerts.shown.last().unwrap().state, AlertState::Resolved);
    driver.press("/marketplace⏎");
    assert_eq!(shown(&driver), ["MarketplaceStopped", "StockDrift", "StockDrift"], "what it is about counts");
    driver.press("qr");
    assert_eq!(shown(&driver).len(), 4);
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::List(List::Orders));
}

#[test]
fn enter_shows_what_it_is_about() {
    let mut driver = Driver::with_alerts(80, 24);
    driver.press("⏎");
    assert_eq!(driver.state.screen(), Screen::List(List::Sync));
    assert_eq!(driver.state.sync.pair_name(), Some(("stock", "marketplace")));
    driver.answer_sync(Ok(sample::sync()));
    assert!(driver.screen().contains("only stock at marketplace"), "{}", driver.screen());
    driver.press("qqj⏎");
    driver.answer_journey(Ok(JourneyReply::Found(Box::new(sample::journey()))));
    assert_eq!(driver.state.journey.as_ref().unwrap().key, "order:A-10042");
    driver.press("qj⏎");
    assert_eq!(driver.state.sku.as_ref().unwrap().subject, "HAT-RED-M");
    driver.press("qj⏎");
    assert_eq!(driver.state.screen(), Screen::List(List::Findings));
    assert_eq!(driver.state.findings.filter.text, "tax");
    driver.press("qq");
    assert_eq!(driver.state.screen(), Screen::List(List::Alerts));
}

#[test]
fn what_differs_of_an_orders_status_is_told_by_its_copies() {
    let mut reply = sample::alerts();
    let labels = [("sync", "status"), ("target", "storefront"), ("order", "order:A-1")];
    reply.alerts.truncate(1);
    reply.alerts[0].labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let mut driver = Driver::with_orders(80, 24);
    driver.answer_alerts(Ok(reply));
    driver.press("A⏎");
    assert_eq!(driver.state.sku.as_ref().map(|sku| sku.subject.as_str()), Some("order:A-1"));
}

#[test]
fn nothing_is_acknowledged_before_enter() {
    let mut driver = Driver::with_alerts(80, 24);
    driver.press("jaon it⎋");
    assert!(deeds(&driver).is_empty() && driver.state.overlay.is_none());
    driver.press("aon ity⌫⏎");
    let id = "f1".repeat(16);
    let request = AcknowledgeRequest { who: "grace".to_owned(), note: "on it".to_owned() };
    assert!(
        matches!(&deeds(&driver)[..], [Action::Acknowledge { id: of, request: with, .. }] if *of == id && *with == request),
        "{:?}",
        deeds(&driver)
    );
    assert!(driver.screen().contains("acknowledging PaidNotCreated …"), "{}", driver.screen());
    driver.press("a");
    assert!(driver.state.overlay.is_none(), "one thing at a time");
    acknowledge(&mut driver, Ok(()));
    assert!(driver.screen().contains("✓ noted: grace takes care of it"), "{}", driver.screen());
    assert!(driver.alarms.iter().any(|action| matches!(action, Action::FetchAlerts { .. })), "it is asked for at once");
    driver.press("k");
    assert!(!driver.screen().contains("noted"));
}

#[test]
fn silence_takes_a_length_and_says_until_when() {
    let mut driver = Driver::with_alerts(80, 24);
    driver.press("s→→←restock");
    assert!(driver.screen().contains("‹ 4 hours ›"), "{}", driver.screen());
    assert!(deeds(&driver).is_empty());
    driver.press("⏎");
    let request = SilenceRequest { duration_s: 14_400, who: "grace".to_owned(), comment: "restock".to_owned() };
    assert!(matches!(&deeds(&driver)[..], [Action::Silence { request: with, .. }] if *with == request));
    let ticket = driver.take_ticket(|action| matches!(action, Action::Silence { .. }));
    let silences = vec![Silence { receiver: "oncall".to_owned(), id: "7".to_owned() }];
    driver.event(Event::Silenced { ticket, result: Ok(SilenceReply { silences, until: sample::now() }) });
    assert!(driver.screen().contains("✓ silenced at oncall until 12:32:03"), "{}", driver.screen());
    driver.press("s⏎");
    let comment = |driver: &Driver| match deeds(driver)[..] {
        [Action::Silence { request, .. }] => request.comment.clone(),
        _ => panic!("{:?}", driver.asked),
    };
    assert_eq!(comment(&driver), "silenced in ordertrace: MarketplaceStopped", "Alertmanager shows whence it is");
}

#[test]
fn what_fails_is_said_until_the_next_key_and_loses_no_connection() {
    let mut driver = Driver::with_alerts(80, 24);
    driver.press("a⏎");
    acknowledge(&mut driver, Err(NoAnswer::Refused("the alert is over".to_owned())));
    driver.tick(60_000);
    assert!(driver.screen().contains("✗ not done: the alert is over"), "{}", driver.screen());
    driver.press("a⏎");
    acknowledge(&mut driver, Err(NoAnswer::Unreachable("timed out".to_owned())));
    assert!(driver.screen().contains("✗ no answer, it may be done or not: timed out"), "{}", driver.screen());
    assert!(!driver.screen().contains("disconnected"));
    driver.press("rGs");
    driver.answer_alerts(Ok(sample::alerts()));
    driver.press("Gs");
    assert!(driver.state.overlay.is_none() && driver.screen().contains("this alert is over"), "{}", driver.screen());
}

#[test]
fn an_answer_to_something_else_is_none() {
    let mut driver = Driver::with_alerts(80, 24);
    driver.press("a⏎");
    let by = Acknowledgement { who: "eve".to_owned(), note: String::new(), at: sample::now() };
    driver.event(Event::Acknowledged { ticket: 1, result: Ok(by) });
    assert!(driver.screen().contains("acknowledging"), "{}", driver.screen());
}

#[test]
fn a_pause_holds_the_table_and_not_the_count() {
    let mut driver = Driver::with_alerts(80, 24);
    driver.press("p");
    driver.answer_alerts(Ok(AlertsReply { alerts: sample::alerts().alerts[..1].to_vec(), ..sample::alerts() }));
    assert_eq!((shown(&driver).len(), driver.state.alerts.tally.firing()), (4, 1));
}

#[test]
fn control_letters_are_no_text_and_ctrl_c_still_ends() {
    let mut driver = Driver::with_alerts(80, 24);
    driver.press("aabc");
    driver.event(Event::Key(KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL)));
    assert!(matches!(&driver.state.overlay, Some(Overlay::Prompt(prompt)) if prompt.text.is_empty()));
    driver.event(Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
    assert_eq!(driver.done, [Action::Quit]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_size_breaks_the_screen(columns in 1..=200_u16, rows in 1..=60_u16) {
        let mut driver = Driver::with_alerts(columns, rows);
        for keys in ["", "j", "G", "a", "x", "⏎", "s", "→", "⎋", "r", "/x", "⏎", "q", "?", "?", "p", "g"] {
            driver.press(keys);
            driver.screen();
            let alerts = &driver.state.alerts;
            prop_assert!(alerts.cursor.at < alerts.shown.len().max(1));
        }
    }
}
