use insta::assert_snapshot;
use ordertrace_api::history::History;
use ordertrace_api::lines::SkuOrders;
use ordertrace_api::sync::SyncReply;

use super::tests::{both_sizes, plain};
use crate::app::driver::Driver;
use crate::sample;

#[test]
fn sync() {
    both_sizes("sync", Driver::with_sync, |driver| driver.press("j"));
    both_sizes("sync_pair", Driver::with_sync, |driver| driver.press("llss"));
    both_sizes("sync_pair_agrees", Driver::with_sync, |driver| driver.press("l"));
    both_sizes("sync_asking", Driver::with_orders, |driver| driver.press("D"));
    both_sizes("sync_filtering", Driver::with_sync, |driver| driver.press("/scarf"));
}

#[test]
fn nothing_to_compare_and_nothing_that_differs() {
    both_sizes("sync_nothing_compared", Driver::with_orders, |driver| {
        driver.press("D");
        driver.answer_sync(Ok(SyncReply::default()));
    });
    both_sizes("sync_agrees", Driver::with_orders, |driver| {
        driver.press("D");
        let mut reply = SyncReply { drifts: Vec::new(), more: false, ..sample::sync() };
        reply.lags.iter_mut().for_each(|lag| {
            (lag.waiting, lag.late, lag.oldest) = (0, 0, None);
            lag.doubts.clear();
        });
        driver.answer_sync(Ok(reply));
    });
    both_sizes("sync_disconnected", Driver::with_sync, |driver| {
        driver.tick(5_000);
        driver.answer_sync(Err("Connection refused (os error 111)".to_owned()));
        driver.tick(2_000);
    });
}

#[test]
fn one_sku_in_every_system() {
    both_sizes("sku", Driver::with_sku, |driver| driver.press("j"));
    both_sizes("sku_orders", Driver::with_sku, |driver| driver.press("⇥jj"));
    both_sizes("sku_no_orders", Driver::with_sync, |driver| {
        driver.press("⏎");
        driver.answer_history(Ok((sample::history(), sample::sync().drifts)));
        driver.answer_sku_orders(Ok(SkuOrders::default()));
    });
    both_sizes("sku_orders_unknown", Driver::with_sync, |driver| {
        driver.press("⏎");
        driver.answer_history(Ok((sample::history(), sample::sync().drifts)));
        driver.answer_sku_orders(Err("503 ClickHouse is away".to_owned()));
    });
    both_sizes("sku_asking", Driver::with_sync, |driver| driver.press("⏎"));
    both_sizes("sku_empty", Driver::with_sync, |driver| {
        driver.press("⏎");
        driver.answer_history(Ok((History { copies: Vec::new(), ..sample::history() }, Vec::new())));
        driver.answer_sku_orders(Ok(SkuOrders::default()));
    });
    both_sizes("sku_disconnected", Driver::with_sku, |driver| {
        driver.tick(5_000);
        driver.answer_history(Err("Connection refused (os error 111)".to_owned()));
    });
}

#[test]
fn lags_and_drifts_wherever_they_are_looked_at() {
    both_sizes("help_sync", Driver::with_sync, |driver| driver.press("?"));
    both_sizes("help_sku", Driver::with_sku, |driver| driver.press("?"));
    assert_snapshot!("sync_20x5", Driver::with_sync(20, 5).screen());
    assert_snapshot!("sku_20x5", Driver::with_sku(20, 5).screen());
    let mut driver = Driver::with_sku(20, 5);
    driver.press("⇥");
    assert_snapshot!("sku_orders_20x5", driver.screen());
    plain("sync", &Driver::with_sync(80, 24));
    plain("sku", &Driver::with_sku(80, 24));
}
