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
//! 2. Receivers do not know who sent. What they report beyond what those reported who know the
//!    sender counts, as a handoff of unknown sender, from one attempt in twenty on; the rest tells of the
//!    same attempts and is dropped. The same goes for a proxy that was not told in front of whom it
//!    stands. Which attempts these are nobody can say: their durations are taken to be like all that
//!    the receiver reported.
//! 3. The caller's side (client, producer, proxy) comes before the receiver's (server, consumer):
//!    what it measured is what the caller waited for.
//! 4. On one side, whoever reported most attempts: others sample, or see only a part. Who stands
//!    nearer to the caller, when they reported equally many.
//! 5. A message that was sent and one that was processed are the same, where the settings lead from the
//!    destination to the system that processes it.
//!
//! What a range is compared with goes by the same rule for itself.
//!
//! # Orders
//!
//! What [`orders`] spent on them is not in that table, but in one of its own.

mod choice;
mod figures;
pub mod orders;
mod query;
mod range;

pub(crate) use choice::anonymous;
pub use range::Minutes;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::hotspot::{Against, HANDOFFS_LIMIT, HandoffHotspot, HotspotOrdersQuery, Hotspots, SystemHotspot};
use ordertrace_api::keys::Key;

use choice::{Report, choose};
use figures::Sums;
use orders::OrderCosts;
use query::{Slices, Slicing};

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
    /// What orders spent on them.
    orders: OrderCosts,
    /// Seconds that rates are of.
    seconds: f64,
    more: bool,
}

impl Rollup {
    /// That of one database, which keeps handoffs for so many days; 0 = for ever.
    pub fn new(client: Client, kept_days: u32) -> Self {
        Self { client, kept_days }
    }

    /// What handoffs cost in these minutes, beside what they cost earlier; in so many `slices` too.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn hotspots(
        &self,
        minutes: Minutes,
        against: Option<Against>,
        slices: Option<u32>,
        now: Timestamp,
    ) -> clickhouse::error::Result<Hotspots> {
        let kept = |minutes: Minutes| minutes.kept(self.kept_days, now);
        let earlier = against.map(|against| kept(minutes.earlier(against)));
        let minutes = kept(minutes);
        let slicing = slices.map(|slices| minutes.sliced(slices));
        let (costs, before) = futures::try_join!(self.read(minutes, slicing, now), async {
            match earlier {
                Some(earlier) => self.read(earlier, None, now).await,
                None => Ok(Costs::default()),
            }
        })?;
        let mut hotspots = reply(minutes, &costs, earlier, &before);
        hotspots.slice_s = slicing.map(|slicing| slicing.seconds);
        Ok(hotspots)
    }

    /// The orders that had a handoff in these minutes: see [`HotspotOrdersQuery`].
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn orders(
        &self,
        minutes: Minutes,
        wanted: &HotspotOrdersQuery,
        limit: usize,
    ) -> clickhouse::error::Result<Vec<Key>> {
        orders::touched(&self.client, minutes, wanted, limit).await
    }

    async fn read(
        &self,
        minutes: Minutes,
        slicing: Option<Slicing>,
        now: Timestamp,
    ) -> clickhouse::error::Result<Costs> {
        let slices = async {
            match slicing {
                Some(slicing) => query::slices(&self.client, minutes, slicing).await,
                None => Ok(Slices::new()),
            }
        };
        let reports = query::reports(&self.client, minutes, REPORTS_LIMIT + 1);
        let orders = orders::read(&self.client, minutes);
        let (mut reports, mut slices, orders) = futures::try_join!(reports, slices, orders)?;
        let more = reports.len() > REPORTS_LIMIT;
        if more {
            choice::drop_incomplete(&mut reports);
        }
        for Report { from, to, operation, observer, sums } in &mut reports {
            let key = (to.clone(), from.clone(), operation.clone(), *observer);
            sums.slices = slices.remove(&key).unwrap_or_default();
        }
        let handoffs = choose(reports);
        let mut systems: BTreeMap<String, Sums> = BTreeMap::new();
        for handoff in &handoffs {
            systems.entry(handoff.to.clone()).or_default().add(&handoff.sums);
        }
        Ok(Costs { handoffs, systems, orders, seconds: minutes.over_s(now), more })
    }
}

/// A report of the range, none where there was one only before.
type Line<'c> = (Option<&'c Report>, Option<&'c Report>);

/// The costliest first; those that cost the same by name, so that two replies are alike.
fn reply(minutes: Minutes, costs: &Costs, earlier: Option<Minutes>, before: &Costs) -> Hotspots {
    let mut known: HashMap<_, &Report> = before.handoffs.iter().map(|report| (report.handoff(), report)).collect();
    let mut lines: Vec<Line<'_>> =
        costs.handoffs.iter().map(|report| (Some(report), known.remove(&report.handoff()))).collect();
    // Of a range of which not all was read nobody can say what was not in it.
    if !costs.more {
        lines.extend(known.into_values().map(|report| (None, Some(report))));
    }
    let named = |(now, then): &Line<'_>| now.or(*then).map(Report::handoff);
    let spent = |report: &Option<&Report>| report.map_or(0, |report| report.sums.duration_ns);
    lines.sort_by_cached_key(|line| {
        (line.0.is_none(), std::cmp::Reverse((spent(&line.0), spent(&line.1))), named(line))
    });
    let more = costs.more || lines.len() > HANDOFFS_LIMIT;
    lines.truncate(HANDOFFS_LIMIT);
    let listed: BTreeSet<_> = lines.iter().filter_map(named).collect();
    let handoffs = lines.into_iter().filter_map(|(now, then)| {
        let report = now.or(then)?;
        Some(HandoffHotspot {
            from: Some(report.from.clone()).filter(|from| !from.is_empty()),
            to: report.to.clone(),
            operation: report.operation.clone(),
            observer: report.observer,
            figures: now.map_or_else(Sums::default, |now| now.sums.clone()).figures(costs.seconds),
            before: then.map(|then| then.sums.figures(before.seconds)),
            orders: costs.orders.of_handoff(report.handoff(), &listed),
            orders_before: then.map(|then| before.orders.of_handoff(then.handoff(), &listed)),
            slices: now.map(|now| now.sums.slices.clone()).unwrap_or_default(),
        })
    });
    Hotspots {
        range: minutes.into(),
        compared: earlier.map(Into::into),
        orders_until: costs.orders.until,
        slice_s: None,
        handoffs: handoffs.collect(),
        systems: systems(costs, before),
        more,
    }
}

/// As [`reply`] lists handoffs.
fn systems(costs: &Costs, before: &Costs) -> Vec<SystemHotspot> {
    let none = Sums::default();
    let gone = before.systems.keys().filter(|system| !costs.more && !costs.systems.contains_key(*system));
    let mut names: Vec<&String> = costs.systems.keys().chain(gone).collect();
    let spent = |systems: &BTreeMap<String, Sums>, system: &String| systems.get(system).map(|sums| sums.duration_ns);
    names.sort_by_key(|system| std::cmp::Reverse((spent(&costs.systems, system), spent(&before.systems, system))));
    let system = |system: &String| {
        let sums = costs.systems.get(system).unwrap_or(&none);
        let then = before.systems.get(system);
        SystemHotspot {
            system: system.clone(),
            figures: sums.figures(costs.seconds),
            before: then.map(|then| then.figures(before.seconds)),
            orders: costs.orders.of_system(system),
            orders_before: then.map(|_| before.orders.of_system(system)),
            slices: sums.slices.clone(),
        }
    };
    names.into_iter().map(system).collect()
}

#[cfg(test)]
mod tests;
