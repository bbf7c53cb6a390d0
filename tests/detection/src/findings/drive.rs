//! Lets time pass: requests arrive, and detectors look when there is something to be seen.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use ordertrace_collector::detect::Detector;
use ordertrace_shop::days::Days;

use crate::world::World;

/// How the detectors run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drive {
    pub(super) detectors: u32,
    pub(super) restart_every: u64,
}

/// What it took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Driven {
    pub(super) rounds: u64,
    /// Time until requests were stored.
    pub(super) storing: Duration,
    /// Time that detectors looked.
    pub(super) looking: Duration,
}

/// A round is at most this long after what it looks for, as with a detector that looks every second or two.
const STEP: SignedDuration = SignedDuration::from_secs(2);

/// Systems are looked at once a minute, so long after it began.
const LOOK_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// From one look at systems to the next.
const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Requests under way at once.
const AT_ONCE: usize = 64;

/// Sends everything at its time and has everything looked at.
pub(super) async fn drive(world: &World, days: &Days, options: Drive, bar: &ProgressBar) -> anyhow::Result<Driven> {
    let systems = (days.systems.0 + LOOK_AFTER, days.systems.1);
    let mut watch = Watch { world, options, systems, detectors: Vec::new(), driven: Driven::default() };
    let mut arrivals = days.arrivals.as_slice();
    while let Some(first) = arrivals.first() {
        watch.until(first.at).await?;
        let end = first.at + STEP;
        let (now, later) = arrivals.split_at(arrivals.partition_point(|arrival| arrival.at < end));
        let began = Instant::now();
        for together in now.chunks(AT_ONCE) {
            try_join_all(together.iter().map(|arrival| world.send(arrival))).await?;
        }
        watch.driven.storing += began.elapsed();
        bar.inc(now.len() as u64);
        watch.round(end).await?;
        arrivals = later;
    }
    watch.until(days.ends_at).await?;
    watch.round(days.ends_at).await?;
    Ok(watch.driven)
}

struct Watch<'w> {
    world: &'w World,
    options: Drive,
    /// When to look at systems next, and until when.
    systems: (Timestamp, Timestamp),
    detectors: Vec<Detector>,
    driven: Driven,
}

impl Watch<'_> {
    /// Looks at all that is due before `end`.
    async fn until(&mut self, end: Timestamp) -> anyhow::Result<()> {
        while self.systems.0 < end.min(self.systems.1) {
            self.replace_detectors().await?;
            let (now, began) = (self.systems.0, Instant::now());
            try_join_all(self.detectors.iter_mut().map(|detector| detector.look_at_systems(now))).await?;
            self.driven.looking += began.elapsed();
            self.systems.0 = now + LOOK_EVERY;
        }
        while let Some(due_ns) = self.detectors.iter().filter_map(Detector::next_ns).min() {
            let due = Timestamp::from_nanosecond(i128::from(due_ns))? + STEP;
            if due >= end {
                break;
            }
            self.round(due).await?;
        }
        Ok(())
    }

    /// Every detector looks, at the same time.
    async fn round(&mut self, now: Timestamp) -> anyhow::Result<()> {
        self.replace_detectors().await?;
        let began = Instant::now();
        try_join_all(self.detectors.iter_mut().map(async |detector| {
            while detector.round(now).await? {}
            anyhow::Ok(())
        }))
        .await?;
        self.driven.looking += began.elapsed();
        Ok(())
    }

    /// Sees to it that there are detectors, new ones when their time is over.
    async fn replace_detectors(&mut self) -> anyhow::Result<()> {
        if self.options.restart_every > 0 && self.driven.rounds.is_multiple_of(self.options.restart_every) {
            self.detectors.clear();
        }
        while self.detectors.len() < self.options.detectors as usize {
            self.detectors.push(self.world.detector().await?);
        }
        self.driven.rounds += 1;
        Ok(())
    }
}
