use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use ordertrace_api::sync::{AgeNow, SyncLag, UnclearIds};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::otlp::{AGE, CONTRADICTING, OtlpMetrics, UNRESOLVED, oldest_s, quantiles};

type Seconds = Gauge<f64, AtomicU64>;

/// A pair of systems; never a SKU or an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PairLabels {
    sync: String,
    source: String,
    target: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QuantileLabels {
    sync: String,
    source: String,
    target: String,
    quantile: &'static str,
}

/// A feed or index of a system; there are few.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AgeLabels {
    entity: &'static str,
    system: String,
    name: String,
}

/// How copies stand. Clones share the counts.
#[derive(Clone, Debug)]
pub struct SyncMetrics {
    readings: Counter,
    failures: Counter,
    duration: Histogram,
    behind: Seconds,
    waiting: Family<PairLabels, Gauge>,
    late: Family<PairLabels, Gauge>,
    oldest: Family<PairLabels, Seconds>,
    lag: Family<QuantileLabels, Seconds>,
    age: Family<AgeLabels, Seconds>,
    unresolved: Gauge,
    contradicting: Gauge,
    otlp: OtlpMetrics,
}

impl Default for SyncMetrics {
    fn default() -> Self {
        Self {
            readings: Counter::default(),
            failures: Counter::default(),
            duration: Histogram::new(exponential_buckets(0.002, 2.0, 14)),
            behind: Seconds::default(),
            waiting: Family::default(),
            late: Family::default(),
            oldest: Family::default(),
            lag: Family::default(),
            age: Family::default(),
            unresolved: Gauge::default(),
            contradicting: Gauge::default(),
            otlp: OtlpMetrics::default(),
        }
    }
}

impl SyncMetrics {
    /// Makes them part of what `/metrics` shows.
    pub fn register(&self, registry: &mut Registry) {
        let sync = registry.sub_registry_with_prefix("ordertrace_sync");
        sync.register("readings", "Readings taken in", self.readings.clone());
        sync.register("failed_rounds", "Rounds that ended early; the next goes on", self.failures.clone());
        let duration = "From the beginning of a round that takes readings in to its end";
        sync.register_with_unit("evaluation_duration", duration, Unit::Seconds, self.duration.clone());
        let behind = "How long ago was stored what was taken in last; it is left alone for three seconds";
        sync.register_with_unit("behind", behind, Unit::Seconds, self.behind.clone());
        sync.register("waiting", "Items of which the target does not show what its source does", self.waiting.clone());
        sync.register("late", "Of these, those that take longer than the target's vendor says", self.late.clone());
        let oldest = "How long ago the first change was made that the target does not show; 0 = it shows all";
        sync.register_with_unit("oldest", oldest, Unit::Seconds, self.oldest.clone());
        let lag = "Time until the target showed a change, of those that arrived within the last hour";
        sync.register_with_unit("lag", lag, Unit::Seconds, self.lag.clone());
        sync.register("unresolved_ids", UNRESOLVED, self.unresolved.clone());
        sync.register("contradicting_ids", CONTRADICTING, self.contradicting.clone());
        sync.register_with_unit("age", AGE, Unit::Seconds, self.age.clone());
    }

    /// So many readings were taken in.
    pub(super) fn taken(&self, readings: usize) {
        self.readings.inc_by(readings as u64);
        self.otlp.readings.add(readings as u64, &[]);
    }

    /// A round took so long, and all that was stored so long ago is taken in.
    pub(super) fn round(&self, took: Duration, behind: Duration) {
        self.duration.observe(took.as_secs_f64());
        self.behind.set(behind.as_secs_f64());
    }

    /// A round ended early.
    pub(super) fn failure(&self) {
        self.failures.inc();
        self.otlp.failures.add(1, &[]);
    }

    /// Feeds and indexes are so old.
    pub(super) fn ages(&self, ages: Vec<AgeNow>) {
        for AgeNow { entity, system, name, age_ms, .. } in ages {
            let labels = AgeLabels { entity: entity.name(), system, name };
            let age_s = age_ms as f64 / 1e3;
            self.age.get_or_create(&labels).set(age_s);
            self.otlp.age(labels.entity, &labels.system, &labels.name, age_s);
        }
    }

    /// So many ids are not clear.
    pub(super) fn unclear(&self, ids: &UnclearIds) {
        self.otlp.unresolved.record(ids.unresolved, &[]);
        self.otlp.contradicting.record(ids.contradicting, &[]);
        self.unresolved.set(whole(ids.unresolved));
        self.contradicting.set(whole(ids.contradicting));
    }

    /// The pairs stand so at `now`.
    pub(super) fn stand(&self, lags: &[SyncLag], now: Timestamp) {
        self.otlp.stand(lags, now);
        for lag in lags {
            let SyncLag { sync, source, target, .. } = lag.clone();
            let pair = PairLabels { sync, source, target };
            self.waiting.get_or_create(&pair).set(whole(lag.waiting));
            self.late.get_or_create(&pair).set(whole(lag.late));
            self.oldest.get_or_create(&pair).set(oldest_s(lag, now));
            for (quantile, lag_ms) in quantiles(lag) {
                let PairLabels { sync, source, target } = pair.clone();
                let labels = QuantileLabels { sync, source, target, quantile };
                // As summaries have it: without observations there is no quantile.
                self.lag.get_or_create(&labels).set(lag_ms.map_or(f64::NAN, |lag_ms| lag_ms / 1e3));
            }
        }
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use ordertrace_api::reading::Entity;

    use super::*;

    #[test]
    fn what_stands_is_shown() {
        let metrics = SyncMetrics::default();
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        metrics.taken(7);
        metrics.round(Duration::from_millis(250), Duration::from_millis(3_250));
        let lag = SyncLag {
            sync: "stock".to_owned(),
            entity: Entity::Inventory,
            source: "wms".to_owned(),
            target: "web".to_owned(),
            arrived: 3,
            p50_ms: Some(1_500.0),
            p95_ms: None,
            p99_ms: None,
            max_ms: None,
            waiting: 2,
            late: 1,
            oldest: Some(Timestamp::UNIX_EPOCH),
            uncertain_ms: 0,
            doubts: Vec::new(),
        };
        metrics.stand(&[lag], Timestamp::from_second(90).unwrap());
        metrics.ages(vec![AgeNow {
            entity: Entity::Feed,
            system: "pim".to_owned(),
            name: "shopping".to_owned(),
            made_at: Timestamp::UNIX_EPOCH,
            age_ms: 90_500,
            told_at: Timestamp::UNIX_EPOCH,
        }]);
        metrics.unclear(&UnclearIds { unresolved: 7, contradicting: 2, examples: Vec::new() });
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let pair = "sync=\"stock\",source=\"wms\",target=\"web\"";
        for line in [
            "ordertrace_sync_readings_total 7".to_owned(),
            "ordertrace_sync_failed_rounds_total 0".to_owned(),
            "ordertrace_sync_evaluation_duration_seconds_sum 0.25".to_owned(),
            "ordertrace_sync_behind_seconds 3.25".to_owned(),
            format!("ordertrace_sync_waiting{{{pair}}} 2"),
            format!("ordertrace_sync_late{{{pair}}} 1"),
            format!("ordertrace_sync_oldest_seconds{{{pair}}} 90"),
            format!("ordertrace_sync_lag_seconds{{{pair},quantile=\"0.5\"}} 1.5"),
            format!("ordertrace_sync_lag_seconds{{{pair},quantile=\"0.99\"}} NaN"),
            "ordertrace_sync_unresolved_ids 7".to_owned(),
            "ordertrace_sync_contradicting_ids 2".to_owned(),
            "ordertrace_sync_age_seconds{entity=\"feed\",system=\"pim\",name=\"shopping\"} 90.5".to_owned(),
        ] {
            assert!(text.contains(&line), "{line} is not in\n{text}");
        }
    }
}
