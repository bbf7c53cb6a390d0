//! Whether what the collector found is what the shop did.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use ordertrace_api::journey::{Journey, JourneyQuery};
use ordertrace_shop::compare::compare;
use ordertrace_shop::truth::{OrderTruth, Truth};

use super::report::SeedReport;
use crate::client::{Client, JourneyReply};

/// Orders that are asked for at once.
const AT_ONCE: usize = 4;

/// Compares every order of `truth` with its journey, asked for by each of its keys.
pub(super) async fn check(client: &Client, truth: &Truth, bar: &ProgressBar) -> anyhow::Result<SeedReport> {
    let started = Instant::now();
    let checked: Vec<Checked> = stream::iter(&truth.orders)
        .map(|order| async {
            let checked = check_order(client, order).await;
            bar.inc(1);
            checked
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let count = |of: fn(&OrderTruth) -> usize| truth.orders.iter().map(|order| of(order) as u64).sum();
    Ok(SeedReport {
        seed: truth.seed,
        orders: truth.orders.len() as u64,
        agreeing: checked.iter().filter(|order| order.differences.is_empty()).count() as u64,
        systems: count(|order| order.systems.len()),
        handoffs: count(|order| order.handoffs.len()),
        attempts: count(|order| order.handoffs.iter().map(|handoff| handoff.attempts.len()).sum()),
        keys: count(|order| order.keys.len()),
        handoffs_elsewhere: truth.elsewhere,
        inferred: checked.iter().map(|order| order.inferred).sum(),
        slowest_answer_ms: checked.iter().map(|order| order.slowest).max().unwrap_or_default().as_secs_f64() * 1e3,
        checking_s: started.elapsed().as_secs_f64(),
        differences: checked.into_iter().flat_map(|order| order.differences).collect(),
    })
}

#[derive(Default)]
struct Checked {
    differences: Vec<String>,
    inferred: u64,
    slowest: Duration,
}

async fn check_order(client: &Client, order: &OrderTruth) -> anyhow::Result<Checked> {
    let mut checked = Checked::default();
    let name = |order: &OrderTruth| format!("order {} ({:?})", order.index, order.flow);
    let mut first: Option<Journey> = None;
    for key in &order.keys {
        let started = Instant::now();
        let reply = client.journey(&key.to_string(), JourneyQuery::default()).await?;
        checked.slowest = checked.slowest.max(started.elapsed());
        let journey = match reply {
            JourneyReply::Found(journey) => *journey,
            JourneyReply::Candidates(candidates) => {
                let candidates: Vec<String> = candidates.iter().map(ToString::to_string).collect();
                checked.differences.push(format!("{}: {key} names several journeys: {candidates:?}", name(order)));
                continue;
            }
            JourneyReply::NotFound => {
                checked.differences.push(format!("{}: nothing is found by {key}", name(order)));
                continue;
            }
        };
        match &first {
            None => {
                let differences = compare(order, &journey);
                checked.differences.extend(differences.iter().map(|d| format!("{}: {d}", name(order))));
                checked.inferred = inferred(&journey);
                first = Some(journey);
            }
            Some(first) if *first == journey => {}
            Some(first) => {
                checked.differences.push(format!("{}: {key} leads to another journey than {}", name(order), first.id));
            }
        }
    }
    Ok(checked)
}

fn inferred(journey: &Journey) -> u64 {
    let attempts = journey.handoffs.iter().flat_map(|handoff| &handoff.attempts);
    attempts.filter(|attempt| attempt.joined == ordertrace_api::journey::JoinKind::Inferred).count() as u64
}
