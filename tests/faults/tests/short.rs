//! The fault suite, short: every kind of fault once. `cargo run --release -p ordertrace-faults` is the long run.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::process::Command;

#[test]
fn nothing_is_lost_or_counted_twice_whatever_fails() {
    let suite = Command::new(env!("CARGO_BIN_EXE_ordertrace-faults"))
        .args(["--cycles", "4", "--faults", "4", "--seed", "1"])
        .output()
        .unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(suite.status.success(), "{}\n{}", said(&suite.stdout), said(&suite.stderr));
}
