//! What an explanation leads to.

use ordertrace_api::explain::{ExplainQuery, Explanation};
use ordertrace_api::finding::FindingKind;
use ordertrace_api::journey::JourneyState;
use proptest::prelude::*;

use super::driver::Driver;
use super::state::{List, Screen};
use super::{Action, Look};
use crate::client::{ExplainReply, JourneyReply};
use crate::sample;
use crate::theme::Theme;

fn asked(driver: &Driver) -> ExplainQuery {
    let query = driver.asked.iter().find_map(|action| match action {
        Action::FetchExplanation { query, .. } => Some(query.clone()),
        _ => None,
    });
    query.expect("an explanation is asked for")
}

fn found(explanation: Explanation) -> Result<ExplainReply, String> {
    Ok(ExplainReply::Found(Box::new(explanation)))
}

#[test]
fn x_asks_for_what_is_shown() {
    let none = ExplainQuery::default();
    let mut driver = Driver::with_orders(80, 24);
    let chosen = driver.state.orders.selected().unwrap().id.to_string();
    driver.press("x");
    assert_eq!(asked(&driver), ExplainQuery { order: Some(chosen), ..none.clone() });
    let mut driver = Driver::with_orders(80, 24);
    driver.press("fx");
    assert_eq!(asked(&driver), ExplainQuery { state: Some(JourneyState::Failed), ..none.clone() });
    let mut driver = Driver::with_findings(80, 24);
    driver.press("x");
    assert_eq!(asked(&driver), ExplainQuery { finding: Some(FindingKind::PaidNotCreated), ..none.clone() });
    driver.press("qjx");
    assert_eq!(driver.state.screen(), Screen::List(List::Findings), "a system is silent: that is about no order");
    let mut driver = Driver::with_journey(80, 24);
    driver.press("x");
    assert_eq!(asked(&driver), ExplainQuery { order: Some("order:A-10042".to_owned()), ..none });
}

#[test]
fn from_an_order_to_who_else_is_hit_and_all_the_way_back() {
    let mut driver = Driver::with_journey(80, 24);
    let from = driver.state.journey.as_ref().unwrap().key.clone();
    driver.press("x");
    assert_eq!(driver.state.screen(), Screen::Explain);
    driver.answer_explanation(found(sample::explanation()));
    assert!(driver.screen().contains("18 of 20") && driver.screen().contains("3 of 400"), "{}", driver.screen());
    driver.press("j⏎");
    assert_eq!(driver.state.screen(), Screen::Hit);
    assert!(driver.screen().contains("carrier=X"), "{}", driver.screen());
    driver.press("j⏎");
    assert_eq!(driver.state.journey.as_ref().unwrap().key, "order:A-10059");
    driver.answer_journey(Ok(JourneyReply::Found(Box::new(sample::journey()))));
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::Hit);
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::Explain);
    driver.press("q");
    assert_eq!(driver.state.journey.as_ref().unwrap().key, from);
    driver.press("q");
    assert_eq!(driver.state.screen(), Screen::List(List::Orders));
}

#[test]
fn it_is_asked_once_and_again_on_demand() {
    let mut driver = Driver::with_orders(80, 24);
    driver.press("x");
    driver.answer_explanation(Err("Connection refused".to_owned()));
    driver.tick(10_000);
    driver.answer_explanation(found(sample::explanation()));
    driver.tick(600_000);
    let asks = |driver: &Driver| driver.asked.iter().any(|action| matches!(action, Action::FetchExplanation { .. }));
    assert!(!asks(&driver), "it stands still");
    driver.press("?");
    driver.press("?");
    let nothing = Explanation { values: Vec::new(), ..sample::explanation() };
    driver.state.explain.as_mut().unwrap().poll.hurry();
    driver.tick(1);
    driver.answer_explanation(found(nothing));
    assert!(driver.screen().contains("nothing is over-represented"), "{}", driver.screen());
    driver.press("⏎");
    assert_eq!(driver.state.explain.as_ref().unwrap().hit.as_ref().unwrap().orders.len(), 20, "the orders themselves");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_size_breaks_the_screens(columns in 1..=200_u16, rows in 1..=60_u16) {
        let mut driver = Driver::with_orders(columns, rows);
        driver.press("x");
        driver.screen();
        driver.answer_explanation(found(sample::explanation()));
        for keys in ["", "j", "G", "?", "?", "⏎", "G", "?", "?", "y", "q", "q"] {
            driver.press(keys);
            driver.screen();
        }
    }
}

/// One snapshot a size of what `keys` lead to.
fn both_sizes(name: &str, theme: Theme, answer: &Explanation, keys: &str) {
    for (columns, rows) in [(80, 24), (140, 40)] {
        let mut driver = Driver::with_findings(columns, rows);
        driver.press("x");
        driver.answer_explanation(found(answer.clone()));
        driver.press(keys);
        // Symbols tell everything; colours only repeat it, whatever the ground.
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), driver.screen_with(Look { theme, ascii: false }));
    }
}

#[test]
fn the_screens() {
    let nothing = Explanation { values: Vec::new(), ..sample::explanation() };
    both_sizes("explain", Theme::Dark, &sample::explanation(), "j");
    both_sizes("explain_hit", Theme::Dark, &sample::explanation(), "j⏎j");
    both_sizes("explain_nothing", Theme::Dark, &nothing, "");
    both_sizes("explain_help", Theme::Dark, &sample::explanation(), "?");
    // Without any colour nothing is lost.
    both_sizes("explain", Theme::Mono, &sample::explanation(), "j");
    both_sizes("explain", Theme::Light, &sample::explanation(), "j");
}
