//! What is counted of polls, by source.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Meter;
use crate::poll::{Outcome, PollReport};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfOutcome {
    source: String,
    outcome: &'static str,
}

/// Counts of polls. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct PollMeter {
    polls: Family<OfOutcome, Counter>,
    readings: Family<OfSource, Counter>,
    refused: Family<OfSource, Counter>,
    duration_seconds: Family<OfSource, Gauge<f64, AtomicU64>>,
    /// Unix time of the last poll that did not fail.
    read_at_seconds: Family<OfSource, Gauge<f64, AtomicU64>>,
}

impl Meter {
    /// A poll ended at `ended_at_ns` (Unix time in nanoseconds).
    pub fn polled(&self, source: &str, report: &PollReport, ended_at_ns: u64) {
        let of = OfSource { source: source.to_owned() };
        let meter = &self.polls;
        let outcome = OfOutcome { source: source.to_owned(), outcome: report.outcome.name() };
        meter.polls.get_or_create(&outcome).inc();
        meter.readings.get_or_create(&of).inc_by(report.readings);
        meter.refused.get_or_create(&of).inc_by(report.refused);
        meter.duration_seconds.get_or_create(&of).set(report.duration_ms as f64 / 1e3);
        if report.outcome != Outcome::Failed {
            meter.read_at_seconds.get_or_create(&of).set(ended_at_ns as f64 / 1e9);
        }
    }

    /// Polls of `source` that ended so.
    pub fn polled_count(&self, source: &str, outcome: Outcome) -> u64 {
        let of = OfOutcome { source: source.to_owned(), outcome: outcome.name() };
        self.polls.polls.get(&of).map_or(0, |counter| counter.get())
    }
}

impl PollMeter {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("polls", "Polls by how they went", self.polls.clone());
        registry.register("poll_readings", "Readings that polls gave", self.readings.clone());
        registry.register(
            "poll_refused_readings",
            "Rows, or parts of rows, that were no readings",
            self.refused.clone(),
        );
        let help = "Time that the last poll took";
        registry.register("poll_duration_seconds", help, self.duration_seconds.clone());
        let help = "Unix time of the last poll that did not fail";
        registry.register("poll_read_at_seconds", help, self.read_at_seconds.clone());
    }
}
