//! Which handoffs cost most, from what `handoffs_per_minute` adds up.
//!
//! # Which minutes
//!
//! Attempts are added up by the minute in which they started, so a range is [widened](range) to the
//! whole minutes that it touches: what happened in it is never missing. The reply says which
//! minutes. Rates are per second of the time that is over: the minute under way is not taken for a
//! whole one.
//!
//! # Which observer
//!
//! One attempt may be reported from several places: by the client, by a proxy on the way, by the
//! server. [Each attempt is counted once](choice): of the reports about one handoff, those of one
//! observer are taken.
//!
//! 1. A handoff is a sender, a receiver and an operation. Operations that differ only in how they
//!    name a placeholder (`GET /orders/{order}`, `GET /orders/:id`) are one.
//! 2. Receivers do not know who sent. Their reports count, as a handoff of unknown sender, where
//!    nobody who knows the sender reported this receiver and operation in the range; else they
//!    tell of the same attempts and are dropped. The same goes for a proxy that was not told in
//!    front of whom it stands.
//! 3. The caller's side (client, producer, proxy) comes before the receiver's (server, consumer):
//!    what it measured is what the caller waited for.
//! 4. On one side, whoever reported most attempts: others sample, or see only a part. Who stands
//!    nearer to the caller, when they reported equally many.
//!
//! What a range is compared with goes by the same rule for itself. What this cannot see: callers
//! that report nothing, where others report the same operation of the same receiver; and that a
//! message that was sent and one that was processed are the same, for these are two operations.

mod choice;
mod figures;
mod query;
mod range;

pub(crate) use choice::anonymous;
pub use range::{Minutes, RangeError};

use std::collections::{BTreeMap, HashMap};

use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::hotspot::{Against, HANDOFFS_LIMIT, HandoffHotspot, Hotspots, SystemHotspot};

use choice::{Report, choose};
use figures::Sums;

/// Reports read for one range: each handoff from three places.
const REPORTS_LIMIT: usize = 3 * HANDOFFS_LIMIT;

/// Handoffs as they are added up by the minute.
#[derive(Clone)]
pub struct Rollup {
    client: Client,
    kept_days: u32,
}

/// What was read of a range.
#[derive(Debug, Default)]
struct Costs {
    /// Each handoff once.
    handoffs: Vec<Report>,
    /// By receiver.
    systems: BTreeMap<String, Sums>,
    /// Seconds that rates are of.
    seconds: f64,
    more: bool,
}

impl Rollup {
    /// That of one database, which keeps handoffs for so many days; 0 = for ever.
    pub fn new(client: Client, kept_days: u32) -> Self {
        Self { client, kept_days }
    }

    /// What handoffs cost in these minutes, beside what they cost earlier.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn hotspots(
        &self,
        minutes: Minutes,
        against: Option<Against>,
        now: Timestamp,
    ) -> clickhouse::error::Result<Hotspots> {
        let kept = |minutes: Minutes| minutes.kept(self.kept_days, now);
        let earlier = against.map(|against| kept(minutes.earlier(against)));
        let minutes = kept(minutes);
        let (costs, before) = futures::try_join!(self.read(minutes, now), async {
            match earlier {
                Some(earlier) => self.read(earlier, now).await,
                None => Ok(Costs::default()),
            }
        })?;
        Ok(reply(minutes, &costs, earlier, &before))
    }

    async fn read(&self, minutes: Minutes, now: Timestamp) -> clickhouse::error::Result<Costs> {
        let mut reports = query::reports(&self.client, minutes, REPORTS_LIMIT + 1).await?;
        let more = reports.len() > REPORTS_LIMIT;
        if more {
            choice::drop_incomplete(&mut reports);
        }
        let handoffs = choose(reports);
        let mut systems: BTreeMap<String, Sums> = BTreeMap::new();
        for handoff in &handoffs {
            systems.entry(handoff.to.clone()).or_default().add(&handoff.sums);
        }
        Ok(Costs { handoffs, systems, seconds: minutes.over_s(now), more })
    }
}

/// The costliest first; those that cost the same by name, so that two replies are alike.
fn reply(minutes: Minutes, costs: &Costs, earlier: Option<Minutes>, before: &Costs) -> Hotspots {
    let known: HashMap<_, &Sums> = before.handoffs.iter().map(|report| (report.handoff(), &report.sums)).collect();
    let mut handoffs: Vec<&Report> = costs.handoffs.iter().collect();
    handoffs.sort_by_cached_key(|report| (std::cmp::Reverse(report.sums.duration_ns), report.handoff()));
    let more = costs.more || handoffs.len() > HANDOFFS_LIMIT;
    handoffs.truncate(HANDOFFS_LIMIT);
    let mut systems: Vec<(&String, &Sums)> = costs.systems.iter().collect();
    systems.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.duration_ns));
    let handoffs = handoffs.into_iter().map(|report| HandoffHotspot {
        from: Some(report.from.clone()).filter(|from| !from.is_empty()),
        to: report.to.clone(),
        operation: report.operation.clone(),
        observer: report.observer,
        figures: report.sums.figures(costs.seconds),
        before: known.get(&report.handoff()).map(|sums| sums.figures(before.seconds)),
    });
    let systems = systems.into_iter().map(|(system, sums)| SystemHotspot {
        system: system.clone(),
        figures: sums.figures(costs.seconds),
        before: before.systems.get(system).map(|sums| sums.figures(before.seconds)),
    });
    Hotspots {
        range: minutes.into(),
        compared: earlier.map(Into::into),
        handoffs: handoffs.collect(),
        systems: systems.collect(),
        more,
    }
}

#[cfg(test)]
mod tests;
