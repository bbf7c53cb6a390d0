//! Benchmarks: ordertrace and its peers in one run, in turn, compared by ratios.

mod agents;
mod cli;
mod collectors;
mod database;
mod forward;
mod hotspots;
mod ingest;
mod load;
mod lookup;
mod peers;
mod process;
mod proxy;
mod report;
mod sink;
mod sync;
mod workload;

use std::process::ExitCode;

use clap::Parser;
use ordertrace_collector::engine::child;

use self::cli::Cli;

fn main() -> ExitCode {
    // The ClickHouse that contenders write into is this executable once more.
    if let Some(code) = child::maybe_run(std::env::args_os()) {
        return code;
    }
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ordertrace-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    // An error means that somebody installed it before, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            done = cli.run() => done,
            // What was started is stopped as the run is dropped.
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        }
    })
}
