use insta::assert_snapshot;
use ordertrace_api::finding::FindingsPage;
use ordertrace_api::hotspot::Hotspots;
use ordertrace_api::order::OrdersPage;
use ordertrace_api::surface::Surface;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::*;
use crate::app::driver::{Driver, LOOK};
use crate::client::JourneyReply;
use crate::sample::{self, Fault, Shop};

const CALM: Shop = Shop { fault: None, cascades: false };

const SIZES: [(u16, u16); 2] = [(80, 24), (140, 40)];

/// One snapshot a size of what `drive` leads to.
pub(super) fn both_sizes(name: &str, start: impl Fn(u16, u16) -> Driver, drive: impl Fn(&mut Driver)) {
    for (columns, rows) in SIZES {
        let mut driver = start(columns, rows);
        drive(&mut driver);
        assert_snapshot!(format!("{name}_{columns}x{rows}"), driver.screen());
    }
}

#[test]
fn orders() {
    both_sizes("orders", Driver::with_orders, |driver| driver.press("j"));
}

#[test]
fn orders_before_the_first_answer() {
    both_sizes("orders_asking", Driver::new, |driver| driver.tick(0));
}

#[test]
fn no_orders() {
    both_sizes("orders_empty", Driver::new, |driver| {
        driver.tick(0);
        driver.answer_orders(Ok(OrdersPage::default()));
    });
}

#[test]
fn no_collector() {
    both_sizes("orders_never_connected", Driver::new, |driver| {
        driver.tick(0);
        driver.answer_orders(Err("Connection refused (os error 111)".to_owned()));
    });
}

#[test]
fn the_collector_went_away() {
    both_sizes("orders_disconnected", Driver::with_orders, |driver| {
        driver.tick(1_000);
        driver.answer_orders(Err("Connection refused (os error 111)".to_owned()));
        driver.tick(1_000);
        driver.answer_orders(Err("Connection refused (os error 111)".to_owned()));
        driver.tick(500);
    });
}

#[test]
fn a_search_is_typed() {
    both_sizes("orders_searching", Driver::with_orders, |driver| {
        driver.tick(1_000);
        driver.press("/pi_3Q");
        driver.answer_orders(Ok(OrdersPage { orders: sample::orders().orders.split_off(8), more: false }));
    });
}

#[test]
fn a_key_of_several_orders() {
    both_sizes("candidates", Driver::with_orders, |driver| {
        driver.press("/4⏎");
        let keys = ["order@erp:4", "order@oms:4", "order@storefront:4"].map(sample::key).to_vec();
        driver.answer_journey(Ok(JourneyReply::Candidates(keys)));
        driver.press("j");
    });
}

#[test]
fn only_failed_orders_by_retries() {
    both_sizes("orders_filtered", Driver::with_orders, |driver| driver.press("fssp"));
}

#[test]
fn orders_with_an_alarm() {
    both_sizes("orders_alarm", Driver::with_alarm, |_| {});
}

#[test]
fn findings() {
    both_sizes("findings", Driver::with_findings, |_| {});
    both_sizes("findings_all", Driver::with_findings, |driver| {
        driver.press("a");
        driver.answer_findings(Ok(sample::findings()));
        driver.answer_findings(Ok(FindingsPage { more: true, ..sample::findings() }));
        driver.press("G");
    });
}

#[test]
fn findings_that_say_something() {
    both_sizes("findings_filtering", Driver::with_findings, |driver| driver.press("/a-100"));
}

#[test]
fn nothing_is_wrong() {
    both_sizes("findings_empty", Driver::with_orders, |driver| driver.press("F"));
}

#[test]
fn detection_is_behind() {
    let start = |columns, rows| Driver::with_these_findings(columns, rows, sample::findings_behind());
    both_sizes("orders_behind", start, |_| {});
    both_sizes("findings_behind", start, |driver| driver.press("F"));
}

#[test]
fn findings_of_a_collector_that_refuses() {
    both_sizes("findings_unknown", Driver::with_orders, |driver| {
        driver.press("F");
        driver.tick(2_000);
        driver.answer_findings(Err("503 storage away: ClickHouse does not answer".to_owned()));
    });
}

#[test]
fn hotspots() {
    both_sizes("hotspots", Driver::with_hotspots, |driver| driver.press("j"));
    both_sizes("hotspots_asking", Driver::with_orders, |driver| driver.press("H"));
}

#[test]
fn hotspots_beside_a_day_earlier() {
    both_sizes("hotspots_compared", Driver::with_hotspots, |driver| {
        driver.press("c");
        driver.answer_hotspots(Ok(sample::hotspots()));
    });
    both_sizes("hotspots_of_systems", Driver::with_hotspots, |driver| {
        driver.press("bcssssssssS");
        driver.answer_hotspots(Ok(sample::hotspots()));
        driver.press("/pay");
    });
}

#[test]
fn the_systems_map() {
    let broken = Shop { fault: Some((8, Fault::Fails)), cascades: true };
    both_sizes("map", |columns, rows| Driver::with_map(columns, rows, broken), |_| {});
    both_sizes("map_of_systems", |columns, rows| Driver::with_map(columns, rows, broken), |driver| driver.press("zsh"));
    both_sizes("map_silent", Driver::with_alarm, |driver| {
        driver.press("m");
        driver.answer_hotspots(Ok(CALM.hotspots()));
    });
    both_sizes("map_calm", |columns, rows| Driver::with_map(columns, rows, CALM), |driver| driver.press("/oms"));
    both_sizes("map_empty", Driver::with_orders, |driver| {
        driver.press("m");
        driver.answer_hotspots(Ok(Hotspots { handoffs: Vec::new(), systems: Vec::new(), ..sample::hotspots() }));
    });
    both_sizes("map_asking", Driver::with_orders, |driver| driver.press("m"));
}

#[test]
fn the_surface() {
    both_sizes("surface", Driver::with_surface, |_| {});
    both_sizes("surface_detail", Driver::with_surface, |driver| driver.press("sjjjj⏎"));
    both_sizes("surface_empty", Driver::with_orders, |driver| {
        driver.press("U");
        let range = sample::surface().range;
        driver.answer_surface(Ok(Surface { range, summary: <_>::default(), rows: Vec::new(), more: false }));
    });
}

#[test]
fn systems_need_neither_colours_nor_unicode() {
    let driver = Driver::with_map(80, 24, Shop { fault: Some((8, Fault::Fails)), cascades: true });
    let screen = driver.screen_with(Look { ascii: true, ..LOOK });
    assert!(screen.is_ascii() && !screen.contains("??"), "{screen}");
    assert_snapshot!("map_ascii_80x24", screen);
    for driver in [driver, Driver::with_surface(80, 24)] {
        for theme in [Theme::Light, Theme::Mono] {
            assert_eq!(driver.screen_with(Look { theme, ..LOOK }), driver.screen(), "all is in the text");
        }
    }
}

/// Where the eye goes: with colours to the error's, without to bold on a reversed ground, and nowhere else.
#[test]
fn the_broken_handoff_is_what_the_eye_meets_first() {
    let driver = Driver::with_map(80, 24, Shop { fault: Some((8, Fault::Fails)), cascades: false });
    for (theme, colour) in [(Theme::Dark, Color::LightRed), (Theme::Light, Color::Red), (Theme::Mono, Color::Reset)] {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw(frame, &driver.state, Look { theme, ..LOOK })).unwrap();
        let buffer = terminal.backend().buffer();
        let row = |y: u16| (0..80).filter_map(move |x| buffer.cell((x, y)));
        let rows = |wanted: &dyn Fn(&Cell) -> bool| (0..24).filter(|y| row(*y).any(wanted)).collect::<Vec<u16>>();
        let reversed = rows(&|cell| cell.modifier.contains(Modifier::REVERSED));
        let [chosen] = reversed[..] else { panic!("{reversed:?}") };
        let text: String = row(chosen).map(Cell::symbol).collect();
        assert!(text.contains("✗ → erp POST /sales-orders") && text.contains("fails"), "{text}");
        if theme != Theme::Mono {
            // The alarm, the system that receives, and figures of it in the pane.
            let red = rows(&|cell| cell.fg == colour);
            assert!(red.contains(&1) && red.len() <= 3, "{red:?}");
        }
    }
}

#[test]
fn orders_of_a_hotspot() {
    both_sizes("hotspot_orders", Driver::with_hotspots, |driver| {
        driver.press("⏎");
        driver.answer_touched(Ok(sample::orders()));
        driver.press("j");
    });
}

#[test]
fn hotspots_need_neither_colours_nor_unicode() {
    let mut driver = Driver::with_hotspots(80, 24);
    driver.press("c");
    driver.answer_hotspots(Ok(sample::hotspots()));
    let screen = driver.screen_with(Look { ascii: true, ..LOOK });
    assert!(screen.is_ascii() && !screen.contains('?'.to_string().repeat(2).as_str()), "{screen}");
    assert_snapshot!("hotspots_ascii_80x24", screen);
    for theme in [Theme::Light, Theme::Mono] {
        assert_eq!(driver.screen_with(Look { theme, ..LOOK }), driver.screen(), "all is in the text");
    }
}

#[test]
fn a_journey_with_a_finding() {
    both_sizes("journey_finding", Driver::with_findings, |driver| {
        driver.press("⏎");
        driver.answer_journey(Ok(JourneyReply::Found(Box::new(sample::incident()))));
        driver.press("e");
    });
}

#[test]
fn journey() {
    both_sizes("journey", Driver::with_journey, |_| {});
}

#[test]
fn journey_cut_short_and_folded() {
    let start = |columns, rows| Driver::with_this_journey(columns, rows, sample::journey_cut_short());
    both_sizes("journey_folded", start, |driver| driver.press("zj"));
}

#[test]
fn journey_zoomed_to_what_is_on_the_screen() {
    let start = |columns, rows| Driver::with_this_journey(columns, rows, sample::huge_journey(10_000));
    both_sizes("journey_zoomed", start, |driver| driver.press("tGk"));
}

#[test]
fn journey_while_disconnected() {
    both_sizes("journey_disconnected", Driver::with_journey, |driver| {
        driver.tick(2_000);
        driver.answer_journey(Err("503 storage away: ClickHouse does not answer".to_owned()));
    });
}

#[test]
fn detail_of_a_retried_handoff() {
    both_sizes("detail", Driver::with_journey, |driver| driver.press("r⏎"));
}

#[test]
fn detail_over_the_whole_screen() {
    both_sizes("detail_full", Driver::with_journey, |driver| driver.press("r⏎⏎["));
}

#[test]
fn detail_of_a_wait() {
    both_sizes("detail_wait", Driver::with_journey, |driver| driver.press("Gkk⏎"));
}

#[test]
fn spans_inside_a_handoff() {
    both_sizes("spans", Driver::with_journey, |driver| {
        driver.press("ri");
        driver.answer_spans(Ok(sample::spans()));
    });
}

#[test]
fn help() {
    both_sizes("help_orders", Driver::with_orders, |driver| driver.press("?"));
    both_sizes("help_findings", Driver::with_findings, |driver| driver.press("?"));
    both_sizes("help_hotspots", Driver::with_hotspots, |driver| driver.press("?"));
    both_sizes("help_map", |columns, rows| Driver::with_map(columns, rows, CALM), |driver| driver.press("?"));
    both_sizes("help_surface", Driver::with_surface, |driver| driver.press("?"));
    both_sizes("help_journey", Driver::with_journey, |driver| driver.press("?"));
}

#[test]
fn ascii_needs_nothing_else() {
    let mut driver = Driver::with_journey(80, 24);
    driver.press("e⏎");
    let screen = driver.screen_with(Look { ascii: true, ..LOOK });
    assert!(screen.is_ascii(), "{screen}");
    assert_snapshot!("journey_ascii_80x24", screen);
}

#[test]
fn mono_needs_no_colour() {
    let mut driver = Driver::with_journey(80, 24);
    driver.press("e");
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| draw(frame, &driver.state, Look { theme: Theme::Mono, ..LOOK })).unwrap();
    let buffer = terminal.backend().buffer();
    let coloured = buffer.content.iter().find(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
    assert_eq!(coloured, None);
    // Text and modifiers both.
    assert_snapshot!("journey_mono_80x24", format!("{buffer:?}"));
}

#[test]
fn a_tiny_terminal_shows_what_it_can() {
    let mut driver = Driver::with_orders(20, 5);
    assert_snapshot!("orders_20x5", driver.screen());
    driver = Driver::with_findings(20, 5);
    assert_snapshot!("findings_20x5", driver.screen());
    driver = Driver::with_hotspots(20, 5);
    assert_snapshot!("hotspots_20x5", driver.screen());
    driver = Driver::with_map(20, 5, Shop { fault: Some((8, Fault::Fails)), cascades: false });
    assert_snapshot!("map_20x5", driver.screen());
    driver = Driver::with_surface(20, 5);
    assert_snapshot!("surface_20x5", driver.screen());
    driver = Driver::with_journey(20, 5);
    assert_snapshot!("journey_20x5", driver.screen());
}

/// Neither colours nor Unicode are needed to read what is on the screen.
pub(super) fn plain(name: &str, driver: &Driver) {
    let screen = driver.screen_with(Look { ascii: true, ..LOOK });
    assert!(screen.is_ascii() && !screen.contains("??"), "{screen}");
    assert_snapshot!(format!("{name}_ascii_80x24"), screen);
    for theme in [Theme::Light, Theme::Mono] {
        assert_eq!(driver.screen_with(Look { theme, ..LOOK }), driver.screen(), "all is in the text");
    }
}
