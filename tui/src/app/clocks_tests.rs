//! Clocks that are apart: said, and taken out of times only when a key asks for it.

use insta::assert_snapshot;
use ordertrace_api::journey::{Journey, SystemClock};

use super::Action;
use super::driver::Driver;
use crate::client::JourneyReply;
use crate::sample;

fn apart() -> Journey {
    let clock = |system: &str, ahead_ms: i64, uncertainty_ms: u64| SystemClock {
        system: system.to_owned(),
        reference: "storefront".to_owned(),
        ahead_ns: ahead_ms * 1_000_000,
        uncertainty_ns: uncertainty_ms * 1_000_000,
        calls: 2,
    };
    Journey { clocks: vec![clock("payments", 1_200, 4), clock("oms", -3, 9)], ..sample::journey() }
}

#[test]
fn said_beside_the_times() {
    for (columns, rows) in [(80, 24), (140, 40)] {
        let mut driver = Driver::with_this_journey(columns, rows, apart());
        driver.press("jjjj⏎");
        assert_snapshot!(format!("clocks_apart_{columns}x{rows}"), driver.screen());
    }
}

#[test]
fn a_key_asks_for_times_by_one_clock() {
    let mut driver = Driver::with_this_journey(80, 24, apart());
    let asked = |driver: &Driver| {
        driver.asked.iter().find_map(|action| match action {
            Action::FetchJourney { aligned, .. } => Some(*aligned),
            _ => None,
        })
    };
    driver.press("c");
    driver.tick(0);
    assert_eq!(asked(&driver), Some(true));
    driver.answer_journey(Ok(JourneyReply::Found(Box::new(Journey { aligned: true, ..apart() }))));
    assert!(driver.screen().contains("↻5  ± one clock"), "{}", driver.screen());
    driver.press("c");
    driver.tick(0);
    assert_eq!(asked(&driver), Some(false));
}
