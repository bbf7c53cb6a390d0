//! `lookup`: how long it takes to tell one order end to end, by the number of spans stored.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;
use ordertrace_api::journey::Journey;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Client;
use tokio::time::Instant;

use crate::cli::WorkArgs;
use crate::collectors::{Collector, Running};
use crate::database::Database;
use crate::load::Load;
use crate::report::{Comparison, Figure};
use crate::workload::{Plan, Recording, SPANS_PER_ORDER, well_known_keys};

/// Spans that are made and sent at once, so that memory does not grow with the store.
const BATCH_SPANS: usize = 1_020_000;

/// Orders of one request.
const ORDERS_PER_REQUEST: usize = 85;

/// The longest latency told apart, in nanoseconds.
const LONGEST_NS: u64 = 60_000_000_000;

const NS_PER_MS: f64 = 1e6;
const MEGA: f64 = 1e6;

/// Options of `lookup`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LookupArgs {
    /// Spans stored when orders are looked up; several numbers are reached one after the other
    #[arg(long, value_delimiter = ',', default_values_t = [1_020_000, 10_200_000])]
    spans: Vec<usize>,
    /// Orders looked up at each number of spans, cold and warm
    #[arg(long, default_value_t = 300)]
    lookups: u32,
    /// How long to wait for merges and follow-up work before orders are looked up, in seconds
    #[arg(long, default_value_t = 300)]
    settle_limit_s: u64,
    /// An ordertrace-collector to take instead of building one
    #[arg(long, value_name = "FILE")]
    pub(crate) collector: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// Fills a store through the collector and looks orders up as it grows.
pub(crate) async fn compare(args: &LookupArgs) -> anyhow::Result<Comparison> {
    let installed = Collector::Ordertrace.install(args.collector.as_deref()).await?;
    let mut sizes = args.spans.clone();
    sizes.sort_unstable();
    let all = sizes.last().copied().context("--spans names no number of spans")?;
    let folder = tempfile::tempdir_in(args.work.folder()?)?;
    let database = Database::start(folder.path(), args.work.by_statement).await?;
    let running = installed.start(&database, folder.path()).await?;
    // Largest first, so that it is divided by the smaller ones.
    let names = sizes.iter().rev().map(|spans| heading(*spans)).collect();
    let versions = vec![installed.version.clone(), format!("ClickHouse {}", database.version().await?)];
    let work = vec![format!(
        "GET {} for random keys (order, ERP document, shipment), {} at each number of spans, one at a time. Cold: \
         ClickHouse's caches of marks and data dropped before each; warm: the same keys again. {}.",
        ordertrace_api::routes::JOURNEY,
        args.lookups,
        args.work,
    )];
    let mut comparison = Comparison::new("lookup", names, versions, work);
    let mut store = Store { plan: Plan::until_now(args.work.seed, all, ORDERS_PER_REQUEST)?, stored_orders: 0 };
    for spans in sizes {
        eprintln!("lookup: storing until there are {spans} spans");
        store.fill(spans, args.work.load(None), &running).await?;
        let meters = (running.program.meter()?, database.meter()?);
        let limit = Duration::from_secs(args.settle_limit_s);
        if !database.settle(Collector::Ordertrace.database(), [&meters.0, &meters.1], limit).await? {
            comparison.note(format!(
                "At {} the collector was still at work after {} s; orders were looked up beside that.",
                heading(spans),
                args.settle_limit_s
            ));
        }
        eprintln!("lookup: {} orders at {} spans", args.lookups, spans);
        if args.work.by_statement {
            comparison.note(format!("Storing: {}.", database.spent(Collector::Ordertrace.database()).await?));
        }
        let figures = look_up(args, &database, &running, store.stored_orders).await;
        let figures = figures.with_context(|| format!("at {spans} spans; it said:\n{}", running.program.said()))?;
        if args.work.by_statement {
            let spent = database.spent(Collector::Ordertrace.database()).await?;
            comparison.note(format!("At {}, cold and warm: {spent}.", heading(spans)));
        }
        comparison.add(&heading(spans), 1, figures);
    }
    running.program.stop().await?;
    database.stop().await;
    Ok(comparison)
}

fn heading(spans: usize) -> String {
    format!("{:.1} M spans", spans as f64 / MEGA)
}

/// How far a store is filled.
struct Store {
    plan: Plan,
    stored_orders: u64,
}

impl Store {
    async fn fill(&mut self, spans: usize, load: Load, running: &Running) -> anyhow::Result<()> {
        loop {
            let stored = usize::try_from(self.stored_orders)? * SPANS_PER_ORDER;
            if stored >= spans {
                return Ok(());
            }
            let batch = Plan { spans: BATCH_SPANS.min(spans - stored), first_order: self.stored_orders, ..self.plan };
            let recording = Arc::new(Recording::make(&batch));
            load.send(&recording, running.receiver).await?;
            self.stored_orders += batch.orders();
            eprintln!("lookup: {} spans stored", usize::try_from(self.stored_orders)? * SPANS_PER_ORDER);
        }
    }
}

/// Latencies, cold and warm, of the same random keys.
async fn look_up(
    args: &LookupArgs,
    database: &Database,
    running: &Running,
    orders: u64,
) -> anyhow::Result<Vec<Figure>> {
    let api = running.api.as_deref().context("this collector has no API")?;
    let client = Client::new();
    let mut rng = ChaCha8Rng::seed_from_u64(args.work.seed);
    let keys: Vec<String> = (0..args.lookups)
        .map(|_| {
            let mut keys = well_known_keys(rng.random_range(0..orders));
            std::mem::take(&mut keys[rng.random_range(0..keys.len())])
        })
        .collect();
    let mut figures = Vec::new();
    for (name, cold) in [("cold", true), ("warm", false)] {
        let mut latencies = Histogram::<u64>::new_with_max(LONGEST_NS, 3)?;
        let meters = (running.program.meter()?, database.meter()?);
        let selects_before = database.selects().await?;
        for key in &keys {
            if cold {
                database.drop_caches().await?;
            }
            let started = Instant::now();
            let journey = journey(&client, api, key).await.with_context(|| key.clone())?;
            latencies.saturating_record(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX));
            anyhow::ensure!(journey.span_count == SPANS_PER_ORDER as u64, "{key} has {} spans", journey.span_count);
        }
        let cpu_s = meters.0.read()?.cpu_s + meters.1.read()?.cpu_s;
        for (quantile, value) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("slowest", 1.0)] {
            let ms = latencies.value_at_quantile(value) as f64 / NS_PER_MS;
            figures.push(Figure::new(format!("{name}, {quantile}, ms"), ms));
        }
        figures.push(Figure::new(format!("{name}, CPU, ms per order"), cpu_s * 1e3 / f64::from(args.lookups)));
        // The last question of how many there are is one of them.
        let selects = database.selects().await? - selects_before - 1;
        figures.push(Figure::new(format!("{name}, statements per order"), selects as f64 / f64::from(args.lookups)));
    }
    Ok(figures)
}

async fn journey(client: &Client, api: &str, key: &str) -> anyhow::Result<Journey> {
    let url = format!("{api}{}", ordertrace_api::routes::JOURNEY.replace("{key}", key));
    Ok(client.get(url).send().await?.error_for_status()?.json().await?)
}
