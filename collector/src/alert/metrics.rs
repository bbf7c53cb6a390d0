use std::time::Duration;

use opentelemetry::KeyValue;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::rule::Rules;
use super::state::Kept;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RuleLabels {
    rule: String,
    severity: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    receiver: String,
    outcome: &'static str,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The receiver took it.
    Sent,
    /// It did not, or nobody knows.
    Failed,
}

/// What evaluating and telling do. Clones share the counts.
#[derive(Clone, Debug)]
pub struct AlertMetrics {
    firing: Family<RuleLabels, Gauge>,
    messages: Family<OutcomeLabels, Counter>,
    duration: Histogram,
    failures: Counter,
    otlp: OtlpMetrics,
}

/// The same over OTLP, should the environment ask for it; by the rules of OpenTelemetry for Prometheus each has
/// the same name there.
#[derive(Clone, Debug)]
struct OtlpMetrics {
    firing: opentelemetry::metrics::Gauge<u64>,
    messages: opentelemetry::metrics::Counter<u64>,
    duration: opentelemetry::metrics::Histogram<f64>,
    failures: opentelemetry::metrics::Counter<u64>,
}

impl Default for OtlpMetrics {
    fn default() -> Self {
        let meter = opentelemetry::global::meter("ordertrace-collector");
        let duration = meter.f64_histogram("ordertrace.alerts.evaluation_duration").with_unit("s");
        Self {
            firing: meter.u64_gauge("ordertrace.alerts.firing").with_description(FIRING).build(),
            messages: meter.u64_counter("ordertrace.alert.notifications").with_description(MESSAGES).build(),
            duration: duration.with_boundaries(boundaries().collect()).with_description(DURATION).build(),
            failures: meter.u64_counter("ordertrace.alerts.evaluation_failures").with_description(FAILURES).build(),
        }
    }
}

const FIRING: &str = "Alerts that fire, by rule";
const MESSAGES: &str = "Attempts to tell a receiver, by what became of them";
const DURATION: &str = "From the beginning of a round over all rules to its end";
const FAILURES: &str = "Rules, or whole rounds, that could not be evaluated; the next round does it";

/// Seconds.
fn boundaries() -> impl Iterator<Item = f64> {
    exponential_buckets(0.002, 2.0, 14)
}

impl Default for AlertMetrics {
    fn default() -> Self {
        Self {
            firing: Family::default(),
            messages: Family::default(),
            duration: Histogram::new(boundaries()),
            failures: Counter::default(),
            otlp: OtlpMetrics::default(),
        }
    }
}

impl AlertMetrics {
    /// Makes them part of what `/metrics` shows.
    pub fn register(&self, registry: &mut Registry) {
        let alerts = registry.sub_registry_with_prefix("ordertrace_alerts");
        alerts.register("firing", FIRING, self.firing.clone());
        alerts.register_with_unit("evaluation_duration", DURATION, Unit::Seconds, self.duration.clone());
        alerts.register("evaluation_failures", FAILURES, self.failures.clone());
        registry.register("ordertrace_alert_notifications", MESSAGES, self.messages.clone());
    }

    /// A round came to its end, after which these fire.
    pub(super) fn round(&self, took: Duration, rules: &Rules, firing: &[Kept]) {
        self.duration.observe(took.as_secs_f64());
        self.otlp.duration.record(took.as_secs_f64(), &[]);
        for rule in rules.iter() {
            let terms = &rule.terms;
            let labels = RuleLabels { rule: terms.rule.clone(), severity: terms.severity.name() };
            let count = firing.iter().filter(|kept| kept.rule == terms.rule).count();
            self.firing.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
            let of = [KeyValue::new("rule", labels.rule), KeyValue::new("severity", labels.severity)];
            self.otlp.firing.record(count as u64, &of);
        }
    }

    /// A rule or a round could not be evaluated.
    pub(super) fn failure(&self) {
        self.failures.inc();
        self.otlp.failures.add(1, &[]);
    }

    /// A receiver was told, or not.
    pub(super) fn told(&self, receiver: &str, outcome: Outcome, messages: usize) {
        let outcome = match outcome {
            Outcome::Sent => "sent",
            Outcome::Failed => "failed",
        };
        let labels = OutcomeLabels { receiver: receiver.to_owned(), outcome };
        self.messages.get_or_create(&labels).inc_by(messages as u64);
        let of = [KeyValue::new("receiver", labels.receiver), KeyValue::new("outcome", labels.outcome)];
        self.otlp.messages.add(messages as u64, &of);
    }
}

#[cfg(test)]
mod tests {
    use ordertrace_config::parse;

    use super::super::notify::kept;
    use super::*;
    use crate::alert::state::Stage;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = AlertMetrics::default();
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let rules = "rules: [{name: StockDrift, finding: {}}, {name: Other, finding: {}, severity: critical}]";
        let rules = Rules::new(&parse(rules, "a").unwrap(), &[]).unwrap();
        metrics.round(Duration::from_millis(40), &rules, &[kept(Stage::Firing)]);
        metrics.failure();
        metrics.told("hook", Outcome::Sent, 2);
        metrics.told("hook", Outcome::Failed, 0);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "ordertrace_alerts_firing{rule=\"StockDrift\",severity=\"warning\"} 1",
            "ordertrace_alerts_firing{rule=\"Other\",severity=\"critical\"} 0",
            "ordertrace_alerts_evaluation_duration_seconds_count 1",
            "ordertrace_alerts_evaluation_failures_total 1",
            "ordertrace_alert_notifications_total{receiver=\"hook\",outcome=\"sent\"} 2",
            "ordertrace_alert_notifications_total{receiver=\"hook\",outcome=\"failed\"} 0",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
