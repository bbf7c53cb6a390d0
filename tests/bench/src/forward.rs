//! `agent`: what it costs to take spans in and pass them on, at a rate.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use crate::agents::{Agent, Installed};
use crate::cli::WorkArgs;
use crate::report::{Comparison, Figure};
use crate::sink::Sink;
use crate::workload::{Plan, Recording};

/// How long a started agent is left alone before its idle memory is read.
const IDLE_PAUSE: Duration = Duration::from_secs(3);

/// How long accepted spans may take to be passed on.
const PASS_LIMIT: Duration = Duration::from_secs(60);

const MEGA: f64 = 1e6;

/// Options of `agent`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ForwardArgs {
    /// Spans a second
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    spans_per_s: u32,
    /// Length of a round, in seconds
    #[arg(long, default_value_t = 30)]
    duration_s: u32,
    /// Orders of 12 spans in one request; SDKs send at most 512 spans at once
    #[arg(long, default_value_t = 42)]
    orders_per_request: usize,
    /// Whom to compare; the first is divided by each other
    #[arg(long, value_delimiter = ',', default_values = ["ordertrace", "rotel"])]
    contenders: Vec<Agent>,
    /// An ordertrace-agent to take instead of building one
    #[arg(long, value_name = "FILE")]
    pub(crate) agent: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// Runs the comparison.
pub(crate) async fn compare(args: &ForwardArgs) -> anyhow::Result<Comparison> {
    let mut installed = Vec::new();
    for contender in &args.contenders {
        installed.push(contender.install(args.agent.as_deref()).await?);
    }
    let spans = usize::try_from(u64::from(args.spans_per_s) * u64::from(args.duration_s))?;
    let plan = Plan::until_now(args.work.seed, spans, args.orders_per_request)?;
    let recording = Arc::new(Recording::make(&plan));
    let work = vec![
        format!(
            "{} spans a second by schedule for {} s in requests of {}, passed on over gRPC, compression {}.",
            args.spans_per_s,
            args.duration_s,
            recording.spans_per_request,
            args.work.compression.name(),
        ),
        format!("{}; ours writes every request to its spool on disk first.", args.work),
    ];
    let names = args.contenders.iter().map(|contender| contender.name().to_owned()).collect();
    let versions = installed.iter().map(|contender| contender.version.clone()).collect();
    let mut comparison = Comparison::new("agent", names, versions, work);
    for number in 1..=args.work.rounds {
        for contender in &installed {
            let name = contender.agent.name();
            eprintln!("agent: round {number} of {}, {name}", args.work.rounds);
            let figures = round(args, contender, &recording).await;
            let figures = figures.with_context(|| format!("round {number} of {name}"))?;
            comparison.add(name, number, figures);
        }
    }
    Ok(comparison)
}

async fn round(args: &ForwardArgs, contender: &Installed, recording: &Arc<Recording>) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir_in(args.work.folder()?)?;
    let sink = Sink::start().await?;
    let (program, receiver) = contender.start(folder.path(), sink.address(), args.work.compression).await?;
    tokio::time::sleep(IDLE_PAUSE).await;
    let idle = program.usage()?;
    let meter = program.meter()?;
    let sent = args.work.load(Some(args.spans_per_s)).send(recording, receiver).await;
    let sent = sent.with_context(|| format!("it said:\n{}", program.said()))?;
    let spans = recording.spans();
    let passed = sink.wait_spans(spans, PASS_LIMIT).await;
    let usage = meter.read()?;
    anyhow::ensure!(passed == spans, "{spans} spans were accepted, {passed} passed on; it said:\n{}", program.said());
    program.stop().await?;
    Ok(vec![
        Figure::new("CPU-s per million spans", usage.cpu_s / (spans as f64 / MEGA)),
        Figure::new("idle, MB", idle.memory_bytes as f64 / MEGA),
        Figure::new("peak, MB", usage.peak_bytes as f64 / MEGA),
        Figure::new("spans per s", spans as f64 / sent.elapsed.as_secs_f64()),
    ])
}
