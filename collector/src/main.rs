//! Parses, configures, exits.

use std::process::ExitCode;

use clap::Parser;
use ordertrace_collector::command::{self, CollectorArgs};
use ordertrace_collector::engine::child;
use ordertrace_collector::memory;

/// Receives OpenTelemetry, stores it in ClickHouse and answers for one order at a time.
#[derive(Debug, Parser)]
#[command(name = "ordertrace-collector", version)]
struct Cli {
    #[command(flatten)]
    args: CollectorArgs,
}

fn main() -> ExitCode {
    // An embedded engine runs this executable again as its child; that one must not get any further.
    if let Some(code) = child::maybe_run(std::env::args_os()) {
        return code;
    }
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ordertrace-collector: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    memory::share_arenas();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let _telemetry = ordertrace_telemetry::init("ordertrace-collector")?;
        command::run(cli.args).await
    })
}
