//! What the collector says beside the truth, short. `cargo run --release -p ordertrace-detection -- findings`
//! and `-- sync` are the long runs.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::process::Command;

fn agrees(arguments: &[&str]) {
    let run = Command::new(env!("CARGO_BIN_EXE_ordertrace-detection")).args(arguments).output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(run.status.success(), "{}\n{}", said(&run.stdout), said(&run.stderr));
}

#[test]
fn findings_equal_the_truth() {
    agrees(&["findings", "--orders", "60", "--seed", "1"]);
}

#[test]
fn restarts_and_several_detectors_change_nothing() {
    agrees(&["findings", "--orders", "25", "--seed", "2", "--detectors", "2", "--restart-every", "7"]);
}

#[test]
fn drifts_and_lags_equal_the_truth() {
    agrees(&["sync", "--skus", "100", "--hours", "1", "--seed", "1..2"]);
}

#[test]
fn restarts_and_several_evaluators_change_nothing() {
    agrees(&["sync", "--skus", "60", "--hours", "1", "--seed", "3", "--evaluators", "2", "--restart-every", "7"]);
}
