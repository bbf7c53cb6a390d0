//! `ingest`: what it costs to store spans, collector and ClickHouse together, merges included.

mod round;

use std::path::PathBuf;
use std::sync::Arc;

use self::round::Round;
use crate::cli::WorkArgs;
use crate::collectors::Collector;
use crate::database::Database;
use crate::report::Comparison;
use crate::workload::{Plan, Recording};
use anyhow::Context;

/// Options of `ingest`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct IngestArgs {
    /// Spans of one round
    #[arg(long, default_value_t = 1_224_000)]
    spans: usize,
    /// Orders of 12 spans in one request
    #[arg(long, default_value_t = 85)]
    orders_per_request: usize,
    /// Whom to compare; the first is divided by each other
    #[arg(long, value_delimiter = ',', default_values = ["ordertrace", "rotel", "rotel-tuned", "otelcol"])]
    contenders: Vec<Collector>,
    /// How long to wait for merges and follow-up work after the last answer, in seconds
    #[arg(long, default_value_t = 60)]
    settle_limit_s: u64,
    /// An ordertrace-collector to take instead of building one
    #[arg(long, value_name = "FILE")]
    pub(crate) collector: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// Runs the comparison.
pub(crate) async fn compare(args: &IngestArgs) -> anyhow::Result<Comparison> {
    let mut installed = Vec::new();
    for contender in &args.contenders {
        installed.push(contender.install(args.collector.as_deref()).await?);
    }
    let plan = Plan::until_now(args.work.seed, args.spans, args.orders_per_request)?;
    let recording = Arc::new(Recording::make(&plan));
    let load = args.work.load(None);
    let work = vec![
        format!(
            "{} spans in {} requests of {} ({} bytes a span before compression): orders of 12 spans over six systems, \
             12 attributes a span, seed {}.",
            recording.spans(),
            recording.requests.len(),
            recording.spans_per_request,
            recording.bytes() as u64 / recording.spans().max(1),
            plan.seed,
        ),
        format!("{}; a fresh ClickHouse for each round; CPU is user and system time.", args.work),
    ];
    let names = args.contenders.iter().map(|contender| contender.name().to_owned()).collect();
    let mut versions: Vec<String> = installed.iter().map(|contender| contender.version.clone()).collect();
    let database = Database::start(&args.work.folder()?, false).await?;
    versions.push(format!("ClickHouse {}", database.version().await?));
    database.stop().await;
    versions.dedup();
    let mut comparison = Comparison::new("ingest", names, versions, work);
    for number in 1..=args.work.rounds {
        for contender in &installed {
            let name = contender.collector.name();
            eprintln!("ingest: round {number} of {}, {name}", args.work.rounds);
            let round = Round { args, contender, recording: &recording, load, number };
            let figures = round.run(&mut comparison).await.with_context(|| format!("round {number} of {name}"))?;
            for figure in &figures {
                eprintln!("  {}: {:.2}", figure.name, figure.value);
            }
            comparison.add(name, number, figures);
        }
    }
    Ok(comparison)
}
