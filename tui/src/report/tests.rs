use insta::assert_snapshot;
use jiff::tz::TimeZone;
use ordertrace_api::order::OrdersPage;
use ordertrace_api::status::{Count, ItemCounts, SenderStatus, SignalStatus, Status, StorageStatus};
use proptest::prelude::*;

use super::*;
use crate::sample;
use crate::text::{Line, width};

fn around(columns: usize) -> Surroundings {
    Surroundings { now: sample::now(), zone: TimeZone::UTC, columns }
}

/// What a file gets; fails when a line is too long for the terminal.
fn printed(lines: &[Line], columns: usize) -> String {
    let mut out = Vec::new();
    Printer { theme: None, ascii: false }.print(lines, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    for line in text.lines() {
        assert!(width(line) <= columns, "{} columns: {line}", width(line));
    }
    text
}

#[test]
fn a_journey_at_80_columns() {
    assert_snapshot!(printed(&journey_lines(&sample::journey(), &around(80)), 80));
}

#[test]
fn a_journey_at_140_columns() {
    assert_snapshot!(printed(&journey_lines(&sample::journey_cut_short(), &around(140)), 140));
}

#[test]
fn a_journey_for_a_ticket() {
    assert_snapshot!(journey_markdown(&sample::journey_cut_short(), &around(80)));
}

#[test]
fn the_orders_list() {
    let page = OrdersPage { more: true, ..sample::orders() };
    assert_snapshot!("orders_80", printed(&orders_lines(&page, &around(80)), 80));
    assert_snapshot!("orders_140", printed(&orders_lines(&page, &around(140)), 140));
    assert_snapshot!("orders_markdown", orders_markdown(&page, &around(80)));
}

#[test]
fn the_status() {
    let items = |stored: u64, refused: &[(&str, u64)]| ItemCounts {
        accepted: stored + refused.iter().map(|(_, count)| count).sum::<u64>(),
        stored,
        refused: refused.iter().map(|(name, count)| Count { name: (*name).to_owned(), count: *count }).collect(),
    };
    let sender = |name: &str, items: ItemCounts| SenderStatus { sender: name.to_owned(), items };
    let traces = SignalStatus {
        signal: "traces".to_owned(),
        total: items(1_204_331, &[("time", 3), ("trace_id", 1)]),
        senders: vec![
            sender("storefront", items(1_204_000, &[("trace_id", 1)])),
            sender("a-service-with-a-very-long-name", items(331, &[("time", 3)])),
        ],
    };
    let logs = SignalStatus { signal: "logs".to_owned(), total: ItemCounts::default(), senders: Vec::new() };
    let mut status = Status {
        version: "0.1.0".to_owned(),
        started_at: sample::start(),
        storage: StorageStatus {
            url: "http://127.0.0.1:8123".to_owned(),
            embedded: true,
            version: Some("26.7.3".to_owned()),
            error: None,
        },
        signals: vec![traces, logs],
        noise: vec![Count { name: "database polling".to_owned(), count: 88_000 }],
    };
    let url = "http://127.0.0.1:4320";
    assert_snapshot!("status", printed(&status_lines(&status, url, &around(80)), 80));
    status.storage.version = None;
    status.storage.error = Some("connection refused".to_owned());
    assert_snapshot!("status_storage_away", printed(&status_lines(&status, url, &around(80)), 80));
    assert_snapshot!("status_markdown", status_markdown(&status, url, &around(80)));
}

#[test]
fn no_width_is_too_small_and_no_journey_too_large() {
    for columns in [1, 5, 20, 39, 60, 200] {
        journey_lines(&sample::journey(), &around(columns));
        orders_lines(&sample::orders(), &around(columns));
    }
    assert!(journey_lines(&sample::huge_journey(10_000), &around(80)).len() > 10_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_journey_breaks_a_report(journey in sample::any_journey(), columns in 1..200_usize) {
        let lines = journey_lines(&journey, &around(columns));
        let text: String = lines.iter().map(Line::text).collect();
        prop_assert!(!text.chars().any(char::is_control));
        prop_assert!(lines.iter().all(|line| line.width() <= columns), "as wide as the terminal");
        journey_markdown(&journey, &around(columns));
    }
}
