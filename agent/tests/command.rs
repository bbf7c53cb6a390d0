//! The binary: starts, serves, stops on SIGTERM.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::process::Stdio;

use support::{PATIENCE, client};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

fn agent() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ordertrace-agent"));
    command.env_remove("RUST_LOG").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").kill_on_drop(true);
    command
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    std::fs::write(&file, "name: a\nmetrics: 127.0.0.1:0\n").unwrap();
    let mut child = agent()
        .arg("-c")
        .arg(&file)
        .env("ORDERTRACE_AGENT_SPOOL_DIR", dir.path().join("spool"))
        .env("ORDERTRACE_LOG", "info")
        .env("ORDERTRACE_LOG_FORMAT", "json")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = tokio::time::timeout(PATIENCE, async {
        loop {
            let line = log.next_line().await.unwrap().expect("the agent ended early");
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            if line["message"] == "metrics listens" {
                return line["address"].as_str().unwrap().to_owned();
            }
        }
    });
    let address = address.await.unwrap();
    let health = client().get(format!("http://{address}/livez")).send().await.unwrap();
    assert_eq!(health.status(), http::StatusCode::OK);
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn a_mistake_in_the_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    std::fs::write(&file, "name: a\nexprot: {}\n").unwrap();
    let output = agent().arg("-c").arg(&file).output().await.unwrap();
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("agent.yaml:2:1") && told.contains("did you mean `export`"), "{told}");
}
