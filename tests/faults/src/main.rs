//! Faults under load: kill -9, broken networks, full disks, repeated requests. Afterwards everything that was
//! acknowledged must be there exactly once, every rollup equal a recount, every account balance.

mod away;
mod check;
mod cli;
mod cycle;
mod inject;
mod load;
mod network;
mod plan;
mod report;
mod world;

use std::process::ExitCode;

use clap::Parser;
use ordertrace_collector::engine::child;
use tokio::signal::unix::{SignalKind, signal};

use self::cli::Cli;

fn main() -> ExitCode {
    // The ClickHouse under test is this executable once more.
    if let Some(code) = child::maybe_run(std::env::args_os()) {
        return code;
    }
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ordertrace-faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    // An error means that somebody installed it before, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            done = cli.run() => done,
            // What was started ends as the run is dropped.
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
            _ = terminate.recv() => anyhow::bail!("terminated"),
        }
    })
}
