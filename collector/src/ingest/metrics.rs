use ordertrace_api::status::{Count, SignalStatus};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::decode::{Adjustment, Refusal};

/// An OTLP signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignalName {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Metric points.
    Metrics,
}

impl SignalName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Logs, Self::Metrics];

    /// As it stands in OTLP's URL paths.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignalLabels {
    signal: &'static str,
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
/// accepted = stored + refused at any moment.
#[derive(Clone, Debug)]
pub struct IngestMetrics {
    accepted: Family<SignalLabels, Counter>,
    stored: Family<SignalLabels, Counter>,
    refused: Family<ReasonLabels, Counter>,
    adjusted: Family<ReasonLabels, Counter>,
    noise: Family<RuleLabels, Counter>,
    requests: Family<RequestLabels, Counter>,
    in_flight_bytes: Gauge,
    noise_rules: Vec<String>,
}

impl IngestMetrics {
    /// All counts at zero.
    pub(super) fn new<'r>(noise_rules: impl Iterator<Item = &'r str>) -> Self {
        Self {
            accepted: Family::default(),
            stored: Family::default(),
            refused: Family::default(),
            adjusted: Family::default(),
            noise: Family::default(),
            requests: Family::default(),
            in_flight_bytes: Gauge::default(),
            noise_rules: noise_rules.map(str::to_owned).collect(),
        }
    }

    /// Makes them part of what `/metrics` shows.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("ordertrace_ingest");
        let items = "Items of well-formed requests";
        registry.register("accepted", items, self.accepted.clone());
        registry.register("stored", "Items whose rows are in ClickHouse", self.stored.clone());
        registry.register("refused", "Items refused, by reason; the sender was told", self.refused.clone());
        registry.register("adjusted", "What was put right on items that are stored", self.adjusted.clone());
        registry.register("noise", "Spans stored but kept out of journeys, by rule", self.noise.clone());
        registry.register("requests", "Requests, by transport and outcome", self.requests.clone());
        let bytes = "Bytes of requests between arrival and reply";
        registry.register("in_flight_bytes", bytes, self.in_flight_bytes.clone());
        // Series that are there from the start, so that a first increase is seen as one.
        for signal in SignalName::ALL {
            let labels = SignalLabels { signal: signal.label() };
            drop((self.accepted.get_or_create(&labels), self.stored.get_or_create(&labels)));
        }
    }

    /// For the API's status.
    pub fn signals(&self) -> Vec<SignalStatus> {
        let status = |signal: SignalName| {
            let signal = signal.label();
            let labels = SignalLabels { signal };
            let refused = Refusal::ALL.map(|reason| Count {
                name: reason.label().to_owned(),
                count: self.refused.get_or_create(&ReasonLabels { signal, reason: reason.label() }).get(),
            });
            SignalStatus {
                signal: signal.to_owned(),
                accepted: self.accepted.get_or_create(&labels).get(),
                stored: self.stored.get_or_create(&labels).get(),
                refused: refused.into_iter().filter(|refused| refused.count > 0).collect(),
            }
        };
        SignalName::ALL.map(status).to_vec()
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

    /// So many items arrived and are stored.
    pub(super) fn add_stored(&self, signal: SignalName, count: u64) {
        let labels = SignalLabels { signal: signal.label() };
        self.accepted.get_or_create(&labels).inc_by(count);
        self.stored.get_or_create(&labels).inc_by(count);
    }

    /// So many items arrived and were refused.
    pub(super) fn add_refused(&self, signal: SignalName, reason: Refusal, count: u64) {
        let signal = signal.label();
        self.accepted.get_or_create(&SignalLabels { signal }).inc_by(count);
        self.refused.get_or_create(&ReasonLabels { signal, reason: reason.label() }).inc_by(count);
    }

    pub(super) fn add_adjusted(&self, signal: SignalName, what: Adjustment, count: u64) {
        self.adjusted.get_or_create(&ReasonLabels { signal: signal.label(), reason: what.label() }).inc_by(count);
    }

    pub(super) fn add_noise(&self, rule: &str) {
        self.noise.get_or_create(&RuleLabels { rule: rule.to_owned() }).inc();
    }

    pub(super) fn add_request(&self, signal: SignalName, transport: &'static str, outcome: &'static str) {
        self.requests.get_or_create(&RequestLabels { signal: signal.label(), transport, outcome }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = IngestMetrics::new(["db-polling"].into_iter());
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        metrics.add_stored(SignalName::Traces, 5);
        metrics.add_refused(SignalName::Traces, Refusal::Time, 2);
        metrics.add_noise("db-polling");
        let status = metrics.signals().remove(0);
        assert_eq!((status.signal.as_str(), status.accepted, status.stored), ("traces", 7, 5));
        assert_eq!(status.refused, [Count { name: "time".to_owned(), count: 2 }]);
        assert_eq!(metrics.noise(), [Count { name: "db-polling".to_owned(), count: 1 }]);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "ordertrace_ingest_accepted_total{signal=\"traces\"} 7",
            "ordertrace_ingest_stored_total{signal=\"logs\"} 0",
            "ordertrace_ingest_refused_total{signal=\"traces\",reason=\"time\"} 2",
            "ordertrace_ingest_noise_total{rule=\"db-polling\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
