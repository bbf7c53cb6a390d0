use std::sync::atomic::AtomicU64;
use std::time::Duration;

use ordertrace_api::finding::FindingKind;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

/// What detection does and finds. Clones share the counts.
#[derive(Clone, Debug)]
pub struct DetectionMetrics {
    rounds: Counter,
    failures: Counter,
    journeys: Counter,
    duration: Histogram,
    watched: Gauge,
    lag: Gauge<f64, AtomicU64>,
    open: Family<KindLabels, Gauge>,
}

impl Default for DetectionMetrics {
    fn default() -> Self {
        Self {
            rounds: Counter::default(),
            failures: Counter::default(),
            journeys: Counter::default(),
            duration: Histogram::new(exponential_buckets(0.002, 2.0, 14)),
            watched: Gauge::default(),
            lag: Gauge::default(),
            open: Family::default(),
        }
    }
}

impl DetectionMetrics {
    /// Makes them part of what `/metrics` shows.
    pub fn register(&self, registry: &mut Registry) {
        let detection = registry.sub_registry_with_prefix("ordertrace_detection");
        detection.register("rounds", "Looks at what happened and what is due", self.rounds.clone());
        detection.register("failed_rounds", "Looks that ended early; the next goes on", self.failures.clone());
        detection.register("journeys", "Journeys looked at", self.journeys.clone());
        let duration = "From the beginning of a look to its end";
        detection.register_with_unit("round_duration", duration, Unit::Seconds, self.duration.clone());
        let watched = "Journeys that will be looked at though nothing happens in them";
        detection.register("watched_journeys", watched, self.watched.clone());
        let lag = "How long the oldest news of the latest look had been stored by its end; 0 = there was none";
        detection.register_with_unit("lag", lag, Unit::Seconds, self.lag.clone());
        let findings = registry.sub_registry_with_prefix("ordertrace_findings");
        findings.register("open", "Findings that hold, by kind; counted once a minute", self.open.clone());
        // Series that are there from the start, so that a first increase is seen as one.
        self.open(&[]);
    }

    /// A look came to its end.
    pub(super) fn round(&self, journeys: usize, watched: usize, took: Duration, lag: Option<Duration>) {
        self.rounds.inc();
        self.journeys.inc_by(journeys as u64);
        self.duration.observe(took.as_secs_f64());
        self.watched.set(i64::try_from(watched).unwrap_or(i64::MAX));
        self.lag.set(lag.unwrap_or_default().as_secs_f64());
    }

    /// A look ended early.
    pub(super) fn failure(&self) {
        self.failures.inc();
    }

    /// So many findings of these kinds hold, none of the others.
    pub(super) fn open(&self, counts: &[(FindingKind, u64)]) {
        for kind in FindingKind::ALL {
            let count = counts.iter().find(|(counted, _)| *counted == kind).map_or(0, |(_, count)| *count);
            let gauge = self.open.get_or_create(&KindLabels { kind: kind.name() });
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = DetectionMetrics::default();
        metrics.round(3, 5, Duration::from_millis(40), Some(Duration::from_millis(1_500)));
        metrics.failure();
        metrics.open(&[(FindingKind::RetryStorm, 2)]);
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        metrics.open(&[(FindingKind::RetryStorm, 2)]);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "ordertrace_detection_rounds_total 1",
            "ordertrace_detection_failed_rounds_total 1",
            "ordertrace_detection_journeys_total 3",
            "ordertrace_detection_round_duration_seconds_count 1",
            "ordertrace_detection_watched_journeys 5",
            "ordertrace_detection_lag_seconds 1.5",
            "ordertrace_findings_open{kind=\"retry_storm\"} 2",
            "ordertrace_findings_open{kind=\"double_charge\"} 0",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
