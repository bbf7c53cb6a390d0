//! `ingest`: what it costs to store spans, collector and ClickHouse together, merges included.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::time::Instant;

use crate::cli::WorkArgs;
use crate::collectors::{Collector, Installed};
use crate::database::Database;
use crate::load::Load;
use crate::report::{Comparison, Figure};
use crate::workload::{Plan, Recording};

/// How long a started collector is left alone before its idle memory is read.
const IDLE_PAUSE: Duration = Duration::from_secs(2);

/// How long accepted spans may take to be stored.
const STORE_LIMIT: Duration = Duration::from_secs(300);

const MEGA: f64 = 1e6;

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
    let database = Database::start(&args.work.folder()?).await?;
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

struct Round<'a> {
    args: &'a IngestArgs,
    contender: &'a Installed,
    recording: &'a Arc<Recording>,
    load: Load,
    number: u32,
}

impl Round<'_> {
    async fn run(&self, comparison: &mut Comparison) -> anyhow::Result<Vec<Figure>> {
        let folder = tempfile::tempdir_in(self.args.work.folder()?)?;
        let database = Database::start(folder.path()).await?;
        let running = self.contender.start(&database, folder.path()).await?;
        let measured = self.measure(&database, &running, comparison).await;
        let measured = measured.with_context(|| format!("it said:\n{}", running.program.said()));
        running.program.stop().await?;
        database.stop().await;
        measured
    }

    async fn measure(
        &self,
        database: &Database,
        running: &crate::collectors::Running,
        comparison: &mut Comparison,
    ) -> anyhow::Result<Vec<Figure>> {
        let collector = self.contender.collector;
        let (name, schema) = (collector.name(), collector.database());
        tokio::time::sleep(IDLE_PAUSE).await;
        let idle = running.program.usage()?;
        let (collector_meter, clickhouse_meter) = (running.program.meter()?, database.meter()?);

        let started = Instant::now();
        let sent = self.load.send(self.recording, running.receiver).await?;
        let table = format!("{schema}.otel_traces");
        database.wait_rows(&table, self.recording.spans(), STORE_LIMIT).await?;
        let stored_s = started.elapsed().as_secs_f64();
        let (collector_stored, clickhouse_stored) = (collector_meter.read()?, clickhouse_meter.read()?);

        let settled_from = Instant::now();
        if !database.settle(schema, Duration::from_secs(self.args.settle_limit_s)).await? {
            comparison.note(format!(
                "{name} was still at work {} s after everything was stored; what it cost until then is counted.",
                self.args.settle_limit_s
            ));
        }
        let settled_s = settled_from.elapsed().as_secs_f64();
        let (collector_usage, clickhouse_usage) = (collector_meter.read()?, clickhouse_meter.read()?);

        let rows = database.count(&table).await?;
        let spans = self.recording.spans();
        anyhow::ensure!(rows == spans, "{spans} spans were accepted, {rows} are stored");
        let sizes = database.sizes(schema).await?;
        if self.number == 1 {
            let per_span = |bytes: u64| bytes as f64 / spans as f64;
            for size in sizes.iter().filter(|size| size.rows > 0) {
                let bytes = per_span(size.bytes);
                comparison.note(format!("{name}: {} holds {} rows, {bytes:.1} bytes a span.", size.table, size.rows));
            }
            let columns = database.columns(schema, spans).await?;
            let columns = columns.iter().map(|size| format!("{} {:.1}", size.column, per_span(size.bytes)));
            let columns: Vec<String> = columns.collect();
            comparison.note(format!("{name}: columns of a byte a span or more: {}.", columns.join(", ")));
        }
        if sent.resends > 0 {
            comparison.note(format!("{name}: {} requests were sent again in round {}.", sent.resends, self.number));
        }
        let millions = spans as f64 / MEGA;
        let megabytes = |bytes: u64| bytes as f64 / MEGA;
        let disk_bytes: u64 = sizes.iter().map(|size| size.bytes).sum();
        Ok(vec![
            Figure::new("collector, CPU-s per million spans", collector_usage.cpu_s / millions),
            Figure::new("ClickHouse, CPU-s per million spans", clickhouse_usage.cpu_s / millions),
            Figure::new("both, CPU-s per million spans", (collector_usage.cpu_s + clickhouse_usage.cpu_s) / millions),
            Figure::new(
                "both until all is stored, CPU-s per million spans",
                (collector_stored.cpu_s + clickhouse_stored.cpu_s) / millions,
            ),
            Figure::new("bytes on disk per span", disk_bytes as f64 / spans as f64),
            Figure::new("collector idle, MB", megabytes(idle.memory_bytes)),
            Figure::new("collector peak, MB", megabytes(collector_usage.peak_bytes)),
            Figure::new("ClickHouse peak, MB", megabytes(clickhouse_usage.peak_bytes)),
            Figure::new("spans acknowledged per s", spans as f64 / sent.elapsed.as_secs_f64()),
            Figure::new("spans stored per s", spans as f64 / stored_s),
            Figure::new("from stored to at rest, s", settled_s),
        ])
    }
}
