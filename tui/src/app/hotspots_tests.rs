//! What hotspots lead to.

use ordertrace_api::hotspot::{Against, HotspotsQuery};
use ordertrace_api::order::OrdersPage;
use proptest::prelude::*;

use super::driver::Driver;
use super::state::{Connection, List, Screen};
use super::{Action, Event, NoAnswer};
use crate::hotspot_table::{Column, HotspotBy};
use crate::sample;

/// What hotspots are asked for next.
fn asked(driver: &Driver) -> HotspotsQuery {
    let query = driver.asked.iter().find_map(|action| match action {
        Action::FetchHotspots { query, .. } => Some(query.clone()),
        _ => None,
    });
    query.expect("hotspots are asked for")
}

fn shown(driver: &Driver) -> Vec<&str> {
    driver.state.hotspots.shown.iter().map(|spot| spot.operation.as_str()).collect()
}

#[test]
fn they_are_asked_for_when_they_are_looked_at() {
    let mut driver = Driver::with_orders(80, 24);
    driver.tick(60_000);
    assert!(!driver.asked.iter().any(|action| matches!(action, Action::FetchHotspots { .. })));
    driver.press("H");
    let query = asked(&driver);
    let length = driver.state.now.duration_since(query.since.unwrap());
    assert_eq!((length.as_mins(), query.until, query.against, query.slices), (60, None, None, Some(20)));
    driver.answer_hotspots(Ok(sample::hotspots_alone()));
    driver.tick(4_900);
    assert!(!driver.asked.iter().any(|action| matches!(action, Action::FetchHotspots { .. })), "too early");
    driver.tick(100);
    asked(&driver);
}

#[test]
fn each_column_can_be_sorted_by() {
    let mut driver = Driver::with_hotspots(80, 24);
    assert_eq!(shown(&driver)[..2], ["POST /v1/payment_intents/{payment}/confirm", "GET /search"], "by time");
    let mut seen = Vec::new();
    for _ in Column::ALL {
        driver.press("s");
        let column = driver.state.hotspots.sort;
        seen.push(column);
        let weights: Vec<f64> = driver.state.hotspots.shown.iter().map(|spot| column.weight(spot.now())).collect();
        assert!(weights.is_sorted_by(|one, next| one >= next), "{column:?}: {weights:?}");
        assert!(driver.screen().contains(&format!("{}▼", column.name())), "{column:?}: {}", driver.screen());
        driver.press("S");
        let weights: Vec<f64> = driver.state.hotspots.shown.iter().map(|spot| column.weight(spot.now())).collect();
        assert!(weights.is_sorted(), "{column:?}: {weights:?}");
        driver.press("S");
    }
    seen.sort();
    assert_eq!(seen, Column::ALL);
}

#[test]
fn c_compares_with_a_day_a_week_or_nothing() {
    let mut driver = Driver::with_hotspots(80, 24);
    assert!(!driver.screen().contains("then"), "{}", driver.screen());
    for (against, says) in [(Some(Against::Day), "a day earlier"), (Some(Against::Week), "a week earlier")] {
        driver.press("c");
        assert_eq!(asked(&driver).against, against);
        driver.answer_hotspots(Ok(sample::hotspots()));
        let screen = driver.screen();
        assert!(screen.contains(says) && screen.contains("▲▲ +179 %") && screen.contains("gone"), "{screen}");
    }
    driver.press("c");
    assert_eq!(asked(&driver).against, None);
}

#[test]
fn what_is_gone_stands_last_whichever_way_it_is_sorted() {
    let mut driver = Driver::with_hotspots(80, 24);
    driver.press("c");
    driver.answer_hotspots(Ok(sample::hotspots()));
    assert_eq!(shown(&driver).last(), Some(&"POST /faxes"));
    driver.press("S");
    assert_eq!(shown(&driver).last(), Some(&"POST /faxes"));
    // Its orders are those that had it then.
    driver.press("G⏎");
    let touched = driver.state.touched.as_ref().unwrap();
    assert_eq!(touched.query.since, driver.state.hotspots.compared.map(|range| range.since));
}

#[test]
fn a_line_leads_to_its_orders_and_these_to_a_journey_and_back() {
    let mut driver = Driver::with_hotspots(80, 24);
    driver.press("⏎");
    assert_eq!(driver.state.screen(), Screen::Touched);
    let query = driver.asked.iter().find_map(|action| match action {
        Action::FetchHotspotOrders { query, .. } => Some(query.clone()),
        _ => None,
    });
    let query = query.unwrap();
    assert_eq!((query.from.as_deref(), &*query.to), (Some("storefront"), "payments"));
    assert_eq!(query.operation.as_deref(), Some("POST /v1/payment_intents/{payment}/confirm"));
    assert_eq!(query.since, Some(sample::hotspots().range.since));
    driver.answer_touched(Ok(sample::orders()));
    let chosen = sample::orders().orders[1].id.to_string();
    driver.press("jy");
    assert_eq!(driver.done, [Action::Copy(chosen.clone())]);
    driver.press("⏎");
    assert_eq!(driver.state.screen(), Screen::Journey);
    assert_eq!(driver.state.journey.as_ref().unwrap().key, chosen);
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::Touched);
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::List(List::Hotspots));
    driver.press("⎋");
    assert_eq!(driver.state.screen(), Screen::List(List::Orders));
}

#[test]
fn systems_are_asked_for_all_that_they_received() {
    let mut driver = Driver::with_hotspots(80, 24);
    driver.press("b");
    assert_eq!(driver.state.hotspots.by, HotspotBy::System);
    driver.press("⏎");
    let query = &driver.state.touched.as_ref().unwrap().query;
    assert_eq!((query.from.as_deref(), &*query.to, query.operation.as_deref()), (None, "payments", None));
}

#[test]
fn the_chosen_line_stays_chosen_however_it_is_sorted() {
    let mut driver = Driver::with_hotspots(80, 24);
    driver.press("j");
    assert_eq!(driver.state.hotspots.selected().unwrap().operation, "GET /search");
    driver.press("sss");
    assert_eq!(driver.state.hotspots.selected().unwrap().operation, "GET /search");
    driver.press("/oms");
    assert_eq!(shown(&driver), ["POST /orders"]);
    driver.press("⎋");
    assert_eq!((driver.state.screen(), shown(&driver).len()), (Screen::List(List::Hotspots), 4));
}

#[test]
fn a_paused_table_stands_still_until_something_else_is_wanted() {
    let mut driver = Driver::with_hotspots(80, 24);
    driver.press("p");
    driver.tick(60_000);
    assert!(!driver.asked.iter().any(|action| matches!(action, Action::FetchHotspots { .. })));
    driver.press("t");
    let query = asked(&driver);
    assert_eq!(driver.state.now.duration_since(query.since.unwrap()).as_hours(), 24);
    assert!(driver.screen().contains("last day"));
}

#[test]
fn who_does_not_answer_is_not_asked_all_the_time() {
    let mut driver = Driver::with_hotspots(80, 24);
    driver.tick(5_000);
    driver.answer_hotspots(Err("Connection refused".to_owned()));
    assert!(matches!(driver.state.connection, Connection::Down { .. }));
    driver.press("ct");
    assert_eq!(driver.asked.iter().filter(|action| matches!(action, Action::FetchHotspots { .. })).count(), 0);
    driver.tick(1_000);
    let ticket = driver.take_ticket(|action| matches!(action, Action::FetchHotspots { .. }));
    driver.event(Event::Hotspots { ticket, result: Err(NoAnswer::Refused("since: no".to_owned())) });
    assert!(driver.screen().contains("refused: since: no"), "{}", driver.screen());
    driver.event(Event::Hotspots { ticket: 999, result: Ok(sample::hotspots()) });
    assert_eq!(driver.state.hotspots.shown.len(), 4, "nobody asked");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_hotspot_breaks_the_screen(
        reply in sample::any_hotspots(),
        columns in 1..=200_u16,
        rows in 1..=60_u16,
    ) {
        let mut driver = Driver::with_hotspots(columns, rows);
        driver.press("c");
        driver.answer_hotspots(Ok(reply));
        for keys in ["", "j", "G", "s", "S", "ssss", "b", "b", "/a", "⏎", "/⎋", "?", "?", "p", "g", "⏎"] {
            driver.press(keys);
            driver.screen();
            let hotspots = &driver.state.hotspots;
            prop_assert!(hotspots.cursor.at < hotspots.shown.len().max(1));
        }
        if driver.state.touched.is_some() {
            driver.answer_touched(Ok(OrdersPage { more: true, ..sample::orders() }));
            driver.press("G");
            driver.screen();
        }
    }
}
