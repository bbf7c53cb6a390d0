use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use ordertrace_api::status::{Count, OTHER_SENDERS, SENDERS_LIMIT};
use ordertrace_otlp::Signal;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::decode::Adjustment;

/// Of what, and from whom.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// What.
    pub(super) signal: Signal,
    sender: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignalLabels {
    signal: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabels {
    signal: &'static str,
    sender: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusedLabels {
    signal: &'static str,
    sender: Arc<str>,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    signal: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RuleLabels {
    rule: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    signal: &'static str,
    transport: &'static str,
    outcome: &'static str,
}

/// Counts of what arrived since the process started. Clones share the counts.
/// accepted = stored + refused at any moment. The sums over all collectors and restarts are in
/// the table `audit`.
#[derive(Clone, Debug)]
pub struct IngestMetrics {
    accepted: Family<SourceLabels, Counter>,
    stored: Family<SourceLabels, Counter>,
    refused: Family<RefusedLabels, Counter>,
    repeated: Family<SignalLabels, Counter>,
    adjusted: Family<ReasonLabels, Counter>,
    noise: Family<RuleLabels, Counter>,
    requests: Family<RequestLabels, Counter>,
    in_flight_bytes: Gauge,
    noise_rules: Vec<String>,
    senders: Arc<Mutex<HashSet<Arc<str>>>>,
}

impl IngestMetrics {
    /// All counts at zero.
    pub(super) fn new<'r>(noise_rules: impl Iterator<Item = &'r str>) -> Self {
        Self {
            accepted: Family::default(),
            stored: Family::default(),
            refused: Family::default(),
            repeated: Family::default(),
            adjusted: Family::default(),
            noise: Family::default(),
            requests: Family::default(),
            in_flight_bytes: Gauge::default(),
            noise_rules: noise_rules.map(str::to_owned).collect(),
            senders: Arc::default(),
        }
    }

    /// Makes them part of what `/metrics` shows.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("ordertrace_ingest");
        let items = "Items whose senders were told that they are stored or refused for good";
        registry.register("accepted", items, self.accepted.clone());
        registry.register("stored", "Items whose rows are in ClickHouse", self.stored.clone());
        registry.register("refused", "Items refused, by reason; the sender was told", self.refused.clone());
        registry.register("repeated", "Requests that were stored before", self.repeated.clone());
        registry.register("adjusted", "What was put right on items that are stored", self.adjusted.clone());
        registry.register("noise", "Spans stored but kept out of journeys, by rule", self.noise.clone());
        registry.register("requests", "Requests, by transport and outcome", self.requests.clone());
        let bytes = "Bytes of requests between arrival and reply";
        registry.register("in_flight_bytes", bytes, self.in_flight_bytes.clone());
    }

    /// Spans kept out of journeys, by rule.
    pub fn noise(&self) -> Vec<Count> {
        let count = |rule: &String| Count {
            name: rule.clone(),
            count: self.noise.get_or_create(&RuleLabels { rule: rule.clone() }).get(),
        };
        self.noise_rules.iter().map(count).collect()
    }

    pub(super) fn in_flight_bytes(&self) -> Gauge {
        self.in_flight_bytes.clone()
    }

    /// Where items of a request are counted.
    pub(super) fn source(&self, signal: Signal, sender: &str) -> Source {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match senders.get(sender) {
            Some(known) => Arc::clone(known),
            None => {
                let sender = Arc::from(if senders.len() < SENDERS_LIMIT { sender } else { OTHER_SENDERS });
                senders.insert(Arc::clone(&sender));
                sender
            }
        };
        Source { signal, sender }
    }

    /// So many items of a request are stored, and so many are not for these reasons.
    pub(super) fn add_items(&self, source: &Source, stored: u64, refused: &[(&'static str, u64)]) {
        let signal = source.signal.name();
        let labels = SourceLabels { signal, sender: Arc::clone(&source.sender) };
        let refused_items: u64 = refused.iter().map(|(_, count)| count).sum();
        self.accepted.get_or_create(&labels).inc_by(stored + refused_items);
        self.stored.get_or_create(&labels).inc_by(stored);
        for (reason, count) in refused {
            let labels = RefusedLabels { signal, sender: Arc::clone(&source.sender), reason };
            self.refused.get_or_create(&labels).inc_by(*count);
        }
    }

    /// A request was stored before.
    pub(super) fn add_repeated(&self, signal: Signal) {
        self.repeated.get_or_create(&SignalLabels { signal: signal.name() }).inc();
    }

    pub(super) fn add_adjusted(&self, signal: Signal, what: Adjustment, count: u64) {
        self.adjusted.get_or_create(&ReasonLabels { signal: signal.name(), reason: what.label() }).inc_by(count);
    }

    pub(super) fn add_noise(&self, rule: &str) {
        self.noise.get_or_create(&RuleLabels { rule: rule.to_owned() }).inc();
    }

    pub(super) fn add_request(&self, signal: Signal, transport: &'static str, outcome: &'static str) {
        self.requests.get_or_create(&RequestLabels { signal: signal.name(), transport, outcome }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(metrics: &IngestMetrics) -> String {
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = IngestMetrics::new(["db-polling"].into_iter());
        let source = metrics.source(Signal::Traces, "oms");
        metrics.add_items(&source, 5, &[("time", 2)]);
        metrics.add_repeated(Signal::Logs);
        metrics.add_noise("db-polling");
        assert_eq!(metrics.noise(), [Count { name: "db-polling".to_owned(), count: 1 }]);
        let text = shown(&metrics);
        for line in [
            "ordertrace_ingest_accepted_total{signal=\"traces\",sender=\"oms\"} 7",
            "ordertrace_ingest_stored_total{signal=\"traces\",sender=\"oms\"} 5",
            "ordertrace_ingest_refused_total{signal=\"traces\",sender=\"oms\",reason=\"time\"} 2",
            "ordertrace_ingest_repeated_total{signal=\"logs\"} 1",
            "ordertrace_ingest_noise_total{rule=\"db-polling\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn senders_beyond_so_many_are_counted_together() {
        let metrics = IngestMetrics::new(std::iter::empty());
        for n in 0..SENDERS_LIMIT + 50 {
            metrics.add_items(&metrics.source(Signal::Logs, &format!("sender-{n}")), 1, &[]);
        }
        metrics.add_items(&metrics.source(Signal::Logs, "sender-0"), 1, &[]);
        let text = shown(&metrics);
        assert!(text.contains("stored_total{signal=\"logs\",sender=\"sender-0\"} 2"), "{text}");
        assert!(text.contains("stored_total{signal=\"logs\",sender=\"other\"} 50"), "{text}");
        assert_eq!(text.lines().filter(|line| line.contains("stored_total{")).count(), SENDERS_LIMIT + 1);
    }
}
