//! The slim agent binary.

use std::num::NonZero;

use anyhow::Context;
use clap::Parser;
use ordertrace_agent::command::{AgentArgs, run};
use tokio::runtime::Builder;

/// Captures handoffs, spools telemetry, delivers it over OTLP.
#[derive(Debug, Parser)]
#[command(name = "ordertrace-agent", version)]
struct Cli {
    #[command(flatten)]
    args: AgentArgs,
    /// Threads that serve, beside those that write to disk. One is the cheapest, for nothing is handed
    /// over between cores, and is enough for some thousand requests a second.
    #[arg(long, value_name = "N", env = "ORDERTRACE_AGENT_THREADS", default_value = "1")]
    threads: NonZero<usize>,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let mut builder = match cli.threads.get() {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(cli.threads.get()).enable_all().build().context("no threads")?;
    runtime.block_on(async {
        let telemetry = ordertrace_telemetry::init("ordertrace-agent")?;
        let outcome = run(cli.args).await;
        // Flushing waits for the exporter, which may need this thread.
        tokio::task::spawn_blocking(move || drop(telemetry)).await.context("own spans could not be flushed")?;
        outcome
    })
}
