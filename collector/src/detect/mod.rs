//! What is wrong with journeys: flows and what was reached in, findings out.
//!
//! The way of the data: the [`feed`] tells in which journeys something happened, [`watches`] which
//! are worth another look though nothing did. These are put together whole, [`examine`]d by the
//! [`rules`] of their flow, and what these say is [`reconcile`]d with what is in the [`ledger`].
//! Whatever the [`Detector`] knows it could read again: any number of collectors may detect at once,
//! each may end at any time, and the findings are the same.

mod detector;
mod exposure;
mod feed;
mod ledger;
mod metrics;
mod occurrence;
mod progress;
mod reached;
mod reconcile;
mod rules;
mod silence;
mod storms;
mod verdict;
mod watches;

pub use detector::{Detection, Detector, run};
pub use ledger::{Ledger, Wanted};
pub use metrics::DetectionMetrics;
pub use progress::progress;
pub use verdict::{Fault, Verdict};

use jiff::Timestamp;

use crate::flow::Flows;
use crate::journey::Sighting;
use crate::settings::FlowSettings;

/// The kind of the keys under which findings about handoffs are kept.
const HANDOFF: &str = "handoff";

const MINUTE_NS: i64 = 60_000_000_000;

/// The minute since the Unix epoch in which `at` lies.
fn minute_of(at: Timestamp) -> u32 {
    u32::try_from(at.as_second().div_euclid(60)).unwrap_or(0)
}

/// What the rules of its flow say of a journey that reached this, at `now_ns` (nanoseconds since the
/// Unix epoch); `None` when it is of no flow. The order of `sightings` does not matter.
pub fn examine<'f>(flows: &'f Flows, sightings: &[Sighting], now_ns: i64) -> Option<(&'f FlowSettings, Verdict)> {
    let reached = reached::Reached::new(sightings);
    let flow = flows.of(|milestone| reached.first(milestone).is_some())?;
    Some((flow, rules::apply(&rules::Context { flow, reached, now_ns })))
}

#[cfg(test)]
mod tests;
