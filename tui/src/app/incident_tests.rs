//! At 80x24 an engineer finds the broken handoff of an incident from the first screen in at most four keys.
//!
//! A shop is told which of its handoffs breaks and how; keys go in where a terminal's do, questions come out and are
//! answered for that shop, and only what is drawn is looked at.

use insta::assert_snapshot;

use super::driver::Driver;
use super::{Action, Event};
use crate::client::JourneyReply;
use crate::sample::{Fault, HANDOFFS, Shop};

/// From the map; from what is wrong; from the orders.
const SCRIPTS: [&str; 3] = ["m", "F⏎e", "⏎e"];

/// Answers every question that is open, and those that follow from the answers.
fn answer(driver: &mut Driver, shop: Shop) {
    while let Some(action) = driver.asides.pop().or_else(|| driver.asked.pop()) {
        driver.event(match action {
            Action::FetchOrders { ticket, .. } => Event::Orders { ticket, result: Ok(shop.orders()) },
            Action::FetchHotspotOrders { ticket, .. } => Event::HotspotOrders { ticket, result: Ok(shop.orders()) },
            Action::FetchFindings { ticket, .. } => Event::Findings { ticket, result: Ok(shop.findings()) },
            Action::FetchHotspots { ticket, .. } => Event::Hotspots { ticket, result: Ok(shop.hotspots()) },
            Action::FetchJourney { ticket, key, .. } => {
                let journey = shop.journey(&key.parse().unwrap());
                Event::Journey { ticket, result: Ok(JourneyReply::Found(Box::new(journey))) }
            }
            other => panic!("no script leads to {other:?}"),
        });
    }
}

/// The first screen, as whoever starts the program sees it.
fn first_screen(shop: Shop) -> Driver {
    let mut driver = Driver::new(80, 24);
    for _ in 0..2 {
        driver.tick(2_000);
        answer(&mut driver, shop);
    }
    driver
}

fn play(shop: Shop, keys: &str) -> Driver {
    let mut driver = first_screen(shop);
    for key in keys.chars() {
        driver.press(&key.to_string());
        answer(&mut driver, shop);
    }
    driver
}

/// Whether the drawn screen shows this handoff as the chosen one.
fn shows(driver: &Driver, (from, to, operation, ..): crate::sample::Step) -> bool {
    let (screen, chosen) = (driver.screen(), driver.chosen_row());
    // A row has room for the beginning of a long operation only; above or below it stands more of it.
    let begins = |columns| operation.chars().take(columns).collect::<String>();
    chosen.contains(to) && chosen.contains(&begins(4)) && screen.contains(&begins(16)) && screen.contains(from)
}

#[test]
fn the_map_shows_whatever_breaks_however_it_breaks_in_one_key() {
    for (at, step) in HANDOFFS.into_iter().enumerate() {
        for fault in [Fault::Fails, Fault::Hangs, Fault::Gone] {
            for cascades in [false, true] {
                let driver = play(Shop { fault: Some((at, fault)), cascades }, SCRIPTS[0]);
                let screen = driver.screen();
                assert!(shows(&driver, step), "{fault:?} of {step:?}, cascades: {cascades}\n{screen}");
                let why = match fault {
                    Fault::Fails => "fails",
                    Fault::Hangs => "slower",
                    Fault::Gone => "gone",
                };
                assert!(driver.chosen_row().contains(why), "{why}\n{screen}");
                let head = screen.lines().nth(1).unwrap_or_default();
                assert!(head.contains('✗') || head.contains('!'), "{head}");
            }
        }
    }
}

#[test]
fn orders_and_findings_show_what_fails_in_three_keys() {
    let mut shown = 0;
    for (at, step) in HANDOFFS.into_iter().enumerate() {
        let shop = Shop { fault: Some((at, Fault::Fails)), cascades: false };
        let scripts = SCRIPTS[1..].iter().filter(|script| match script.chars().next() {
            Some('F') => !shop.findings().findings.is_empty(),
            _ => shop.is_noticed(),
        });
        for keys in scripts {
            assert!(keys.chars().count() <= 4);
            let driver = play(shop, keys);
            assert!(shows(&driver, step), "{keys} to {step:?}\n{}", driver.screen());
            assert!(driver.chosen_row().contains('✗'), "{}", driver.chosen_row());
            shown += 1;
        }
    }
    assert_eq!(shown, 14 + 8, "each of the handoffs on an order's way, and those after the payment twice");
}

#[test]
fn where_nothing_breaks_nothing_is_shown_as_broken() {
    let shop = Shop { fault: None, cascades: false };
    let driver = play(shop, "m");
    let screen = driver.screen();
    assert!(screen.contains("✓ nothing fails or takes longer") && !screen.contains('✗'), "{screen}");
    let mut driver = first_screen(shop);
    assert!(driver.screen().contains("✗ 0 failed"), "{}", driver.screen());
    driver.press("F");
    answer(&mut driver, shop);
    assert!(driver.screen().contains("Nothing is wrong."), "{}", driver.screen());
}

/// What is seen on the way, key by key.
#[test]
fn the_recorded_scripts() {
    let shop = Shop { fault: Some((8, Fault::Fails)), cascades: true };
    for (name, keys) in [("map", "m⏎⏎e"), ("findings", SCRIPTS[1]), ("orders", SCRIPTS[2])] {
        let mut driver = first_screen(shop);
        let mut frames = format!("first screen\n{}", driver.screen());
        for key in keys.chars() {
            driver.press(&key.to_string());
            answer(&mut driver, shop);
            frames.push_str(&format!("\n{key}\n{}", driver.screen()));
        }
        assert_snapshot!(format!("incident_{name}"), frames);
    }
}
