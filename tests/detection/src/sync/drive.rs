//! Lets time pass: readings arrive, and evaluators take them in.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use ordertrace_collector::storage::now_ms;
use ordertrace_collector::sync::{Evaluator, Pairs, SyncMetrics, SyncView};
use ordertrace_shop::stock::StockDays;

use super::compare::Comparison;
use super::feed::FeedComparison;
use super::said::{pairs, said};
use crate::world::World;

/// How the evaluators run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drive {
    pub(super) evaluators: u32,
    pub(super) restart_every: u64,
    /// From one evaluation to the next.
    pub(super) step: SignedDuration,
    pub(super) begins_at: Timestamp,
}

/// What it took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Driven {
    pub(super) evaluations: u64,
    /// Time until requests were stored.
    pub(super) storing: Duration,
    /// Time of evaluators.
    pub(super) evaluating: Duration,
}

/// Sends everything at its time, has it evaluated step by step and held against the truth each time.
pub(super) async fn drive(
    world: &World,
    days: &StockDays,
    options: Drive,
    (comparison, feed): (&mut Comparison<'_>, &mut FeedComparison<'_>),
    bar: &ProgressBar,
) -> anyhow::Result<Driven> {
    let pairs = pairs()?;
    let view = SyncView::new(world.client(), pairs.clone());
    let (mut driven, mut evaluators) = (Driven::default(), Vec::new());
    let (mut arrivals, mut now) = (days.arrivals.as_slice(), options.begins_at);
    while now < days.ends_at {
        now += options.step;
        let (arrived, later) = arrivals.split_at(arrivals.partition_point(|arrival| arrival.at <= now));
        arrivals = later;
        let began = Instant::now();
        try_join_all(arrived.iter().map(|arrival| world.send(arrival))).await?;
        driven.storing += began.elapsed();
        bar.inc(arrived.len() as u64);
        replace(&mut evaluators, world, &pairs, options, driven.evaluations).await?;
        let began = Instant::now();
        let until_ms = now_ms(&world.client()).await?;
        try_join_all(evaluators.iter_mut().map(|evaluator| evaluator.catch_up(until_ms))).await?;
        driven.evaluating += began.elapsed();
        driven.evaluations += 1;
        let said = said(&view, days.watched.len(), now).await?;
        comparison.drifts(now, &said.drifts);
        feed.compare(now, &said.ages).await?;
        // What is stored in the same millisecond would have been passed by.
        while now_ms(&world.client()).await? <= until_ms {}
    }
    Ok(driven)
}

/// Sees to it that there are evaluators, new ones when their time is over.
async fn replace(
    evaluators: &mut Vec<Evaluator>,
    world: &World,
    pairs: &Pairs,
    options: Drive,
    evaluations: u64,
) -> anyhow::Result<()> {
    if options.restart_every > 0 && evaluations.is_multiple_of(options.restart_every) {
        evaluators.clear();
    }
    while evaluators.len() < options.evaluators as usize {
        evaluators.push(Evaluator::open(world.client(), pairs.clone(), SyncMetrics::default()).await?);
    }
    Ok(())
}
