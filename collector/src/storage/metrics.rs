use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// What became of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupOutcome {
    /// All of it is stored.
    Stored,
    /// Nothing of it, for it held repeats.
    Withdrawn,
    /// Its senders were told to come again.
    Failed,
}

impl GroupOutcome {
    const ALL: [Self; 3] = [Self::Stored, Self::Withdrawn, Self::Failed];

    const fn label(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Withdrawn => "withdrawn",
            Self::Failed => "failed",
        }
    }
}

/// Counts of what was stored since the process started. Clones share the counts.
#[derive(Clone, Debug)]
pub struct StorageMetrics {
    groups: Family<OutcomeLabels, Counter>,
    items: Histogram,
    duration: Histogram,
    completed: Counter,
    stranded: Gauge,
}

impl Default for StorageMetrics {
    fn default() -> Self {
        Self {
            groups: Family::default(),
            items: Histogram::new(exponential_buckets(10.0, 10.0, 5)),
            duration: Histogram::new(exponential_buckets(0.01, 2.0, 12)),
            completed: Counter::default(),
            stranded: Gauge::default(),
        }
    }
}

impl StorageMetrics {
    /// Makes them part of what `/metrics` shows.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("ordertrace_storage");
        registry.register("groups", "Groups of batches, by what became of them", self.groups.clone());
        registry.register("group_items", "Items of a stored group", self.items.clone());
        let duration = "From the first statement for a group to its end";
        registry.register_with_unit("group_duration", duration, Unit::Seconds, self.duration.clone());
        let completed = "Groups that were left half stored and are stored now";
        registry.register("completed_groups", completed, self.completed.clone());
        let stranded = "Groups in the table `frozen` that can no longer be stored safely";
        registry.register("stranded_groups", stranded, self.stranded.clone());
        // Series that are there from the start, so that a first increase is seen as one.
        for outcome in GroupOutcome::ALL {
            drop(self.groups.get_or_create(&OutcomeLabels { outcome: outcome.label() }));
        }
    }

    /// A group of so many items came to its end after so long.
    pub(super) fn group(&self, outcome: GroupOutcome, items: usize, took: Duration) {
        self.groups.get_or_create(&OutcomeLabels { outcome: outcome.label() }).inc();
        self.duration.observe(took.as_secs_f64());
        if outcome == GroupOutcome::Stored {
            self.items.observe(items as f64);
        }
    }

    /// A group that was left is stored.
    pub(super) fn completed(&self) {
        self.completed.inc();
    }

    /// So many groups cannot be.
    pub(super) fn stranded(&self, groups: u64) {
        self.stranded.set(i64::try_from(groups).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = StorageMetrics::default();
        metrics.group(GroupOutcome::Stored, 1_000, Duration::from_millis(30));
        metrics.group(GroupOutcome::Failed, 1_000, Duration::from_millis(30));
        metrics.completed();
        metrics.stranded(2);
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "ordertrace_storage_groups_total{outcome=\"stored\"} 1",
            "ordertrace_storage_groups_total{outcome=\"withdrawn\"} 0",
            "ordertrace_storage_groups_total{outcome=\"failed\"} 1",
            "ordertrace_storage_group_items_count 1",
            "ordertrace_storage_group_duration_seconds_count 2",
            "ordertrace_storage_completed_groups_total 1",
            "ordertrace_storage_stranded_groups 2",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
