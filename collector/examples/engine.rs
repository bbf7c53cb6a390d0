//! Runs an embedded ClickHouse until it is killed or Ctrl-C is pressed:
//! `cargo run -p ordertrace-collector --example engine -- DATA_DIR`.
//!
//! Prints the endpoint as one line of JSON, with the process id of the server.

use std::process::ExitCode;

use anyhow::{Context, Result};
use ordertrace_collector::engine::{Engine, EngineSettings, child, progress};

fn main() -> Result<ExitCode> {
    if let Some(code) = child::maybe_run(std::env::args_os()) {
        return Ok(code);
    }
    let data_dir = std::env::args_os().nth(1).context("usage: engine DATA_DIR")?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let engine = Engine::start(EngineSettings::new(data_dir), &*progress::automatic()).await?;
        let endpoint = engine.endpoint();
        let line = serde_json::json!({
            "url": endpoint.url,
            "user": endpoint.user,
            "password": endpoint.password,
            "tcp_port": endpoint.tcp_port,
            "pid": engine.child_pid(),
        });
        println!("{line}");
        tokio::signal::ctrl_c().await?;
        engine.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}
