//! The program as scripts see it: exit codes, standard error, no colour into a pipe.

#![allow(clippy::unwrap_used, reason = "the lint spares test functions but not their helpers")]

use std::process::{Command, Output};

use tokio::net::TcpSocket;

/// Runs the program without a terminal, its own settings or any CA certificates.
fn ordertrace(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_ordertrace"))
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("SSL_CERT_FILE", "/nonexistent")
        .env("SSL_CERT_DIR", "/nonexistent")
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn an_unreachable_collector_is_3_and_says_url_and_remedy() {
    // Bound but not listening: connections are refused, and nobody else can take the port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    for command in [&["order", "A-1"][..], &["orders"], &["status"]] {
        let output = ordertrace(&[command, &["--collector", &url]].concat());
        assert_eq!(output.status.code(), Some(3), "{command:?}");
        let said = stderr(&output);
        assert!(said.starts_with(&format!("ordertrace: no answer from the collector at {url}; start one")), "{said}");
        assert!(said.contains("Connection refused"), "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [
        &["nonsense"][..],
        &["order"],
        &["orders", "--limit", "0"],
        &["orders", "--since", "yesterday"],
        &["orders", "--collector", "nohost"],
        &["order", "A-1", "--since", "2h"],
        &["order", "order:"],
        &["orders", "--search", "order:"],
        &["--format", "json"],
        // Standard output is a pipe.
        &[],
    ] {
        let output = ordertrace(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(!stderr(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn completions_need_no_collector() {
    for shell in ["bash", "zsh", "fish"] {
        let output = ordertrace(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8(output.stdout).unwrap().contains("ordertrace"));
    }
}
