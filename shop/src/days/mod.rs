//! Days of a shop without running it: orders as the telemetry that their systems would send, under
//! a simulated clock, with faults at known orders and much that looks like one and is none.
//!
//! [`make`] plans each order's [`life`], lets its systems [tell](telling) of it, and puts what
//! they send into the order in which it arrives: late, twice, out of order. What is expected of
//! detection is written down from what was planned, never from what was sent.
//!
//! Before the first order systems speak to each other for some hours of which orders know nothing
//! ([`traffic`]): there one falls silent, and one is asked again and again.

mod expected;
mod life;
pub(crate) mod otlp;
mod story;
mod telling;
mod traffic;

pub use expected::{Expected, Subject, Wrong};

use jiff::Timestamp;

use crate::chance::Seed;
use life::Life;
use story::Story;
use telling::Told;

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Equal seeds give equal days.
    pub seed: u64,
    /// Number of orders.
    pub orders: u32,
    /// When the first order is placed.
    pub begins_at: Timestamp,
}

/// What arrives, and what is to be found in it.
#[derive(Clone, Debug)]
pub struct Days {
    /// Requests by the time at which they arrive.
    pub arrivals: Vec<Arrival>,
    /// What detection must say in the end, nothing else.
    pub expected: Vec<Expected>,
    /// From when until when to look at systems, once a minute; after it nothing is known of them.
    pub systems: (Timestamp, Timestamp),
    /// When every deadline has passed.
    pub ends_at: Timestamp,
}

/// A request on its way to the collector.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// When it arrives.
    pub at: Timestamp,
    /// Which signal it is of.
    pub signal: Signal,
    /// The OTLP request in Protobuf.
    pub body: Vec<u8>,
}

/// Which OTLP service a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records: business events, and readings of systems that send events.
    Logs,
    /// Gauges: readings.
    Metrics,
}

/// Milliseconds from one order to the next.
const SPACING_MS: u64 = 300;

/// Longer than any deadline of the flow of a shop, and than an order takes.
const LASTS_S: i64 = 60 * 86_400;

/// Makes the days of a plan.
pub fn make(plan: &Plan) -> Days {
    let seed = Seed(plan.seed);
    let traffic::Traffic { mut arrivals, mut expected, begins_at, ends_at } = traffic::make(seed, plan.begins_at);
    let systems = (begins_at, ends_at);
    for index in 0..plan.orders {
        let story = Story::new(seed, index, plan.begins_at, u64::from(index) * SPACING_MS);
        let life = Life::planned(seed, index);
        let told = telling::tell(&life, &story);
        expected.extend(expected::expect(&life, &story, &told));
        arrivals.extend(told.into_iter().flat_map(Told::into_arrivals));
    }
    arrivals.sort_by_key(|arrival| arrival.at);
    let ends_at = plan.begins_at.saturating_add(jiff::SignedDuration::from_secs(LASTS_S));
    Days { arrivals, expected, systems, ends_at: ends_at.unwrap_or(Timestamp::MAX) }
}

#[cfg(test)]
mod tests;
