//! What one journey spent on its handoffs.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use ordertrace_api::journey::{Attempt, Handoff, Journey, JourneyState, Outcome};
use rust_decimal::Decimal;

use super::SCALE;
use super::loss::Loss;
use crate::flow::Flows;
use crate::hotspots::anonymous;
use crate::journey::{Case, is_listed};
use crate::moment::nanoseconds;

/// Which handoffs of a journey, within which minute.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    /// Start of the minute in which attempts of theirs started, seconds since the Unix epoch.
    pub minute_s: u32,
    /// The key by which the journey is known.
    pub journey: String,
    pub kind: HandoffKind,
}

/// Sender, receiver and operation; all of a receiver's together when it has no operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct HandoffKind {
    pub to: String,
    pub from: String,
    pub operation: String,
}

/// What was spent on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// The minute before this one in which the journey had such a handoff; 0 = none.
    pub earlier_s: u32,
    /// Those that began; what they waited and took is told with them.
    pub handoffs: u32,
    pub waiting_ns: u64,
    pub path_ns: u64,
    /// Empty when what the order is worth is not known.
    pub currency: String,
    /// In billionths.
    pub in_flight: i128,
    /// In billionths.
    pub at_risk: i128,
}

/// What the whole journey spent on handoffs of one kind.
#[derive(Debug, Default)]
struct Spent {
    by_minute: BTreeMap<u32, Cost>,
    /// How long the customer waited for them.
    delay_ns: u64,
    /// Whether the last of them failed.
    failing: bool,
}

/// All that a journey spent; nothing when it is no order.
pub(super) fn costs(case: &Case, flows: &Flows, loss: &Loss) -> BTreeMap<Place, Cost> {
    let journey = &case.journey;
    if !is_listed(journey) {
        return BTreeMap::new();
    }
    let id = journey.id.to_string();
    let worth = flows.worth(&case.sightings);
    let mut costs = BTreeMap::new();
    for (kind, spent) in spent(journey, loss) {
        let (currency, in_flight, at_risk) = match &worth {
            None => (String::new(), 0, 0),
            Some((amount, currency)) => {
                let open = journey.state != JourneyState::Done;
                // What does not get through is at risk as a whole.
                let lost = open && spent.failing;
                let at_risk = if lost { Some(*amount) } else { loss.of(*amount, spent.delay_ns) };
                let in_flight = if open { billionths(*amount) } else { 0 };
                (currency.clone(), in_flight, at_risk.map_or(0, billionths))
            }
        };
        let mut earlier_s = 0;
        for (minute_s, cost) in spent.by_minute {
            let place = Place { minute_s, journey: id.clone(), kind: kind.clone() };
            costs.insert(place, Cost { earlier_s, currency: currency.clone(), in_flight, at_risk, ..cost });
            earlier_s = minute_s;
        }
    }
    costs
}

/// Every minute in which the journey may ever have been said to have had a handoff: any side of any
/// attempt may have been the first that was known of it.
pub(super) fn minutes(journey: &Journey) -> impl Iterator<Item = u32> {
    let attempts = journey.handoffs.iter().flat_map(|handoff| &handoff.attempts);
    let of_attempt = |attempt: &Attempt| {
        let sides = attempt.sides.iter().map(|side| side.started_at);
        sides.chain([attempt.started_at]).map(minute_s).collect::<Vec<_>>()
    };
    attempts.flat_map(of_attempt)
}

fn spent(journey: &Journey, loss: &Loss) -> BTreeMap<HandoffKind, Spent> {
    let mut waited: HashMap<&str, u64> = HashMap::new();
    for wait in &journey.waits {
        *waited.entry(&wait.before).or_default() += wait.duration_ns;
    }
    let goes_on = journey.milestones.iter().find(|milestone| loss.ends_waiting(&milestone.name));
    // Whoever never placed an order may have waited for nothing.
    let waits_until_ns = goes_on.map_or(i64::MIN, |milestone| nanoseconds(milestone.at));
    // Path, and the part of it during which the customer waited.
    let mut path: HashMap<&str, (u64, u64)> = HashMap::new();
    for segment in &journey.critical_path {
        let Some(handoff) = &segment.handoff else { continue };
        let (path_ns, delay_ns) = path.entry(handoff).or_default();
        *path_ns += segment.duration_ns;
        let until_waited = waits_until_ns.saturating_sub(nanoseconds(segment.started_at));
        *delay_ns += segment.duration_ns.min(u64::try_from(until_waited).unwrap_or(0));
    }
    let failing = failing(&journey.handoffs);
    let mut all: BTreeMap<HandoffKind, Spent> = BTreeMap::new();
    for (handoff, failing) in journey.handoffs.iter().zip(failing) {
        let kind = kind(handoff);
        let of_system = HandoffKind { to: kind.to.clone(), ..HandoffKind::default() };
        let (path_ns, delay_ns) = path.get(handoff.id.as_str()).copied().unwrap_or_default();
        let waiting_ns = waited.get(handoff.id.as_str()).copied().unwrap_or_default();
        // Without an operation it is but one of the receiver's.
        let own = (!kind.operation.is_empty()).then_some(kind);
        for kind in own.into_iter().chain([of_system]) {
            let spent = all.entry(kind).or_default();
            spent.delay_ns = spent.delay_ns.saturating_add(delay_ns);
            spent.failing |= failing;
            // Whoever tries for hours has it in all of them.
            for attempt in &handoff.attempts {
                spent.by_minute.entry(minute_s(attempt.started_at)).or_default();
            }
            let cost = spent.by_minute.entry(minute_s(handoff.started_at)).or_default();
            cost.handoffs += 1;
            cost.waiting_ns = cost.waiting_ns.saturating_add(waiting_ns);
            cost.path_ns = cost.path_ns.saturating_add(path_ns);
        }
    }
    all
}

/// Of each handoff, whether its last attempt failed and none of its kind made good for it.
fn failing(handoffs: &[Handoff]) -> Vec<bool> {
    let mut succeeded: HashMap<HandoffKind, Timestamp> = HashMap::new();
    for handoff in handoffs {
        for attempt in handoff.attempts.iter().filter(|attempt| attempt.outcome == Outcome::Ok) {
            let last = succeeded.entry(kind(handoff)).or_insert(attempt.started_at);
            *last = attempt.started_at.max(*last);
        }
    }
    let failed = |handoff: &Handoff| {
        let last = handoff.attempts.last().filter(|last| last.outcome == Outcome::Error)?;
        Some(succeeded.get(&kind(handoff)).is_none_or(|success| *success < last.started_at))
    };
    handoffs.iter().map(|handoff| failed(handoff).unwrap_or(false)).collect()
}

fn kind(handoff: &Handoff) -> HandoffKind {
    HandoffKind {
        to: handoff.to.clone(),
        from: handoff.from.clone().unwrap_or_default(),
        // However it was spelt: an order counts once.
        operation: anonymous(&handoff.operation).into_owned(),
    }
}

/// 0 for amounts that nobody pays.
fn billionths(amount: Decimal) -> i128 {
    let mut scaled = amount;
    scaled.rescale(SCALE);
    // What does not fit with as many decimals comes back with fewer.
    if scaled.scale() == SCALE { scaled.mantissa() } else { 0 }
}

fn minute_s(at: Timestamp) -> u32 {
    (at.as_second().div_euclid(60) * 60).clamp(0, i64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests;
