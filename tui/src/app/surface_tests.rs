//! What the surface leads to.

use proptest::prelude::*;

use super::Action;
use super::driver::Driver;
use super::state::{List, Screen};
use crate::sample;
use crate::surface_table::{SurfaceSort, bareness, handoff};

fn shown(driver: &Driver) -> Vec<String> {
    driver.state.surface.shown.iter().map(handoff).collect()
}

fn asks(driver: &Driver) -> bool {
    driver.asked.iter().any(|action| matches!(action, Action::FetchSurface { .. }))
}

#[test]
fn it_is_asked_for_when_it_is_looked_at() {
    let mut driver = Driver::with_orders(80, 24);
    driver.tick(60_000);
    assert!(!asks(&driver));
    driver.press("U");
    let since = driver.asked.iter().find_map(|action| match action {
        Action::FetchSurface { query, .. } => query.since,
        _ => None,
    });
    assert_eq!(driver.state.now.duration_since(since.unwrap()).as_hours(), 7 * 24);
    driver.answer_surface(Ok(sample::surface()));
    driver.tick(29_900);
    assert!(!asks(&driver), "too early");
    driver.tick(100);
    assert!(asks(&driver));
    driver.answer_surface(Err("Connection refused".to_owned()));
    assert!(driver.screen().contains("✗ no answer from"), "{}", driver.screen());
    assert_eq!(shown(&driver).len(), 7, "the last answer stays");
}

#[test]
fn what_is_bare_stands_first_and_alone_where_that_is_wanted() {
    let mut driver = Driver::with_surface(80, 24);
    let bare: Vec<u8> = driver.state.surface.shown.iter().map(bareness).collect();
    assert_eq!(bare, [2, 1, 1, 0, 0, 0, 0]);
    assert!(driver.chosen_row().starts_with(" !! oms→crm"), "{}", driver.chosen_row());
    driver.press("a");
    assert_eq!(shown(&driver).len(), 3);
    driver.press("a/tlsv1.2");
    assert_eq!(shown(&driver).len(), 1, "what the columns say can be looked for");
    driver.press("⎋");
    assert_eq!(shown(&driver).len(), 7);
}

#[test]
fn each_column_can_be_sorted_by_and_the_choice_stays() {
    let mut driver = Driver::with_surface(80, 24);
    driver.press("j");
    let chosen = driver.state.surface.selected().cloned();
    for _ in SurfaceSort::ALL {
        let sort = driver.state.surface.sort;
        assert!(driver.screen().contains(&format!("{}▼", sort.name())) || sort == SurfaceSort::Last, "{sort:?}");
        assert!(driver.state.surface.shown.is_sorted_by(|one, next| sort.compare(one, next).is_le()), "{sort:?}");
        driver.press("S");
        assert!(driver.state.surface.shown.is_sorted_by(|one, next| sort.compare(one, next).is_ge()), "{sort:?}");
        driver.press("Ss");
        assert_eq!(driver.state.surface.selected().cloned(), chosen, "{sort:?}");
    }
}

#[test]
fn enter_tells_all_and_of_the_other_ways() {
    let mut driver = Driver::with_surface(80, 24);
    driver.press("jjj⏎");
    let screen = driver.screen();
    for said in
        ["authentication bearer", "https://api.payments.example:443", "the proxy beside", "auth api-key, TLS TLSv1.2"]
    {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    driver.press("q");
    assert!(!driver.state.surface.detail);
    driver.press("f");
    assert_eq!(driver.state.findings.filter.text, "payments");
    driver.press("qq");
    assert_eq!(driver.state.screen(), Screen::List(List::Surface));
}

#[test]
fn the_way_back_is_never_longer_than_there_are_lists() {
    let mut driver = Driver::with_orders(80, 24);
    driver.press("FHmUADFHmUDAFH");
    assert_eq!(driver.state.screen(), Screen::List(List::Hotspots));
    driver.press("qqqqqqqqq");
    assert!(driver.done.contains(&Action::Quit));
    let mut driver = Driver::with_orders(80, 24);
    driver.press("FHF");
    assert_eq!(driver.state.screen(), Screen::List(List::Findings));
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::List(List::Orders), "it lay below already");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_size_breaks_the_screen(columns in 1..=200_u16, rows in 1..=60_u16) {
        let mut driver = Driver::with_surface(columns, rows);
        for keys in ["", "j", "G", "s", "S", "⏎", "a", "/x", "⏎", "q", "?", "?", "p", "t", "g"] {
            driver.press(keys);
            driver.screen();
            let surface = &driver.state.surface;
            prop_assert!(surface.cursor.at < surface.shown.len().max(1));
        }
    }
}
