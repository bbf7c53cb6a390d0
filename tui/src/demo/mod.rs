//! `ordertrace demo`: the simulated shop, an agent, a collector with an embedded ClickHouse
//! and the terminal UI in one command; or, without a terminal, the proof that what is found
//! equals what the shop knows to be true.

mod args;
mod check;
mod live;
mod report;
mod stack;

pub use args::DemoArgs;
pub use live::run_live;
pub use report::{DemoReport, SeedReport};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use ordertrace_shop::{Pace, ShopSettings};

use check::check;
use stack::{ShopStack, Stack};

/// Shoppers at a time without a terminal: enough that requests of many orders overlap.
const CONCURRENCY: usize = 32;

/// Runs the orders of every seed and compares each with its journey.
///
/// # Errors
/// When a part cannot start or breaks; a difference is no error but part of the report.
pub async fn run_headless(args: &DemoArgs) -> anyhow::Result<DemoReport> {
    let stack = Stack::start().await?;
    let mut seeds = Vec::new();
    for seed in args.seeds.iter() {
        let report = run_seed(&stack, seed, args.orders).await.with_context(|| format!("seed {seed}"))?;
        tracing::info!(seed, orders = report.orders, differences = report.differences.len(), "seed done");
        seeds.push(report);
    }
    stack.stop().await;
    Ok(DemoReport { seeds })
}

async fn run_seed(stack: &Stack, seed: u64, orders: u64) -> anyhow::Result<SeedReport> {
    let settings = ShopSettings { seed, pace: Pace::FAST, ..ShopSettings::default() };
    let shop = ShopStack::start(stack, settings).await?;
    let spinner = progress("running orders", None);
    let truth = shop.shop.run_orders(orders, CONCURRENCY).await?;
    shop.finish().await?;
    spinner.finish_and_clear();
    let bar = progress("comparing journeys", Some(truth.orders.len() as u64));
    let report = check(&stack.client, &truth, &bar).await?;
    bar.finish_and_clear();
    Ok(report)
}

/// A bar of known or unknown length on stderr; hidden when that is no terminal.
fn progress(message: &'static str, length: Option<u64>) -> ProgressBar {
    let bar = match length {
        Some(length) => {
            let style = ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len}");
            ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        }
        None => ProgressBar::new_spinner(),
    };
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar.with_message(message)
}
