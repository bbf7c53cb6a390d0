use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::SignedDuration;
use ordertrace_api::journey::{Journey, JourneyState};
use ordertrace_api::order::OrdersPage;
use proptest::prelude::*;

use super::driver::Driver;
use super::state::{Connection, Overlay, PaneKind, Size, SpansState};
use super::{Action, Event, NoAnswer};
use crate::client::JourneyReply;
use crate::sample::{self, Fault, Shop};

fn found(journey: Journey) -> Result<JourneyReply, String> {
    Ok(JourneyReply::Found(Box::new(journey)))
}

fn refused() -> String {
    "Connection refused (os error 111)".to_owned()
}

#[test]
fn questions_are_asked_one_at_a_time_and_every_second() {
    let mut driver = Driver::new(80, 24);
    for _ in 0..20 {
        driver.tick(250);
    }
    assert_eq!(driver.asked.len(), 1, "unanswered questions are not repeated");
    driver.answer_orders(Ok(sample::orders()));
    driver.tick(900);
    assert_eq!(driver.asked.len(), 0);
    driver.tick(100);
    assert_eq!(driver.asked.len(), 1);
}

#[test]
fn only_what_is_on_the_screen_is_asked_for() {
    let mut driver = Driver::with_journey(80, 24);
    driver.tick(5_000);
    assert!(matches!(driver.asked.as_slice(), [Action::FetchJourney { .. }]), "{:?}", driver.asked);
    driver.press("q");
    let of_orders = |action: &&Action| matches!(action, Action::FetchOrders { .. });
    assert_eq!(driver.asked.iter().filter(of_orders).count(), 1, "the list is asked for at once");
    driver.answer_orders(Ok(sample::orders()));
    driver.press("p");
    driver.tick(60_000);
    assert_eq!(driver.asked.iter().filter(of_orders).count(), 0, "paused");
}

#[test]
fn a_lost_connection_is_said_and_found_again() {
    let mut driver = Driver::with_orders(80, 24);
    driver.tick(1_000);
    let lost_at = driver.state.now;
    driver.answer_orders(Err(refused()));
    for wait_ms in [1_000, 2_000, 4_000, 5_000, 5_000] {
        driver.tick(wait_ms - 1);
        assert_eq!(driver.asked.len(), 0);
        driver.tick(1);
        driver.answer_orders(Err(refused()));
    }
    assert!(matches!(driver.state.connection, Connection::Down { since, .. } if since == lost_at));
    assert_eq!(driver.state.orders.shown.len(), 9, "the last answer stays");
    driver.tick(5_000);
    driver.answer_orders(Ok(OrdersPage::default()));
    assert_eq!(driver.state.connection, Connection::Up);
    assert_eq!(driver.state.orders.shown.len(), 0);
}

#[test]
fn late_answers_change_nothing() {
    let mut driver = Driver::with_journey(80, 24);
    driver.tick(2_000);
    driver.press("q");
    driver.answer_journey(found(sample::huge_journey(10)));
    assert!(driver.state.journey.is_none());
    driver.press("⏎i");
    assert!(driver.asked.iter().all(|action| !matches!(action, Action::FetchSpans { .. })), "nothing to look into yet");
}

#[test]
fn the_chosen_order_stays_chosen() {
    let mut driver = Driver::with_orders(80, 24);
    driver.press("jjj");
    let chosen = driver.state.orders.selected().unwrap().id.clone();
    let mut page = sample::orders();
    page.orders.iter_mut().for_each(|order| order.state = JourneyState::Done);
    page.orders.rotate_right(4);
    driver.tick(1_000);
    driver.answer_orders(Ok(page));
    assert_eq!(driver.state.orders.selected().unwrap().id, chosen);
    driver.press("sSs");
    assert_eq!(driver.state.orders.selected().unwrap().id, chosen);
}

#[test]
fn a_search_follows_the_letters_and_enter_opens_exactly_that_key() {
    let mut driver = Driver::with_orders(80, 24);
    driver.press("/pi");
    let searches: Vec<_> = driver.asked.iter().collect();
    assert!(matches!(searches[..], [Action::FetchOrders { query, .. }] if query.search.as_deref() == Some("p")));
    driver.answer_orders(Ok(sample::orders()));
    assert!(
        matches!(&driver.asked[..], [Action::FetchOrders { query, .. }] if query.search.as_deref() == Some("pi")),
        "what was typed meanwhile is asked next"
    );
    driver.answer_orders(Ok(sample::orders()));
    driver.press("_3Q⏎");
    assert!(driver.asked.iter().any(|action| matches!(action, Action::FetchJourney { key, .. } if key == "pi_3Q")));
    driver.answer_journey(found(sample::journey()));
    assert_eq!(driver.state.journey.as_ref().unwrap().key, "order:A-10042");
    driver.press("q⎋");
    assert_eq!(driver.state.orders.search, "");
}

#[test]
fn half_a_key_is_not_searched_for() {
    let mut driver = Driver::with_orders(80, 24);
    let searched = |driver: &mut Driver| {
        driver.answer_orders(Ok(sample::orders()));
        driver.tick(1_000);
        match driver.asked.last() {
            Some(Action::FetchOrders { query, .. }) => query.search.clone(),
            other => panic!("{other:?}"),
        }
    };
    driver.press("/order");
    assert_eq!(searched(&mut driver).as_deref(), Some("order"));
    driver.press(":");
    assert_eq!(searched(&mut driver).as_deref(), Some("order"), "`order:` is no key yet");
    driver.press("A");
    assert_eq!(searched(&mut driver).as_deref(), Some("order:A"));
}

#[test]
fn a_refusal_is_no_lost_connection() {
    let mut driver = Driver::with_orders(80, 24);
    driver.tick(1_000);
    let ticket = driver.take_ticket(|action| matches!(action, Action::FetchOrders { .. }));
    driver
        .event(Event::Orders { ticket, result: Err(NoAnswer::Refused("limit is 500; it must be 1 to 5".to_owned())) });
    assert_eq!(driver.state.connection, Connection::Up);
    assert!(driver.screen().contains("✗ refused: limit is 500"), "{}", driver.screen());
    driver.tick(1_000);
    driver.answer_orders(Ok(sample::orders()));
    assert!(!driver.screen().contains("refused"));
}

#[test]
fn a_key_of_nobody_is_said_and_one_of_several_is_chosen() {
    let mut driver = Driver::with_orders(80, 24);
    driver.press("/4⏎");
    driver.answer_journey(Ok(JourneyReply::NotFound));
    assert_eq!(driver.state.flash.as_ref().unwrap().text, "no order has exactly the key 4");
    driver.press("/⏎");
    driver.answer_journey(Ok(JourneyReply::Candidates(vec![sample::key("order@erp:4"), sample::key("order@oms:4")])));
    assert!(matches!(driver.state.overlay, Some(Overlay::Candidates { .. })));
    driver.press("j⏎");
    assert_eq!(driver.state.journey.as_ref().unwrap().key, "order@oms:4");
}

#[test]
fn jumps_go_round_and_open_folds() {
    let mut driver = Driver::with_journey(80, 24);
    let chosen = |driver: &Driver| driver.state.journey.as_ref().unwrap().selected().unwrap().id.clone();
    driver.press("z");
    driver.press("r");
    assert_eq!(chosen(&driver), "pay", "within a fold");
    driver.press("r");
    assert_eq!(chosen(&driver), "label");
    driver.press("rr");
    assert_eq!(chosen(&driver), "pay", "round the end");
    driver.press("R");
    assert_eq!(chosen(&driver), "crm", "round the start");
    driver.press("ge");
    assert_eq!(chosen(&driver), "crm");
    driver.press("l");
    assert_eq!(chosen(&driver), "label", "waits are no handoffs");
}

#[test]
fn a_growing_journey_keeps_cursor_and_folds() {
    let mut grown = sample::journey();
    let mut before = grown.clone();
    before.handoffs.retain(|handoff| handoff.id != "cart" && handoff.id != "taxdoc");
    let mut driver = Driver::with_this_journey(80, 24, before);
    driver.press(" ejk");
    let chosen = driver.state.journey.as_ref().unwrap().selected().unwrap().id.clone();
    grown.handoffs.reverse();
    driver.tick(2_000);
    driver.answer_journey(found(grown));
    let screen = driver.state.journey.as_ref().unwrap();
    assert_eq!(screen.selected().unwrap().id, chosen);
    let rows = &screen.loaded.as_ref().unwrap().outline.rows;
    let shown: Vec<&str> = screen.visible.iter().map(|at| rows[*at].id.as_str()).collect();
    assert!(!shown.contains(&"cart"), "the checkout is still folded: {shown:?}");
}

#[test]
fn the_pane_follows_the_cursor() {
    let mut driver = Driver::with_journey(80, 24);
    driver.press("ri");
    driver.answer_spans(Ok(sample::spans()));
    driver.press("j");
    let pane = |driver: &Driver| driver.state.journey.as_ref().unwrap().pane.clone().unwrap();
    assert!(matches!(pane(&driver).kind, PaneKind::Spans(SpansState::Asked { .. })));
    driver.answer_spans(Err("500 too slow".to_owned()));
    assert!(matches!(pane(&driver).kind, PaneKind::Spans(SpansState::Failed(_))));
    driver.press("d");
    assert_eq!(pane(&driver).kind, PaneKind::Detail);
    driver.press("⎋");
    assert!(driver.state.journey.as_ref().unwrap().pane.is_none());
}

#[test]
fn spans_are_those_of_the_receivers_side_of_the_chosen_attempt() {
    let mut driver = Driver::with_journey(80, 24);
    driver.press("ri[");
    let handoff = driver.state.journey.as_ref().unwrap().selected_handoff().unwrap().clone();
    let server = |attempt: usize| handoff.attempts[attempt].sides.last().unwrap();
    let asked: Vec<&str> = driver
        .asked
        .iter()
        .filter_map(|action| match action {
            Action::FetchSpans { under, .. } => Some(under.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [server(1).span_id.as_str(), server(0).span_id.as_str()]);
    driver.press("y");
    assert_eq!(driver.done, [Action::Copy(server(0).trace_id.clone())]);
    driver.press("Y");
    assert_eq!(driver.done.last(), Some(&Action::Copy("order:A-10042".to_owned())));
}

#[test]
fn quitting() {
    let mut driver = Driver::with_journey(80, 24);
    driver.event(Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
    assert_eq!(driver.done, [Action::Quit]);
    driver.press("qq");
    assert_eq!(driver.done, [Action::Quit, Action::Quit]);
}

#[test]
fn only_visible_rows_cost_anything_to_draw() {
    let frames = |handoffs: usize| {
        let mut driver = Driver::with_this_journey(140, 40, sample::huge_journey(handoffs));
        driver.press("td");
        let clock = std::time::Instant::now();
        for _ in 0..40 {
            driver.press("j");
            driver.screen();
        }
        clock.elapsed()
    };
    let (few, many) = (frames(100), frames(10_000));
    // A hundred times the rows; drawing them all would take a hundred times as long.
    assert!(many < few * 20, "{few:?} for 100 handoffs, {many:?} for 10,000");
}

/// What may happen next.
#[derive(Clone, Debug)]
enum Happening {
    Press(KeyEvent),
    Resize(u16, u16),
    Tick(i64),
    Answer(u8),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let letters = "jkgGlfterRE fsSpyYzdiJK[]/?q4 hbFFamUHmADDA".chars().collect::<Vec<_>>();
    let codes = vec![
        KeyCode::Enter,
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Backspace,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::PageDown,
        KeyCode::PageUp,
        KeyCode::F(5),
    ];
    let key = prop_oneof![
        prop::sample::select(letters).prop_map(KeyCode::Char),
        prop::sample::select(codes),
        any::<char>().prop_map(KeyCode::Char),
    ];
    let modifiers = prop_oneof![9 => Just(KeyModifiers::NONE), 1 => Just(KeyModifiers::CONTROL)];
    let happening = prop_oneof![
        6 => (key, modifiers).prop_map(|(code, modifiers)| Happening::Press(KeyEvent::new(code, modifiers))),
        1 => (1..=200_u16, 1..=60_u16).prop_map(|(columns, rows)| Happening::Resize(columns, rows)),
        1 => (0..10_000_i64).prop_map(Happening::Tick),
        3 => any::<u8>().prop_map(Happening::Answer),
    ];
    prop::collection::vec(happening, 1..60)
}

/// Answers the oldest question about findings, or the oldest other one, with one of everything that may come.
fn answer(driver: &mut Driver, which: u8) {
    if which.is_multiple_of(3) && !driver.asides.is_empty() {
        return driver.answer_findings(match which % 4 {
            0 => Err(refused()),
            1 => Ok(<_>::default()),
            _ => Ok(sample::findings()),
        });
    }
    if which.is_multiple_of(5) && !driver.alarms.is_empty() {
        return driver.answer_alerts(match which % 4 {
            0 => Err(refused()),
            1 => Ok(<_>::default()),
            _ => Ok(sample::alerts()),
        });
    }
    match driver.asked.first() {
        Some(Action::FetchOrders { .. }) => driver.answer_orders(match which % 4 {
            0 => Err(refused()),
            1 => Ok(OrdersPage::default()),
            _ => Ok(sample::orders()),
        }),
        Some(Action::FetchJourney { .. }) => driver.answer_journey(match which % 6 {
            0 => Err(refused()),
            1 => Ok(JourneyReply::NotFound),
            2 => Ok(JourneyReply::Candidates(vec![sample::key("order@erp:4"), sample::key("order@oms:4")])),
            3 => found(sample::huge_journey(usize::from(which) + 1)),
            _ => found(sample::journey_cut_short()),
        }),
        Some(Action::FetchHotspots { .. }) => driver.answer_hotspots(match which % 3 {
            0 => Err(refused()),
            1 => Ok(sample::hotspots()),
            _ => Ok(Shop { fault: Some((8, Fault::Fails)), cascades: true }.hotspots()),
        }),
        Some(Action::FetchHotspotOrders { .. }) => driver.answer_touched(Ok(sample::orders())),
        Some(Action::FetchSurface { .. }) => driver.answer_surface(match which % 3 {
            0 => Err(refused()),
            _ => Ok(sample::surface()),
        }),
        Some(Action::FetchSync { .. }) => driver.answer_sync(match which % 3 {
            0 => Err(refused()),
            _ => Ok(sample::sync()),
        }),
        Some(Action::FetchHistory { .. }) => driver.answer_history(match which % 3 {
            0 => Err(refused()),
            _ => Ok((sample::history(), sample::sync().drifts)),
        }),
        Some(Action::Acknowledge { .. } | Action::Silence { .. }) => {
            let ticket =
                driver.take_ticket(|action| matches!(action, Action::Acknowledge { .. } | Action::Silence { .. }));
            driver.event(Event::Silenced { ticket, result: Err(NoAnswer::Refused(refused())) });
        }
        Some(Action::FetchSpans { .. }) => driver.answer_spans(match which % 3 {
            0 => Err(refused()),
            1 => Ok(<_>::default()),
            _ => Ok(sample::spans()),
        }),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_that_happens_breaks_the_screen(columns in 1..=200_u16, rows in 1..=60_u16, happenings in happenings()) {
        let mut driver = Driver::new(columns, rows);
        driver.tick(0);
        for happening in happenings {
            match happening {
                Happening::Press(key) => driver.event(Event::Key(key)),
                Happening::Resize(columns, rows) => driver.event(Event::Resize { columns, rows }),
                Happening::Tick(ms) => driver.tick(ms),
                Happening::Answer(which) => answer(&mut driver, which),
            }
            driver.screen();
            let orders = &driver.state.orders;
            prop_assert!(orders.cursor.at < orders.shown.len().max(1));
            if let Some(screen) = &driver.state.journey {
                prop_assert!(screen.cursor.at < screen.visible.len().max(1));
                let Size { rows, .. } = driver.state.size;
                prop_assert!(screen.cursor.at < screen.cursor.top + usize::from(rows).max(1), "on the screen");
            }
            prop_assert!(driver.asked.len() < 200 && driver.asides.len() < 2 && driver.alarms.len() < 2);
            prop_assert!(driver.state.now >= sample::now() - SignedDuration::from_secs(1));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_journey_breaks_the_screen(journey in sample::any_journey(), columns in 1..=200_u16, rows in 1..=60_u16) {
        let mut driver = Driver::with_this_journey(columns, rows, journey);
        for keys in ["", "d", "⏎", "[", "G", "e", "i", "z", "t", "l", "g d"] {
            driver.press(keys);
            driver.screen();
        }
    }
}
