//! What the systems map leads to.

use ordertrace_api::explain::ExplainQuery;
use ordertrace_api::hotspot::{Against, HotspotOrdersQuery};
use ordertrace_api::hotspot::{HandoffHotspot, Hotspots};
use proptest::prelude::*;

use super::Action;
use super::driver::Driver;
use super::state::{List, Screen};
use crate::sample::{self, Fault, HANDOFFS, Shop};

const CALM: Shop = Shop { fault: None, cascades: false };
/// oms→erp POST /sales-orders fails.
const BROKEN: Shop = Shop { fault: Some((8, Fault::Fails)), cascades: true };

fn touched(driver: &Driver) -> HotspotOrdersQuery {
    let query = driver.asked.iter().find_map(|action| match action {
        Action::FetchHotspotOrders { query, .. } => Some(query.clone()),
        _ => None,
    });
    query.expect("orders are asked for")
}

fn explained(driver: &Driver) -> ExplainQuery {
    let query = driver.asked.iter().find_map(|action| match action {
        Action::FetchExplanation { query, .. } => Some(query.clone()),
        _ => None,
    });
    query.expect("an explanation is asked for")
}

#[test]
fn it_is_asked_for_when_it_is_looked_at_beside_a_day_earlier() {
    let mut driver = Driver::with_orders(80, 24);
    driver.press("m");
    let query = driver.asked.iter().find_map(|action| match action {
        Action::FetchHotspots { query, .. } => Some(query.clone()),
        _ => None,
    });
    let query = query.unwrap();
    assert_eq!((query.against, query.slices, query.until), (Some(Against::Day), None, None));
    assert_eq!(driver.state.now.duration_since(query.since.unwrap()).as_mins(), 60);
    driver.answer_hotspots(Ok(CALM.hotspots()));
    assert!(driver.state.hotspots.shown.is_empty(), "the hotspots asked nothing");
    driver.tick(4_900);
    assert!(!driver.asked.iter().any(|action| matches!(action, Action::FetchHotspots { .. })), "too early");
    driver.tick(100);
    driver.answer_hotspots(Ok(CALM.hotspots()));
    driver.press("p");
    driver.tick(60_000);
    assert!(!driver.asked.iter().any(|action| matches!(action, Action::FetchHotspots { .. })), "paused");
    driver.press("t");
    assert!(driver.asked.iter().any(|action| matches!(action, Action::FetchHotspots { .. })), "asked anew");
    assert!(driver.screen().contains("last day"), "{}", driver.screen());
}

#[test]
fn the_chosen_handoff_leads_to_its_orders_and_back() {
    let mut driver = Driver::with_map(80, 24, BROKEN);
    assert!(driver.chosen_row().contains("→ erp POST /sales-orders"), "{}", driver.screen());
    driver.press("⏎");
    let query = touched(&driver);
    let asked = (query.from.as_deref(), &*query.to, query.operation.as_deref());
    assert_eq!(asked, (Some("oms"), "erp", Some("POST /sales-orders")));
    assert_eq!(query.since, Some(BROKEN.hotspots().range.since));
    driver.answer_touched(Ok(sample::orders()));
    driver.press("⏎q");
    assert_eq!(driver.state.screen(), Screen::Touched);
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::List(List::Map));
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::List(List::Orders));
}

#[test]
fn a_system_leads_to_all_that_it_received() {
    let mut driver = Driver::with_map(80, 24, BROKEN);
    driver.press("←⏎");
    let query = touched(&driver);
    assert_eq!((query.from, &*query.to, query.operation), (None, "oms", None));
    driver.press("qg⏎");
    assert_eq!(driver.state.screen(), Screen::List(List::Map));
    assert!(driver.screen().contains("nothing was handed on to (unknown)"), "{}", driver.screen());
}

#[test]
fn x_explains_failures_or_slowness() {
    let mut driver = Driver::with_map(80, 24, BROKEN);
    driver.press("x");
    let query = explained(&driver);
    assert_eq!((query.from.as_deref(), query.to.as_deref(), query.slower_than_ms), (Some("oms"), Some("erp"), None));
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::List(List::Map));
    let mut driver = Driver::with_map(80, 24, Shop { fault: Some((8, Fault::Hangs)), cascades: false });
    driver.press("x");
    assert_eq!(explained(&driver).slower_than_ms, Some(310), "longer than 95 of 100 took a day earlier");
}

#[test]
fn f_shows_the_findings_of_the_system() {
    let mut driver = Driver::with_alarm(80, 24);
    driver.press("m");
    driver.answer_hotspots(Ok(CALM.hotspots()));
    assert!(driver.chosen_row().contains("shipping") && driver.chosen_row().contains("silent"), "{}", driver.screen());
    driver.press("f");
    assert_eq!(driver.state.screen(), Screen::List(List::Findings));
    let shown: Vec<_> = driver.state.findings.shown.iter().map(|finding| finding.kind.name()).collect();
    assert_eq!(shown, ["silent_system"]);
    driver.press("qq");
    assert_eq!(driver.state.screen(), Screen::List(List::Map), "the filter ends, then the list");
}

#[test]
fn findings_that_come_later_come_onto_the_map() {
    let mut driver = Driver::with_map(80, 24, CALM);
    assert!(driver.screen().contains("✓ nothing fails"), "{}", driver.screen());
    driver.tick(2_000);
    driver.answer_findings(Ok(sample::findings()));
    let screen = driver.screen();
    assert!(screen.contains("✗ 1 broken") && screen.contains("shipping: silent_system"), "{screen}");
    assert!(driver.chosen_row().contains("shipping"), "nobody had chosen anything: {screen}");
}

#[test]
fn folds_never_hide_trouble_and_the_choice_stays() {
    let mut driver = Driver::with_map(140, 40, BROKEN);
    let rows = |driver: &Driver| driver.state.map.rows.len();
    let systems = driver.state.map.map.systems.len();
    assert_eq!(rows(&driver), systems + 3, "folded but for what is in trouble");
    driver.press("z");
    assert_eq!(rows(&driver), systems + HANDOFFS.len());
    assert!(driver.chosen_row().contains("→ erp POST /sales-orders"), "{}", driver.screen());
    driver.press("z");
    assert_eq!(rows(&driver), systems + 3);
    driver.press(" ");
    assert_eq!(rows(&driver), systems + 3 + 3, "all four of the OMS");
    driver.press("jj ");
    assert!(driver.chosen_row().contains(" oms "), "its handoff was folded away: {}", driver.screen());
    let chosen = driver.state.map.selected_system().map(str::to_owned);
    driver.press("s");
    assert_eq!(driver.state.map.selected_system().map(str::to_owned), chosen, "wherever it goes");
    driver.press("g");
    assert!(driver.state.map.selected_system() != Some("(unknown)") && driver.screen().contains("trouble first"));
}

#[test]
fn e_goes_from_trouble_to_trouble() {
    let mut driver = Driver::with_map(80, 24, BROKEN);
    let mut seen = Vec::new();
    for _ in 0..6 {
        driver.press("e");
        seen.push(driver.chosen_row());
    }
    let (first, last) = (seen.first(), seen.last());
    assert_eq!(first, last, "two systems and what is handed on to them: {seen:?}");
    driver.press("E");
    assert_eq!(Some(&driver.chosen_row()), seen.get(4));
    let mut driver = Driver::with_map(80, 24, CALM);
    driver.press("e");
    assert!(driver.screen().contains("nothing is in trouble"), "{}", driver.screen());
}

#[test]
fn a_filter_finds_handoffs_wherever_they_are_folded() {
    let mut driver = Driver::with_map(80, 24, CALM);
    driver.press("/labels");
    let screen = driver.screen();
    assert!(screen.contains("→ shipping POST /labels") && !screen.contains("cart"), "{screen}");
    driver.press("⏎q");
    assert!(driver.screen().contains("cart") && driver.state.screen() == Screen::List(List::Map));
    driver.press("/nobody⏎");
    assert!(driver.screen().contains("Nothing is called \"nobody\"."), "{}", driver.screen());
}

/// Thirty systems and two hundred handoffs, of which one fails.
fn large() -> Hotspots {
    let mut hotspots = CALM.hotspots();
    let model = hotspots.handoffs.remove(0);
    let handoff = |n: usize| HandoffHotspot {
        from: Some(format!("system-{:02}", n % 29)),
        to: format!("system-{:02}", n % 29 + 1 + n / 29 % 2 * (28 - n % 29)),
        operation: format!("POST /t/{n}"),
        ..model.clone()
    };
    let mut handoffs: Vec<HandoffHotspot> = (0..200).map(handoff).collect();
    handoffs[137].figures.failed = 900;
    handoffs[137].figures.error_share = 0.9;
    Hotspots { handoffs, systems: Vec::new(), ..hotspots }
}

#[test]
fn two_hundred_handoffs_of_thirty_systems_scroll_to_the_broken_one() {
    let mut driver = Driver::with_orders(80, 24);
    driver.press("m");
    driver.answer_hotspots(Ok(large()));
    assert!(driver.screen().contains("30 systems, 200 handoffs"), "{}", driver.screen());
    assert!(driver.chosen_row().contains("POST /t/137"), "{}", driver.screen());
    driver.press("z");
    assert_eq!(driver.state.map.rows.len(), 230);
    assert!(driver.chosen_row().contains("POST /t/137"), "{}", driver.screen());
    driver.press("G");
    assert!(driver.chosen_row().contains("system-"), "{}", driver.screen());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_map_breaks_the_screen(
        reply in sample::any_hotspots(),
        page in sample::any_findings(),
        columns in 1..=200_u16,
        rows in 1..=60_u16,
    ) {
        let mut driver = Driver::with_these_findings(columns, rows, page);
        driver.press("m");
        driver.answer_hotspots(Ok(reply));
        for keys in ["", "j", "G", "e", "E", " ", "z", "s", "h", "l", "/a", "⏎", "/⎋", "?", "?", "p", "f", "q", "q", "m", "x", "q", "⏎"] {
            driver.press(keys);
            driver.screen();
            let map = &driver.state.map;
            prop_assert!(map.cursor.at < map.rows.len().max(1));
        }
    }
}
