//! `sync`: what it takes to hold the copies of many SKUs against each other while they change.

mod preload;
mod rounds;
mod schedule;
mod telling;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use ordertrace_collector::storage::{Connection, GroupLimits, Retention, Storage};
use tokio::time::Instant;

use self::rounds::Watch;
use self::schedule::{SOURCE, Schedule, TARGETS};
use crate::cli::WorkArgs;
use crate::collectors::{Collector, Running};
use crate::database::Database;
use crate::report::{Comparison, Figure};

/// How long evaluation may take, after the last reading, to come to it.
const PATIENCE: Duration = Duration::from_secs(300);

/// Between two looks whether it has.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Rules of each kind that looks at drifts.
const RULES: &str = "
alerts:
  rules:
  - {name: StockDrift, drift: {sync: stock, over: {units: '5'}}, for: 1m}
  - {name: StockTogether, drift: {sync: stock, over: {units: '1000'}, each: target}}
  - {name: StockLag, lag: {sync: stock, over: 2m, closes_under: 1m}}
";

/// Options of `sync`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SyncArgs {
    /// SKUs, of each of which four systems have copies
    #[arg(long, default_value_t = 1_000_000)]
    skus: u64,
    /// Locations at which each system counts each SKU
    #[arg(long, default_value_t = 5)]
    locations: u64,
    /// Readings a second, each of which says something new: a quarter of them the source's, the others the targets'
    #[arg(long, default_value_t = 10_000)]
    changes_per_s: u64,
    /// How long the source changes, in seconds
    #[arg(long, default_value_t = 600)]
    duration_s: u64,
    /// How long to wait for merges after the copies are made, in seconds
    #[arg(long, default_value_t = 600)]
    settle_limit_s: u64,
    /// An ordertrace-collector to take instead of building one
    #[arg(long, value_name = "FILE")]
    pub(crate) collector: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// Makes the copies, tells of changes and looks at what the collector does. Once, however many rounds are asked for.
pub(crate) async fn compare(args: &SyncArgs) -> anyhow::Result<Comparison> {
    let schedule = Schedule::new(args.skus, args.locations, args.changes_per_s, args.duration_s)?;
    let installed = Collector::Ordertrace.install(args.collector.as_deref()).await?;
    let folder = tempfile::tempdir_in(args.work.folder()?)?;
    let database = Database::start(folder.path(), args.work.by_statement).await?;
    make_copies(&database, &schedule).await?;
    let running = installed.start_with(&database, folder.path(), Some(&settings())).await?;
    let versions = vec![installed.version.clone(), format!("ClickHouse {}", database.version().await?)];
    let copies = schedule.skus * schedule.locations * (TARGETS.len() as u64 + 1);
    let work = vec![format!(
        "{copies} copies (SKUs, locations, {SOURCE} and {} targets) made in ClickHouse, not from readings. Then for {} s {} \
         readings a second over OTLP by schedule, of SKUs far apart: changes of {SOURCE}, and of the targets that show them \
         2, 3 and 5 s later, one of a hundred never. Rules over drifts of items, of targets and over lags, every 15 s. {}.",
        TARGETS.len(),
        args.duration_s,
        args.changes_per_s,
        args.work,
    )];
    let mut comparison = Comparison::new("sync", vec!["ordertrace".to_owned()], versions, work);
    let meters = (running.program.meter()?, database.meter()?);
    let limit = Duration::from_secs(args.settle_limit_s);
    if !database.settle(Collector::Ordertrace.database(), [&meters.0, &meters.1], limit).await? {
        comparison.note(format!("The copies were still being merged {} s later.", args.settle_limit_s));
    }
    if args.work.by_statement {
        database.spent(Collector::Ordertrace.database()).await?;
    }
    let figures = run(args, schedule, &database, &running).await;
    let figures = figures.with_context(|| format!("the collector said:\n{}", running.program.said()))?;
    comparison.add("ordertrace", 1, figures);
    if args.work.by_statement {
        comparison.note(format!("{}.", database.spent(Collector::Ordertrace.database()).await?));
    }
    for size in database.sizes(Collector::Ordertrace.database()).await?.into_iter().filter(|size| size.rows > 0) {
        comparison.note(format!("{}: {} rows, {:.1} MB", size.table, size.rows, size.bytes as f64 / 1e6));
    }
    running.program.stop().await?;
    database.stop().await;
    Ok(comparison)
}

fn settings() -> String {
    let targets = TARGETS.map(|(system, _)| format!("{{system: {system}}}")).join(", ");
    format!("sync:\n- {{name: stock, entity: inventory, source: {SOURCE}, targets: [{targets}]}}\n{RULES}")
}

/// Brings the tables, and fills them with what is there before anything changes.
async fn make_copies(database: &Database, schedule: &Schedule) -> anyhow::Result<()> {
    let connection = Connection::embedded(database.endpoint(), Collector::Ordertrace.database());
    let storage = Storage::open(&connection, GroupLimits::default(), Retention::default()).await?;
    for (part, statements) in preload::statements(schedule).enumerate() {
        eprintln!("sync: copies, part {}", part + 1);
        for statement in statements {
            storage.client().query(&statement).execute().await.with_context(|| statement.clone())?;
        }
    }
    Ok(())
}

/// What was seen while readings were told, until all were taken in.
async fn run(
    args: &SyncArgs,
    schedule: Schedule,
    database: &Database,
    running: &Running,
) -> anyhow::Result<Vec<Figure>> {
    let mut watch = Watch::new(running.api.as_deref().context("this collector has no API")?)?;
    let meters = (running.program.meter()?, database.meter()?);
    let before = (meters.0.read()?, meters.1.read()?);
    eprintln!("sync: {} readings", schedule.readings());
    let telling = telling::tell(schedule, args.work.load(None), running.receiver);
    let halfway = async {
        tokio::time::sleep(Duration::from_secs(args.duration_s / 2)).await;
        anyhow::Ok(meters.0.read()?)
    };
    let (elapsed, halfway) = tokio::select! {
        done = async { tokio::try_join!(telling, halfway) } => done?,
        Err(failed) = watch.watch() => return Err(failed),
    };
    let after = (meters.0.read()?, meters.1.read()?);
    let late = evaluated(&watch, schedule.readings()).await?;
    check(database, &schedule).await?;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let readings = schedule.readings() as f64;
    let mut figures = vec![Figure::new("readings stored per s", readings / elapsed.as_secs_f64())];
    for (what, spread) in watch.seen() {
        for (name, ms) in [("p50", spread.p50), ("p95", spread.p95), ("max", spread.max)] {
            figures.push(Figure::new(format!("{what}, {name}, ms"), ms));
        }
    }
    figures.extend([
        Figure::new("from stored to all evaluated, s", late.as_secs_f64()),
        Figure::new("collector, CPU-s per s", (after.0.cpu_s - before.0.cpu_s) / elapsed.as_secs_f64()),
        Figure::new("ClickHouse, CPU-s per s", (after.1.cpu_s - before.1.cpu_s) / elapsed.as_secs_f64()),
        Figure::new("collector at the beginning, MB", megabytes(before.0.memory_bytes)),
        Figure::new("collector halfway, MB", megabytes(halfway.memory_bytes)),
        Figure::new("collector at the end, MB", megabytes(after.0.memory_bytes)),
        Figure::new("collector peak, MB", megabytes(after.0.peak_bytes)),
        Figure::new("ClickHouse at the end, MB", megabytes(after.1.memory_bytes)),
        Figure::new("ClickHouse peak, MB", megabytes(after.1.peak_bytes)),
    ]);
    Ok(figures)
}

/// Waits until all readings are taken in; how long that was.
async fn evaluated(watch: &Watch, readings: u64) -> anyhow::Result<Duration> {
    let began = Instant::now();
    loop {
        let taken = watch.taken().await?;
        if taken >= readings {
            return Ok(began.elapsed());
        }
        anyhow::ensure!(began.elapsed() < PATIENCE, "{taken} of {readings} readings were taken in after {PATIENCE:?}");
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

/// What is open must be what was lost, and everything else must have left its lag.
async fn check(database: &Database, schedule: &Schedule) -> anyhow::Result<()> {
    let client = database.client().clone().with_database(Collector::Ordertrace.database());
    let sql = "SELECT subject, location, target FROM drifts FINAL WHERE ended = toDateTime64(0, 9, 'UTC')";
    let open = client.query(sql).fetch_all::<(String, String, String)>().await?;
    let (open, truth): (BTreeSet<_>, BTreeSet<_>) = (open.into_iter().collect(), schedule.open());
    let (missing, extra) = (truth.difference(&open).next(), open.difference(&truth).next());
    anyhow::ensure!(
        open == truth,
        "{} drifts are open, {} should be; missing for example {missing:?}, too many {extra:?}",
        open.len(),
        truth.len()
    );
    let lags = client.query("SELECT count() FROM sync_lags FINAL").fetch_one::<u64>().await?;
    let arrived = schedule.readings() - schedule.changes();
    anyhow::ensure!(lags == arrived, "{lags} lags of {arrived} changes that arrived");
    Ok(())
}
