use insta::assert_snapshot;
use jiff::tz::TimeZone;
use ordertrace_api::hotspot::{HandoffHotspot, Hotspots};
use ordertrace_api::order::OrdersPage;
use proptest::prelude::*;

use super::*;
use crate::hotspot_table::{HotspotBy, HotspotSort, ranked};
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
fn hotspots() {
    let reply = sample::hotspots();
    let lines = |by, sort, columns| printed(&hotspots_lines(&reply, by, sort, &around(columns)), columns);
    assert_snapshot!("hotspots_80", lines(HotspotBy::Handoff, HotspotSort::Time, 80));
    assert_snapshot!("hotspots_120", lines(HotspotBy::Handoff, HotspotSort::Errors, 120));
    assert_snapshot!("hotspots_systems", lines(HotspotBy::System, HotspotSort::P50, 80));
    let markdown = hotspots_markdown(&reply, HotspotBy::Handoff, HotspotSort::Time, &around(80));
    assert_snapshot!("hotspots_markdown", markdown);
    let alone = Hotspots { compared: None, more: false, ..ranked(reply.clone(), HotspotSort::Rate, 2) };
    let alone = Hotspots {
        handoffs: alone.handoffs.into_iter().map(|spot| HandoffHotspot { before: None, ..spot }).collect(),
        ..alone
    };
    let lines = hotspots_lines(&alone, HotspotBy::Handoff, HotspotSort::Rate, &around(80));
    assert_snapshot!("hotspots_alone", printed(&lines, 80));
}

#[test]
fn hotspots_are_ranked_and_cut() {
    let systems = |reply: &Hotspots| reply.handoffs.iter().map(|spot| spot.to.clone()).collect::<Vec<_>>();
    let whole = Hotspots { more: false, ..sample::hotspots() };
    let ranked = |sort, limit| ranked(whole.clone(), sort, limit);
    assert_eq!(systems(&ranked(HotspotSort::Time, 9)), ["payments", "search", "oms", "payments", "fax"]);
    assert_eq!(systems(&ranked(HotspotSort::Rate, 2)), ["search", "payments"]);
    assert_eq!(systems(&ranked(HotspotSort::P99, 1)), ["payments"]);
    assert_eq!(systems(&ranked(HotspotSort::P50, 2)), ["payments", "oms"]);
    assert_eq!(systems(&ranked(HotspotSort::Errors, 1)), ["payments"]);
    assert_eq!(systems(&ranked(HotspotSort::Retries, 1)), ["oms"]);
    assert_eq!((ranked(HotspotSort::P95, 5).more, ranked(HotspotSort::P95, 4).more), (false, true));
    assert_eq!(systems(&ranked(HotspotSort::Orders, 2)), ["payments", "oms"]);
    assert_eq!(systems(&ranked(HotspotSort::AtRisk, 1)), ["payments"]);
}

#[test]
fn the_status() {
    let mut status = sample::status();
    let url = "http://127.0.0.1:4320";
    assert_snapshot!("status", printed(&status_lines(&status, url, &around(80)), 80));
    status.storage.version = None;
    status.storage.error = Some("connection refused".to_owned());
    status.detection = None;
    let sources = std::mem::take(&mut status.sources);
    assert_snapshot!("status_storage_away", printed(&status_lines(&status, url, &around(80)), 80));
    status.sources = sources;
    status.detection = Some(sample::findings_behind().progress);
    assert_snapshot!("status_markdown", status_markdown(&status, url, &around(80)));
}

#[test]
fn an_agents_status() {
    let status = sample::agent_status();
    let url = "http://127.0.0.1:9464";
    assert_snapshot!("agent", printed(&agent_lines(url, &Ok(status.clone()), &around(80)), 80));
    assert_snapshot!("agent_markdown", agent_markdown(url, &Ok(status), &around(80)));
    let away = Err("http://127.0.0.1:9464 cannot be reached: connection refused".to_owned());
    assert_snapshot!("agent_away", printed(&agent_lines(url, &away, &around(80)), 80));
}

#[test]
fn no_width_is_too_small_and_no_journey_too_large() {
    for columns in [1, 5, 20, 39, 60, 200] {
        journey_lines(&sample::journey(), &around(columns));
        orders_lines(&sample::orders(), &around(columns));
        let lines = hotspots_lines(&sample::hotspots(), HotspotBy::Handoff, HotspotSort::P99, &around(columns));
        assert!(lines.iter().all(|line| line.width() <= columns));
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
