//! ClickHouse is away for minutes, under load: collectors must not grow, agents take everything in, and afterwards it
//! is all caught up with, fresh data first.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clickhouse::Row;
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::check;
use crate::load::{Home, Ledger, Load, RequestId, SENDERS};
use crate::world::{World, memory_bytes};

/// Load before ClickHouse goes, during which memory is measured to compare with.
const BEFORE: Duration = Duration::from_secs(30);

/// What the collectors may have resident beyond the most they had before.
const GROWTH_BYTES: u64 = 64 << 20;

/// Requests a second of each sender.
const REQUESTS_PER_S: f64 = 20.0;

/// So long after ClickHouse's return fresh data are stored again at the latest.
const GRACE: Duration = Duration::from_secs(20);

/// From then on they are less late than this, while the backlog drains.
const FRESH: Duration = Duration::from_secs(10);

/// An agent with no more undelivered requests than two seconds bring has no backlog.
const FRESH_REQUESTS: u64 = 80;

/// Load goes on for so long after the backlog is gone.
const AFTER: Duration = Duration::from_secs(5);

/// The backlog must be gone after the time that ClickHouse was away and this.
const DRAIN: Duration = Duration::from_secs(180);

/// Between two looks, and every how many looks there is a line.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
const LINE_LOOKS: u32 = 10;

/// What is measured meanwhile.
struct Watch<'w> {
    world: &'w World,
    ledger: &'w Ledger,
    started: Instant,
    looks: u32,
    peak_bytes: [u64; 2],
    latest: Duration,
}

/// Runs it.
///
/// # Errors
/// When anything was not as it should be.
pub(crate) async fn run(root: &Path, ordertrace: &Path, seed: u64, minutes: f64) -> anyhow::Result<()> {
    let world = World::start(root, ordertrace, false).await?;
    let ledger = Arc::new(Ledger::default());
    match watch(&world, &ledger, seed, Duration::from_secs_f64(minutes * 60.0)).await {
        Ok(()) => {
            world.stop().await;
            Ok(())
        }
        Err(error) => {
            let kept = world.keep().await;
            Err(error.context(format!("logs and data are in {}", kept.display())))
        }
    }
}

async fn watch(world: &World, ledger: &Arc<Ledger>, seed: u64, away: Duration) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let patience = BEFORE + away * 2 + DRAIN;
    let load = Load { seed, cycle: 0, requests_per_s: REQUESTS_PER_S, unruly: false, patience };
    let senders: Vec<usize> = (0..SENDERS.len()).collect();
    let outage = async {
        let outcome = outage(world, ledger, away).await;
        stop.cancel();
        outcome
    };
    tokio::try_join!(load.run(world, ledger, &senders, stop.clone()), outage)?;
    world.check_alive().await?;
    check::settled(world).await.context("it does not come to rest")?;
    check::check(world, ledger).await?;
    let entries = ledger.entries();
    let through_agents = entries.values().filter(|entry| matches!(SENDERS[entry.sender].0, Home::Agent(_)));
    let troubled = through_agents.clone().filter(|entry| entry.sent != 1 || entry.acknowledged != 1).count();
    println!(
        "{} requests through agents, {troubled} of them not acknowledged at once; {:?}",
        through_agents.count(),
        ledger.sums()
    );
    anyhow::ensure!(troubled == 0, "agents did not take {troubled} requests at once");
    Ok(())
}

async fn outage(world: &World, ledger: &Ledger, away: Duration) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut watch = Watch { world, ledger, started, looks: 0, peak_bytes: [0; 2], latest: Duration::ZERO };
    watch.look_until("before", Instant::now() + BEFORE).await?;
    let before = watch.peak_bytes;
    world.clickhouse.lock().await.kill().await?;
    watch.look_until("away", Instant::now() + away).await?;
    world.clickhouse.lock().await.restart().await?;
    let back = Instant::now();
    let mut fresh_after = None;
    loop {
        watch.look_until("back", Instant::now()).await?;
        let (late, since_back) = (watch.late().await?, back.elapsed());
        match fresh_after {
            None if late < FRESH => fresh_after = Some(since_back),
            None => anyhow::ensure!(since_back < GRACE, "{GRACE:?} after its return fresh data are {late:?} late"),
            Some(_) => {
                watch.latest = watch.latest.max(late);
                anyhow::ensure!(late < FRESH, "{since_back:?} after its return fresh data are {late:?} late again");
            }
        }
        if fresh_after.is_some() && check::agents_have_at_most(world, FRESH_REQUESTS).await? {
            break;
        }
        anyhow::ensure!(since_back < away + DRAIN, "the backlog is not gone {since_back:?} after its return");
    }
    let drained = back.elapsed();
    watch.look_until("after", Instant::now() + AFTER).await?;
    println!(
        "fresh data were stored again {:.1} s after ClickHouse came back, and then at most {:.1} s late; caught up after \
         {:.1} s; collectors had at most {:?} MB before and {:?} MB in all",
        fresh_after.unwrap_or_default().as_secs_f64(),
        watch.latest.as_secs_f64(),
        drained.as_secs_f64(),
        before.map(|bytes| bytes >> 20),
        watch.peak_bytes.map(|bytes| bytes >> 20),
    );
    for (collector, (before, peak)) in before.into_iter().zip(watch.peak_bytes).enumerate() {
        anyhow::ensure!(
            peak <= before + GROWTH_BYTES,
            "collector {collector} had at most {before} bytes resident before, and {peak} then"
        );
    }
    Ok(())
}

impl Watch<'_> {
    /// Looks at least once.
    async fn look_until(&mut self, phase: &str, until: Instant) -> anyhow::Result<()> {
        let mut ticks = interval(LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.look(phase).await?;
            if Instant::now() >= until {
                return Ok(());
            }
        }
    }

    async fn look(&mut self, phase: &str) -> anyhow::Result<()> {
        let mut now_bytes = [0; 2];
        for (collector, process) in self.world.collectors.iter().enumerate() {
            let pid = process.lock().await.pid().context("a collector is down")?;
            now_bytes[collector] = memory_bytes(pid)?;
            self.peak_bytes[collector] = self.peak_bytes[collector].max(now_bytes[collector]);
        }
        self.looks += 1;
        if self.looks.is_multiple_of(LINE_LOOKS) {
            let sums = self.ledger.sums();
            println!(
                "{:4.0} s {phase}: collectors {:?} MB, spools {:?} MB, {} items acknowledged, sent again {}",
                self.started.elapsed().as_secs_f64(),
                now_bytes.map(|bytes| bytes >> 20),
                check::spool_bytes(self.world).await?.map(|bytes| bytes >> 20),
                sums.acknowledged_items,
                sums.sent_again,
            );
        }
        Ok(())
    }

    /// How far what is stored of what came through each agent is behind what was sent.
    async fn late(&self) -> anyhow::Result<Duration> {
        let mut latest = Duration::ZERO;
        let stored = newest_stored(&self.world.client).await?;
        for (sender, _) in SENDERS.iter().enumerate().filter(|(_, (home, ..))| matches!(home, Home::Agent(_))) {
            let Some(Newest { number, .. }) = stored.iter().find(|newest| newest.sender == sender as u64) else {
                continue;
            };
            let made = self.ledger.newest(RequestId::new(0, sender, 0), RequestId::new(0, sender + 1, 0));
            let behind = made.map_or(0, |made| made.number().saturating_sub(*number));
            latest = latest.max(Duration::from_secs_f64(behind as f64 / REQUESTS_PER_S));
        }
        Ok(latest)
    }
}

#[derive(Debug, Row, Deserialize)]
struct Newest {
    sender: u64,
    number: u64,
}

/// The newest request of each sender of log records and of readings that is stored.
async fn newest_stored(client: &clickhouse::Client) -> anyhow::Result<Vec<Newest>> {
    // Numbers within RequestId.
    let sql =
        "SELECT bitAnd(bitShiftRight(id, 36), 15) AS sender, max(bitAnd(bitShiftRight(id, 8), 268435455)) AS number
        FROM
        (
            SELECT reinterpretAsUInt64(span_id) AS id FROM events WHERE at > now() - INTERVAL 5 MINUTE
            UNION ALL
            SELECT reinterpretAsUInt64(unhex(subject)) FROM readings WHERE at > now() - INTERVAL 5 MINUTE
        )
        GROUP BY sender";
    Ok(client.query(sql).fetch_all().await?)
}
