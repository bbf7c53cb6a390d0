//! Days of orders: findings beside the truth.

mod compare;
mod drive;

use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use ordertrace_shop::Seeds;
use ordertrace_shop::days::{Plan, make};

use self::compare::compare;
use self::drive::{Drive, drive};
use crate::world::World;

/// How findings are held against the truth.
#[derive(Debug, Args)]
pub(crate) struct FindingsRun {
    /// Orders per seed
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    orders: u32,
    /// Seed, or seeds from A to B with both ends
    #[arg(long = "seed", value_name = "S|A..B", default_value = "1..20")]
    seeds: Seeds,
    /// Detectors that look at the same time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=8))]
    detectors: u32,
    /// After so many rounds every detector is gone and another goes on; 0 = never
    #[arg(long, value_name = "ROUNDS", default_value_t = 0)]
    restart_every: u64,
}

/// The simulated days lie in the past: what is ahead of the collector's clock is refused.
const DAYS_AGO: i64 = 70;

impl FindingsRun {
    /// Runs all seeds; whether everything agreed.
    ///
    /// # Errors
    /// When something does not work.
    pub(crate) async fn run(&self) -> anyhow::Result<bool> {
        let begins_at = Timestamp::now() - SignedDuration::from_hours(24 * DAYS_AGO);
        let mut all_agree = true;
        for seed in self.seeds.iter() {
            let began = Instant::now();
            let days = make(&Plan { seed, orders: self.orders, begins_at });
            let world = World::start().await?;
            let bar = ProgressBar::new(days.arrivals.len() as u64);
            bar.set_style(ProgressStyle::with_template("seed {msg} {wide_bar} {pos}/{len} requests, {eta} left")?);
            bar.set_message(seed.to_string());
            let options = Drive { detectors: self.detectors, restart_every: self.restart_every };
            let driven = drive(&world, &days, options, &bar).await?;
            bar.finish_and_clear();
            let found = world.findings(days.expected.len() * 10 + 1_000).await?;
            let compared = compare(&days.expected, &found);
            println!(
                "seed {seed}: {} orders, {} requests, {} rounds, {compared}; {} s, of which {} storing, {} looking",
                self.orders,
                days.arrivals.len(),
                driven.rounds,
                began.elapsed().as_secs(),
                driven.storing.as_secs(),
                driven.looking.as_secs()
            );
            all_agree &= compared.agrees();
            world.stop().await;
        }
        Ok(all_agree)
    }
}
