//! The command line.

use std::fmt;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::forward::{self, ForwardArgs};
use crate::hotspots::{self, HotspotsArgs};
use crate::ingest::{self, IngestArgs};
use crate::load::{Compression, Load, Transport};
use crate::lookup::{self, LookupArgs};
use crate::proxy::{self, ProxyArgs};
use crate::report::{Comparison, Format, Machine, Report};
use crate::sync::{self, SyncArgs};

/// Compares ordertrace with its peers: both do the same work in turn, and the ratios of what it cost are printed.
#[derive(Debug, Parser)]
#[command(name = "ordertrace-bench", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How to print the report
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Storing spans: ordertrace-collector, Rotel, the OpenTelemetry Collector
    Ingest(IngestArgs),
    /// Passing spans on: ordertrace-agent, Rotel
    Agent(ForwardArgs),
    /// Requests through a proxy: ordertrace-agent, Envoy
    Proxy(ProxyArgs),
    /// One order end to end, by the number of spans stored
    Lookup(LookupArgs),
    /// Which handoffs cost most in any hour of a large store
    Hotspots(HotspotsArgs),
    /// Drifts and lags of many SKUs, at so many changes a second
    Sync(SyncArgs),
    /// All of these, with their defaults
    All(AllArgs),
}

#[derive(Debug, clap::Args)]
struct AllArgs {
    /// An ordertrace-collector to take instead of building one
    #[arg(long, value_name = "FILE")]
    collector: Option<PathBuf>,
    /// An ordertrace-agent to take instead of building one
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    #[command(flatten)]
    work: WorkArgs,
}

impl AllArgs {
    async fn compare(self) -> anyhow::Result<Vec<Comparison>> {
        let Self { collector, agent, work } = self;
        let (mut ingest, mut forward): (IngestArgs, ForwardArgs) = (defaults()?, defaults()?);
        let (mut proxy, mut lookup): (ProxyArgs, LookupArgs) = (defaults()?, defaults()?);
        (ingest.collector, ingest.work) = (collector.clone(), work.clone());
        (forward.agent, forward.work) = (agent.clone(), work.clone());
        (proxy.agent, proxy.work) = (agent, work.clone());
        (lookup.collector, lookup.work) = (collector.clone(), work.clone());
        let (mut hotspots, mut sync): (HotspotsArgs, SyncArgs) = (defaults()?, defaults()?);
        hotspots.work = work.clone();
        (sync.collector, sync.work) = (collector, work);
        Ok(vec![
            ingest::compare(&ingest).await?,
            forward::compare(&forward).await?,
            proxy::compare(&proxy).await?,
            lookup::compare(&lookup).await?,
            hotspots::compare(&hotspots).await?,
            sync::compare(&sync).await?,
        ])
    }
}

/// Options of which none is given.
fn defaults<A: clap::Args>() -> Result<A, clap::Error> {
    A::from_arg_matches(&A::augment_args(clap::Command::new("defaults")).try_get_matches_from(["defaults"])?)
}

/// What the comparisons have in common.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WorkArgs {
    /// In ingest and lookup: note what ClickHouse spends on which statements and merges, which itself costs a little
    #[arg(long)]
    pub(crate) by_statement: bool,
    /// Rounds; in each, every contender has its turn
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Seed of the recorded requests
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Senders at once
    #[arg(long, default_value_t = 4)]
    senders: usize,
    /// How OTLP is sent
    #[arg(long, value_enum, default_value_t = Transport::Grpc)]
    transport: Transport,
    /// How OTLP is compressed
    #[arg(long, value_enum, default_value_t = Compression::None)]
    pub(crate) compression: Compression,
    /// Where contenders keep their files while they run [default: the system's temporary folder]
    #[arg(long, value_name = "FOLDER")]
    work_dir: Option<PathBuf>,
}

impl WorkArgs {
    /// How to send, as fast as answers come or at a rate.
    pub(crate) fn load(&self, spans_per_s: Option<u32>) -> Load {
        let Self { transport, compression, senders, .. } = *self;
        Load { transport, compression, senders, spans_per_s }
    }

    /// Where files go.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        let folder = self.work_dir.clone().unwrap_or_else(std::env::temp_dir);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }
}

impl fmt::Display for WorkArgs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            Transport::Grpc => "gRPC",
            Transport::Http => "HTTP",
        };
        write!(formatter, "{} senders over {transport}, compression {}", self.senders, self.compression.name())
    }
}

impl Cli {
    /// Runs what was asked for and prints the report.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let machine = Machine::look()?;
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let command = format!("cargo run --release -p ordertrace-bench -- {}", arguments.join(" "));
        let comparisons = match self.command {
            Command::Ingest(args) => vec![ingest::compare(&args).await?],
            Command::Agent(args) => vec![forward::compare(&args).await?],
            Command::Proxy(args) => vec![proxy::compare(&args).await?],
            Command::Lookup(args) => vec![lookup::compare(&args).await?],
            Command::Hotspots(args) => vec![hotspots::compare(&args).await?],
            Command::Sync(args) => vec![sync::compare(&args).await?],
            Command::All(args) => args.compare().await?,
        };
        Report { machine, command, comparisons }.print(self.format)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_has_defaults() {
        Cli::command().debug_assert();
        assert!(defaults::<IngestArgs>().is_ok());
        assert!(defaults::<ForwardArgs>().is_ok());
        assert!(defaults::<ProxyArgs>().is_ok());
        assert!(defaults::<LookupArgs>().is_ok());
        assert!(defaults::<HotspotsArgs>().is_ok());
        assert!(defaults::<SyncArgs>().is_ok());
    }
}
