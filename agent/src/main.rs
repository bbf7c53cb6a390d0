//! The slim agent binary.

use clap::Parser;
use ordertrace_agent::command::{AgentArgs, run};

/// Captures handoffs, spools telemetry, delivers it over OTLP.
#[derive(Debug, Parser)]
#[command(name = "ordertrace-agent", version)]
struct Cli {
    #[command(flatten)]
    args: AgentArgs,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let _telemetry = ordertrace_telemetry::init("ordertrace-agent")?;
    run(cli.args).await
}
