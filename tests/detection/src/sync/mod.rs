//! Days of stock and prices: drifts with what orders explain of them, alerts and the feed's age at every evaluation, and
//! lags in the end, beside the truth.

mod alerts;
mod compare;
mod drive;
mod feed;
mod orders;
mod said;

use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use ordertrace_shop::Seeds;
use ordertrace_shop::stock::{Plan, make};

use self::compare::Comparison;
use self::drive::{Drive, drive, replay};
use self::feed::FeedComparison;
use crate::world::World;

/// How drifts and lags are held against the truth.
#[derive(Debug, Args)]
pub(crate) struct SyncRun {
    /// SKUs per seed
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    skus: u32,
    /// How long the days of a seed are, in hours
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=240))]
    hours: u32,
    /// Seed, or seeds from A to B with both ends
    #[arg(long = "seed", value_name = "S|A..B", default_value = "1..20")]
    seeds: Seeds,
    /// Evaluators at the same time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=8))]
    evaluators: u32,
    /// After so many evaluations every evaluator is gone and another goes on; 0 = never
    #[arg(long, value_name = "EVALUATIONS", default_value_t = 0)]
    restart_every: u64,
    /// Simulated seconds from one evaluation to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(30..=3600))]
    step: u32,
}

impl SyncRun {
    /// Runs all seeds; whether everything agreed.
    ///
    /// # Errors
    /// When something does not work.
    pub(crate) async fn run(&self) -> anyhow::Result<bool> {
        // What is ahead of the collector's clock is refused.
        let begins_at = Timestamp::now() - SignedDuration::from_hours(i64::from(self.hours) + 24);
        let mut all_agree = true;
        for seed in self.seeds.iter() {
            let began = Instant::now();
            let days = make(&Plan { seed, skus: self.skus, hours: self.hours, begins_at });
            let world = World::start().await?;
            let bar = ProgressBar::new(days.arrivals.len() as u64);
            bar.set_style(ProgressStyle::with_template("seed {msg} {wide_bar} {pos}/{len} requests, {eta} left")?);
            bar.set_message(seed.to_string());
            let step = SignedDuration::from_secs(i64::from(self.step));
            let options = Drive { evaluators: self.evaluators, restart_every: self.restart_every, step, begins_at };
            let mut comparison = Comparison::of(&days.watched);
            let mut feed = FeedComparison::new(&days.feed);
            let driven = drive(&world, &days, options, (&mut comparison, &mut feed), &bar).await?;
            bar.finish_and_clear();
            comparison.lags(&said::lags(&world.client()).await?);
            let replayed = replay(&world, &driven.looks).await?;
            comparison.replay(replayed, said::alerts(&world.client(), None).await?);
            println!(
                "seed {seed}: {} SKUs, {} requests, {} evaluations, {feed}, {comparison}; {} s, of which {} storing, {} evaluating",
                self.skus,
                days.arrivals.len(),
                driven.evaluations,
                began.elapsed().as_secs(),
                driven.storing.as_secs(),
                driven.evaluating.as_secs()
            );
            all_agree &= comparison.agrees() && feed.agrees();
            world.stop().await;
        }
        Ok(all_agree)
    }
}
