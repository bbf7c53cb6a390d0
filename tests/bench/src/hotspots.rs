//! `hotspots`: how long it takes to tell which handoffs cost most, in any hour of a large store.

use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::hotspot::Against;
use ordertrace_collector::hotspots::{Minutes, Rollup};
use ordertrace_collector::moment::Range;
use ordertrace_collector::storage::{Connection, GroupLimits, Retention, Storage};
use tokio::time::Instant;

use crate::cli::WorkArgs;
use crate::database::Database;
use crate::process::Meter;
use crate::report::{Comparison, Figure};

const DATABASE: &str = "ordertrace";
const DAY_S: i64 = 86_400;
const HOUR_S: i64 = 3_600;

/// Both days end here: figures must not depend on when they are taken.
const END_S: i64 = 1_800_057_600;

/// The longest latency told apart, in nanoseconds.
const LONGEST_NS: u64 = 60_000_000_000;

/// Options of `hotspots`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct HotspotsArgs {
    /// Spans of each of two days: attempts as both sides report them
    #[arg(long, default_value_t = 100_000_000)]
    spans: u64,
    /// Handoffs (sender, receiver, operation) that they are of
    #[arg(long, default_value_t = 120)]
    handoffs: u64,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// What is asked for.
const QUESTIONS: [(&str, Option<Against>, Option<u32>); 3] = [
    ("an hour", None, None),
    ("an hour in 20 slices", None, Some(20)),
    ("an hour in 20 slices, beside a day earlier", Some(Against::Day), Some(20)),
];

/// Fills the tables that hotspots are read from, and asks for each hour of the second day.
pub(crate) async fn compare(args: &HotspotsArgs) -> anyhow::Result<Comparison> {
    let folder = tempfile::tempdir_in(args.work.folder()?)?;
    let database = Database::start(folder.path(), args.work.by_statement).await?;
    let connection = Connection::embedded(database.endpoint(), DATABASE);
    // Brings the tables; nothing is stored through it.
    let storage = Storage::open(&connection, GroupLimits::default(), Retention::default()).await?;
    let client = storage.client().clone();
    for hour in 0..2 * DAY_S / HOUR_S {
        let since_s = END_S - 2 * DAY_S + hour * HOUR_S;
        eprintln!("hotspots: hour {} of {}", hour + 1, 2 * DAY_S / HOUR_S);
        for statement in [attempts(args, since_s), costs(args, since_s)] {
            client.query(&statement).execute().await.with_context(|| statement.clone())?;
        }
    }
    for table in ["handoffs_per_minute", "order_costs_per_minute"] {
        client.query(&format!("OPTIMIZE TABLE {table} FINAL")).execute().await.context(table)?;
    }
    let names = QUESTIONS.map(|(name, ..)| name.to_owned()).to_vec();
    let work = vec![format!(
        "The rows that {} M attempts a day, each reported by both sides of one of {} handoffs, leave in the tables that \
         hotspots are read from, for two days; they are made in ClickHouse, not from stored spans. Asked in process for \
         each hour of the second day, one after the other, at odd minutes, {} times.",
        args.spans as f64 / 2e6,
        args.handoffs,
        args.work.rounds,
    )];
    let versions = vec![format!("ClickHouse {}", database.version().await?)];
    let mut comparison = Comparison::new("hotspots", names, versions, work);
    for size in database.sizes(DATABASE).await?.into_iter().filter(|size| size.rows > 0) {
        comparison.note(format!("{}: {} rows, {:.1} MB", size.table, size.rows, size.bytes as f64 / 1e6));
    }
    let rollup = Rollup::new(client, 0);
    for (name, against, slices) in QUESTIONS {
        for round in 1..=args.work.rounds {
            comparison.add(name, round, ask(&database, &rollup, args, (against, slices)).await?);
        }
    }
    drop(storage);
    database.stop().await;
    Ok(comparison)
}

async fn ask(
    database: &Database,
    rollup: &Rollup,
    args: &HotspotsArgs,
    (against, slices): (Option<Against>, Option<u32>),
) -> anyhow::Result<Vec<Figure>> {
    let mut latencies = Histogram::<u64>::new_with_max(LONGEST_NS, 3)?;
    let meters = (Meter::start("this benchmark", std::process::id())?, database.meter()?);
    let end = Timestamp::from_second(END_S)?;
    let hours = DAY_S / HOUR_S - 1;
    for hour in 0..hours {
        let since = end - SignedDuration::from_secs(DAY_S - hour * HOUR_S - 7 * 60);
        let minutes = Minutes::touched(Range::new(since, since + SignedDuration::from_hours(1))?);
        let started = Instant::now();
        let reply = rollup.hotspots(minutes, against, slices, end).await?;
        latencies.saturating_record(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX));
        anyhow::ensure!(reply.handoffs.len() as u64 == args.handoffs, "{} handoffs", reply.handoffs.len());
        let known = reply.handoffs.iter().all(|handoff| handoff.orders.orders > 0 && handoff.figures.p99_ns > 0);
        anyhow::ensure!(known, "{since}: a handoff without orders, or without durations");
    }
    let (own_s, clickhouse_s) = (meters.0.read()?.cpu_s, meters.1.read()?.cpu_s);
    let each = |cpu_s: f64| cpu_s * 1e3 / hours as f64;
    let ms = |quantile| Duration::from_nanos(latencies.value_at_quantile(quantile)).as_secs_f64() * 1e3;
    Ok(vec![
        Figure::new("p50, ms", ms(0.5)),
        Figure::new("slowest, ms", ms(1.0)),
        Figure::new("CPU of ClickHouse, ms each", each(clickhouse_s)),
        Figure::new("CPU of the collector's part, ms each", each(own_s)),
    ])
}

/// Names of the handoff with the number `n`: a dozen systems.
const NAMES: &str =
    "concat('system-', toString(n % 12)) AS to, concat('system-', toString((n + 1 + intDiv(n, 12)) % 12)) AS from,
    concat('POST /operations/', toString(n)) AS asked";

/// An hour of attempts, durations over some three decades.
fn attempts(args: &HotspotsArgs, since_s: i64) -> String {
    let spans = args.spans / 24;
    let HotspotsArgs { handoffs, .. } = args;
    format!(
        "INSERT INTO handoffs_per_minute
         SELECT minute, to, if(side = 0, from, ''), asked, if(side = 0, 'client', 'server'), count(), countIf(took % 97 = 0),
            countIf(took % 89 = 0), sum(took), quantilesDDState(0.01, 0.5, 0.95, 0.99)(took)
         FROM
         (
            SELECT toDateTime({since_s} + 60 * (number % 60), 'UTC') AS minute, intDiv(number, 60) % 2 AS side,
                cityHash64(number, {since_s}) AS chance, chance % {handoffs} AS n,
                toUInt64(exp(14 + 1.2 * sqrt(-2 * log((chance % 999983 + 1) / 999984)) * cos(chance % 6283 / 1000))) AS took, {NAMES}
            FROM numbers({spans})
         )
         GROUP BY minute, to, from, asked, side"
    )
}

/// What orders of these spans spent on each handoff: three currencies, some in an earlier minute too.
fn costs(args: &HotspotsArgs, since_s: i64) -> String {
    let HotspotsArgs { handoffs, .. } = args;
    let each = (args.spans / 2 / 1_440 / args.handoffs / 6).max(1);
    format!(
        "INSERT INTO order_costs_per_minute
         SELECT minute, now64(6, 'UTC'), groupArray(to), groupArray(from), groupArray(asked), groupArray(earlier), groupArray(currency),
            groupArray(toUInt64({each})), groupArray(toUInt64({each})), groupArray(toUInt128({each} * 1000000000)),
            groupArray(toUInt128({each} * 50000000)), groupArray(toDecimal128({each} * 49.95, 9)), groupArray(toDecimal128({each} * 1.5, 9))
         FROM
         (
            SELECT toDateTime({since_s} + 60 * (number % 60), 'UTC') AS minute, intDiv(number, 60) % {handoffs} AS n, {NAMES},
                intDiv(number, 60 * {handoffs}) AS kind, ['EUR', 'GBP', 'USD'][kind % 3 + 1] AS currency,
                if(kind < 3, toDateTime(0, 'UTC'), minute - 60 * (kind + 3)) AS earlier
            FROM numbers(60 * {handoffs} * 6)
         )
         GROUP BY minute"
    )
}
