//! Commands that keep running, and the demo.

use std::io::Write;

use anyhow::Context;
use clap::Subcommand;
use ordertrace_agent::command::AgentArgs;
use ordertrace_collector::command::CollectorArgs;
use ordertrace_collector::memory;

use super::Options;
use super::config::{self, ConfigCommand};
use super::log::log_to_file;
use crate::app::{TuiSettings, run_tui};
use crate::demo::{self, DemoArgs};
use crate::report::Format;

/// Commands that run a part of ordertrace instead of asking for something.
#[derive(Debug, Subcommand)]
pub enum Serve {
    /// A simulated shop with agent, collector, embedded ClickHouse and the terminal UI
    Demo(DemoArgs),
    /// A collector with an embedded ClickHouse on this host
    Up(Box<CollectorArgs>),
    /// The collector as a service
    Collector(Box<CollectorArgs>),
    /// The agent beside some systems: handoff proxy and OTLP receiver
    Agent(AgentArgs),
    /// Checks, prints or describes configuration files
    #[command(subcommand)]
    Config(ConfigCommand),
}

impl Serve {
    /// Runs the command to its exit code.
    ///
    /// # Errors
    /// When the part cannot start or breaks.
    pub fn run(self, options: &Options) -> anyhow::Result<u8> {
        match self {
            Self::Demo(args) if args.headless => headless(&args, options),
            Self::Demo(args) => {
                let _log = log_to_file("ordertrace-demo")?;
                demo::run_live(&args, |collector| run_tui(TuiSettings { collector, ..options.tui() }))?;
                Ok(0)
            }
            Self::Up(args) | Self::Collector(args) => {
                memory::share_arenas();
                service("ordertrace-collector", ordertrace_collector::command::run(*args))
            }
            Self::Agent(args) => service("ordertrace-agent", ordertrace_agent::command::run(args)),
            Self::Config(command) => config::run(command),
        }
    }
}

fn service(name: &'static str, run: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the program's threads")?;
    runtime.block_on(async {
        let _telemetry = ordertrace_telemetry::init(name)?;
        run.await
    })?;
    Ok(0)
}

fn headless(args: &DemoArgs, options: &Options) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the demo's threads")?;
    let report = runtime.block_on(async {
        let _telemetry = ordertrace_telemetry::init("ordertrace-demo")?;
        demo::run_headless(args).await
    })?;
    let mut out = std::io::stdout().lock();
    match options.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &report)?;
            writeln!(out)?;
        }
        Format::Pretty | Format::Markdown => write!(out, "{report}")?,
    }
    Ok(u8::from(!report.agrees()))
}
