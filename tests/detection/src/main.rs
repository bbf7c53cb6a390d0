//! Days of a simulated shop through a real collector and a real ClickHouse, under a simulated clock. What
//! the collector says must equal what the shop knows to be true: nothing missing, nothing extra.

mod cli;
mod findings;
mod sync;
mod world;

use std::process::ExitCode;

use clap::Parser;
use ordertrace_collector::engine::child;

use self::cli::Cli;

fn main() -> ExitCode {
    // The ClickHouse under test is this executable once more.
    if let Some(code) = child::maybe_run(std::env::args_os()) {
        return code;
    }
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ordertrace-detection: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything agreed.
fn run(cli: &Cli) -> anyhow::Result<bool> {
    // An error means that somebody installed it before, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(cli.run())
}
