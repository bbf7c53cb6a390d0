//! Lets time pass: readings arrive, and evaluators take them in.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::AlertState;
use ordertrace_api::replay::ReplayedAlert;
use ordertrace_collector::alert::{self, AlertMetrics, Moment, Replay, Rules};
use ordertrace_collector::storage::now_ms;
use ordertrace_collector::sync::{Evaluator, Pairs, SyncMetrics, SyncView};
use ordertrace_shop::stock::StockDays;

use super::alerts::rules;
use super::compare::Comparison;
use super::feed::FeedComparison;
use super::said::{alerts, pairs, said};
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
#[derive(Clone, Debug, Default)]
pub(super) struct Driven {
    pub(super) evaluations: u64,
    /// When rules were evaluated.
    pub(super) looks: Vec<Moment>,
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
    let view = SyncView::new(world.client(), pairs.clone()).with_flows(world.flows());
    let rules = rules()?;
    let (mut driven, mut evaluators) = (Driven::default(), Evaluators::default());
    let (mut arrivals, mut now) = (days.arrivals.as_slice(), options.begins_at);
    while now < days.ends_at {
        now += options.step;
        let (arrived, later) = arrivals.split_at(arrivals.partition_point(|arrival| arrival.at <= now));
        arrivals = later;
        let began = Instant::now();
        try_join_all(arrived.iter().map(|arrival| world.send(arrival))).await?;
        driven.storing += began.elapsed();
        bar.inc(arrived.len() as u64);
        evaluators.replace(world, (&pairs, &rules), options, driven.evaluations).await?;
        let began = Instant::now();
        let until_ms = now_ms(&world.client()).await?;
        try_join_all(evaluators.sync.iter_mut().map(|evaluator| evaluator.catch_up(until_ms))).await?;
        // What is stored in the same millisecond would be passed by.
        let known_ms = passed(world).await?;
        let look = Moment { now_ms: now.as_millisecond(), known_ms };
        let failed = try_join_all(evaluators.alerts.iter().map(|evaluator| evaluator.round_at(look.now_ms))).await?;
        anyhow::ensure!(failed.iter().all(|failed| *failed == 0), "a rule could not be evaluated at {now}");
        driven.evaluating += began.elapsed();
        driven.evaluations += 1;
        driven.looks.push(look);
        let said = said(&view, days.watched.len(), now).await?;
        comparison.drifts(now, &said.drifts);
        let firing = alerts(&world.client(), Some(AlertState::Firing)).await?;
        comparison.alerts(now, &firing, &said.drifts)?;
        feed.compare(now, &said.ages, &firing);
    }
    Ok(driven)
}

/// A millisecond by ClickHouse's clock that has passed.
async fn passed(world: &World) -> anyhow::Result<i64> {
    let known_ms = now_ms(&world.client()).await?;
    while now_ms(&world.client()).await? <= known_ms {}
    Ok(known_ms)
}

/// What rules come to when they are held against what was recorded.
pub(super) async fn replay(world: &World, looks: &[Moment]) -> anyhow::Result<Vec<ReplayedAlert>> {
    let (client, rules, mut replay) = (world.client(), rules()?, Replay::default());
    for look in looks {
        replay.look(&client, &rules, *look).await?;
    }
    Ok(replay.into_alerts())
}

/// Those that evaluate at the same time, as many of each.
#[derive(Default)]
struct Evaluators {
    sync: Vec<Evaluator>,
    alerts: Vec<alert::Evaluator>,
}

impl Evaluators {
    /// Sees to it that there are some, new ones when their time is over.
    async fn replace(
        &mut self,
        world: &World,
        (pairs, rules): (&Pairs, &Rules),
        options: Drive,
        evaluations: u64,
    ) -> anyhow::Result<()> {
        if options.restart_every > 0 && evaluations.is_multiple_of(options.restart_every) {
            *self = Self::default();
        }
        while self.sync.len() < options.evaluators as usize {
            self.sync.push(Evaluator::open(world.client(), pairs.clone(), SyncMetrics::default()).await?);
            self.alerts.push(alert::Evaluator::new(world.client(), rules.clone(), AlertMetrics::default()));
        }
        Ok(())
    }
}
