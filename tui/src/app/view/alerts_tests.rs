use insta::assert_snapshot;

use super::tests::{both_sizes, plain};
use crate::app::driver::Driver;
use crate::sample;

#[test]
fn alerts() {
    both_sizes("alerts", Driver::with_alerts, |driver| driver.press("j"));
    both_sizes("orders_alerts", Driver::with_alarm, |driver| driver.answer_alerts(Ok(sample::alerts())));
    both_sizes("alerts_all", Driver::with_alerts, |driver| {
        driver.press("r");
        driver.answer_alerts(Ok(sample::alerts()));
        driver.press("G");
    });
    both_sizes("alerts_filtering", Driver::with_alerts, |driver| driver.press("/market"));
}

#[test]
fn no_alerts() {
    let start = |columns, rows| {
        let mut driver = Driver::with_orders(columns, rows);
        driver.answer_alerts(Ok(sample::no_alerts()));
        driver.press("A");
        driver
    };
    both_sizes("alerts_empty", start, |_| {});
    both_sizes("alerts_no_rules", start, |driver| driver.answer_alerts(Ok(<_>::default())));
    both_sizes("alerts_asking", Driver::with_orders, |driver| driver.press("A"));
    both_sizes("alerts_unknown", start, |driver| driver.answer_alerts(Err("503 storage away".to_owned())));
    both_sizes("alerts_disconnected", Driver::with_alerts, |driver| {
        driver.answer_alerts(Err("Connection refused (os error 111)".to_owned()));
        driver.tick(7_000);
    });
    both_sizes("alerts_old", Driver::with_alerts, |driver| driver.tick(9_000));
}

#[test]
fn what_is_asked_before_others_see_it() {
    both_sizes("alerts_acknowledging", Driver::with_alerts, |driver| driver.press("jaon it"));
    both_sizes("alerts_silencing", Driver::with_alerts, |driver| driver.press("s→restocking"));
}

#[test]
fn alerts_wherever_they_are_looked_at() {
    both_sizes("help_alerts", Driver::with_alerts, |driver| driver.press("?"));
    assert_snapshot!("alerts_20x5", Driver::with_alerts(20, 5).screen());
    plain("alerts", &Driver::with_alerts(80, 24));
}
