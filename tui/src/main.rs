//! Parses, configures, exits.

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use ordertrace::app::run_tui;
use ordertrace::cli::{self, Cli, Output, Task};
use ordertrace::report::Format;
use ordertrace::settings::Settings;
use ordertrace_collector::engine::child;

/// Exit code for wrong usage, as clap's own.
const USAGE: u8 = 2;
/// Exit code when no answer could be had.
const NO_ANSWER: u8 = 3;

fn main() -> ExitCode {
    // An embedded engine runs this executable again as its child; that one must not get any further.
    if let Some(code) = child::maybe_run(std::env::args_os()) {
        return code;
    }
    let cli = Cli::parse();
    let settings = match Settings::path().map(|path| Settings::load(&path)).transpose() {
        Ok(settings) => settings.unwrap_or_default(),
        Err(error) => return fail(&error.into(), USAGE),
    };
    let options = cli.options.over(settings);
    match cli.command {
        None if options.format != Format::Pretty => {
            fail(&anyhow::anyhow!("--format is for a command's answer; name one, such as `ordertrace orders`"), USAGE)
        }
        None => match cli::log_to_file("ordertrace").and_then(|_log| run_tui(options.tui())) {
            Ok(()) => ExitCode::SUCCESS,
            // It waits for the collector by itself; what is left is a wrong URL or no terminal.
            Err(error) => fail(&error, USAGE),
        },
        Some(Task::Serve(serve)) => match serve.run(&options) {
            Ok(code) => ExitCode::from(code),
            Err(error) => fail(&error, NO_ANSWER),
        },
        Some(Task::Ask(command)) => match run_once(command, &options) {
            Ok(code) => ExitCode::from(code),
            Err(error) => fail(&error, NO_ANSWER),
        },
    }
}

/// Runs a one-shot command to its exit code.
fn run_once(command: cli::Command, options: &cli::Options) -> anyhow::Result<u8> {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    // The second is for the export of own spans, should the environment ask for it.
    let runtime = threads.worker_threads(2).enable_all().build().context("cannot start")?;
    let _entered = runtime.enter();
    let _telemetry = ordertrace_telemetry::init("ordertrace")?;
    let mut output = Output::stdout(options);
    match runtime.block_on(cli::run(command, options, &mut output)) {
        Ok(exit) => Ok(exit.code()),
        Err(failure) => {
            let code = failure.code();
            if code != 0 {
                fail(&failure.into(), code);
            }
            Ok(code)
        }
    }
}

/// Says what went wrong, from the outermost reason to the innermost.
fn fail(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("ordertrace: {error:#}");
    ExitCode::from(code)
}
