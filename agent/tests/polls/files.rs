//! Files as ERPs export them.

use std::fs::{self, File};
use std::io::Write;

use ordertrace_agent::poll::Outcome;
use ordertrace_api::attributes;
use tempfile::TempDir;

use crate::polling::{Polling, failed, ok, outcome, reason};
use crate::support::{PATIENCE, client};

const CSV: &str = "
- name: erp-stock
  system: erp
  interval: 100ms
  source: {csv: {path: DIR/stock-*.csv, delimiter: ';'}}
  readings:
  - entity: inventory
    columns: {sku: SKU, location: Bin, value: Qty, changed_at: At}
    constants: {state: on_hand}
";

const LINES: &str = "
- name: prices
  system: pim
  interval: 100ms
  source: {json_lines: {path: DIR/prices.jsonl, change: appended, may_be_absent: true}}
  readings:
  - entity: price
    columns: {sku: sku, value: /price/cents, currency: /price/currency}
    value_scale: -2
";

fn csv_dir() -> TempDir {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("stock-1.csv"), "SKU;Bin;Qty;At\nA;M;5;2026-11-22 05:00:00\nB;M;7.50;\n").unwrap();
    dir
}

/// As well-behaved exporters do it.
fn replace(polling: &Polling, name: &str, text: &str) {
    fs::write(polling.path("new"), text).unwrap();
    fs::rename(polling.path("new"), polling.path(name)).unwrap();
}

#[tokio::test]
async fn a_file_becomes_readings_with_the_agreed_names() {
    let polling = Polling::start(csv_dir(), CSV).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert_eq!((outcome(&poll), poll[attributes::POLL_READINGS].as_str()), ("ok", "2"), "{poll:?}");
    assert_eq!(poll[attributes::POLL_SOURCE], "erp-stock");
    assert_eq!(poll[attributes::SYSTEM], "erp");
    assert_eq!(poll[attributes::POLL_REFUSED], "0");
    assert_eq!(poll[attributes::POLL_INTERVAL_MS], "100");
    let reading = polling.readings().remove(0);
    for (name, text) in [
        (attributes::ENTITY, "inventory"),
        (attributes::SYSTEM, "erp"),
        (attributes::SKU, "A"),
        (attributes::LOCATION, "M"),
        (attributes::STOCK_STATE, "on_hand"),
        (attributes::VALUE, "5"),
        (attributes::CHANGED_AT, "2026-11-22T05:00:00Z"),
        (attributes::POLL_INTERVAL_MS, "100"),
    ] {
        assert_eq!(reading[name], text, "{name}");
    }
    assert!(reading["time"].parse::<u64>().unwrap() > 1_700_000_000_000_000_000);
    polling.stop().await;
}

#[tokio::test]
async fn only_what_changed_is_read_again_and_new_files_are_found() {
    let polling = Polling::start(csv_dir(), CSV).await;
    polling.wait_for_values(&["A=5", "B=7.50"]).await;
    let poll = polling.wait_for_another_poll().await;
    assert_eq!((outcome(&poll), poll[attributes::POLL_READINGS].as_str()), ("ok", "0"));
    replace(&polling, "stock-2.csv", "Bin;SKU;Qty;At\nM;C;1;\n");
    polling.wait_for_values(&["C=1"]).await;
    replace(&polling, "stock-1.csv", "SKU;Bin;Qty;At\nA;M;4;\n");
    polling.wait_for_values(&["A=4"]).await;
    assert_eq!(polling.values(), ["A=5", "B=7.50", "C=1", "A=4"]);
    polling.stop().await;
}

#[tokio::test]
async fn a_changed_header_is_a_clear_state_and_no_wrong_columns() {
    let polling = Polling::start(csv_dir(), CSV).await;
    polling.wait_for_values(&["B=7.50"]).await;
    replace(&polling, "stock-1.csv", "SKU;Bin;Quantity;Reserved;At\nA;M;1;2;\n");
    let poll = polling.wait_for_poll(failed).await;
    assert!(reason(&poll).contains("stock-1.csv") && reason(&poll).contains("\"Qty\""), "{poll:?}");
    let seen = polling.polls().len();
    // The agent itself is well.
    let agent = polling.agent.as_ref().unwrap();
    let metrics = format!("http://{}", agent.metrics_addr().unwrap());
    let ready = client().get(format!("{metrics}/readyz")).send().await.unwrap();
    assert!(ready.status().is_success());
    let text = client().get(format!("{metrics}/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("ordertrace_agent_polls_total{source=\"erp-stock\",outcome=\"failed\"}"), "{text}");
    replace(&polling, "stock-1.csv", "SKU;Bin;Qty;At\nA;M;3;\n");
    polling.wait_for_poll_after(seen, ok).await;
    assert_eq!(polling.values(), ["A=5", "B=7.50", "A=3"]);
    polling.stop().await;
}

#[tokio::test]
async fn rows_that_are_no_readings_are_counted_with_their_place() {
    let dir = TempDir::new().unwrap();
    let rows = "SKU;Bin;Qty;At\nA;M;NaN;\nB;M;1e99;\nC;M;6;\nD;M\n;M;1;\n";
    fs::write(dir.path().join("stock-1.csv"), rows).unwrap();
    let polling = Polling::start(dir, CSV).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert_eq!((outcome(&poll), poll[attributes::POLL_REFUSED].as_str()), ("ok", "4"), "{poll:?}");
    assert!(reason(&poll).contains("stock-1.csv:2: value (column Qty) is not finite"), "{poll:?}");
    assert_eq!(polling.values(), ["C=6"]);
    replace(&polling, "stock-1.csv", "SKU;Bin;Qty;At\nA;M;x;\n");
    let poll = polling.wait_for_poll(failed).await;
    assert!(reason(&poll).contains("no row could be read"), "{poll:?}");
    polling.stop().await;
}

#[tokio::test]
async fn a_last_line_without_end_counts_once_the_file_stays_as_it_is() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("stock-1.csv"), "SKU;Bin;Qty;At\nA;M;5;\nB;M;12;").unwrap();
    let polling = Polling::start(dir, CSV).await;
    let poll = polling.wait_for_poll(|_| true).await;
    assert_eq!(outcome(&poll), "late", "{poll:?}");
    assert!(reason(&poll).contains("has no end yet"), "{poll:?}");
    assert_eq!(polling.values(), ["A=5"]);
    polling.wait_for_poll(ok).await;
    assert_eq!(polling.values(), ["A=5", "B=12"]);
    polling.stop().await;
}

#[tokio::test]
async fn an_appended_file_is_read_on_line_by_line_and_over_restarts() {
    let mut polling = Polling::start(TempDir::new().unwrap(), LINES).await;
    assert_eq!(outcome(&polling.wait_for_poll(|_| true).await), "ok", "it may be absent");
    let mut file = File::create(polling.path("prices.jsonl")).unwrap();
    let line = |sku: &str, cents: u32| format!(r#"{{"sku":"{sku}","price":{{"cents":{cents},"currency":"EUR"}}}}"#);
    writeln!(file, "{}", line("A", 1230)).unwrap();
    polling.wait_for_values(&["A=12.30"]).await;
    let half = line("B", 500);
    file.write_all(&half.as_bytes()[..half.len() - 9]).unwrap();
    polling.wait_for_another_poll().await;
    polling.wait_for_another_poll().await;
    assert_eq!(polling.values(), ["A=12.30"], "half a line is none");
    file.write_all(&half.as_bytes()[half.len() - 9..]).unwrap();
    writeln!(file).unwrap();
    polling.wait_for_values(&["B=5.00"]).await;
    // How far it was read is written down when that poll is told of.
    polling.wait_for_another_poll().await;
    polling.restart().await;
    writeln!(file, "{}", line("C", 7)).unwrap();
    polling.wait_for_values(&["C=0.07"]).await;
    assert_eq!(polling.values(), ["A=12.30", "B=5.00", "C=0.07"], "nothing was read twice");
    // Another file under the name is read from its start.
    replace(&polling, "prices.jsonl", &format!("{}\n{}\n", line("D", 1), line("E", 2)));
    polling.wait_for_values(&["D=0.01", "E=0.02"]).await;
    assert_eq!(polling.values().len(), 5);
    polling.stop().await;
}

#[tokio::test]
async fn a_file_that_is_not_there_and_a_slow_neighbour_do_not_hold_up_others() {
    let dir = csv_dir();
    let absent = CSV.replace("erp-stock", "absent").replace("stock-*.csv", "nothing-*.csv");
    let polling = Polling::start(dir, &format!("{absent}{CSV}")).await;
    let poll = polling.wait_for_poll(failed).await;
    assert_eq!(poll[attributes::POLL_SOURCE], "absent");
    assert!(reason(&poll).contains("nothing-*.csv") && reason(&poll).contains("may_be_absent"), "{poll:?}");
    polling.wait_for_values(&["A=5", "B=7.50"]).await;
    let agent = polling.agent.as_ref().unwrap();
    assert_eq!(agent.polled_count("absent", Outcome::Ok), 0);
    assert!(agent.polled_count("absent", Outcome::Failed) > 0);
    polling.stop().await;
}

#[tokio::test]
async fn what_the_spool_does_not_take_is_read_again() {
    let dir = csv_dir();
    let polling = Polling::start_with(dir, CSV, |config| config.spool.limit_bytes = 100).await;
    let agent = polling.agent.as_ref().unwrap();
    // There is no room even for the account of the poll: the metrics tell.
    let metrics = format!("http://{}/metrics", agent.metrics_addr().unwrap());
    let begun = std::time::Instant::now();
    while agent.polled_count("erp-stock", Outcome::Failed) < 2 {
        assert!(begun.elapsed() < PATIENCE, "{}", client().get(&metrics).send().await.unwrap().text().await.unwrap());
        tokio::task::yield_now().await;
    }
    assert_eq!(polling.values().len(), 0);
    let mut polling = polling;
    polling.restart().await;
    polling.wait_for_values(&["A=5", "B=7.50"]).await;
    polling.stop().await;
}
