use std::time::Duration;

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
}

impl Default for AlertMetrics {
    fn default() -> Self {
        Self {
            firing: Family::default(),
            messages: Family::default(),
            duration: Histogram::new(exponential_buckets(0.002, 2.0, 14)),
            failures: Counter::default(),
        }
    }
}

impl AlertMetrics {
    /// Makes them part of what `/metrics` shows.
    pub fn register(&self, registry: &mut Registry) {
        let alerts = registry.sub_registry_with_prefix("ordertrace_alerts");
        alerts.register("firing", "Alerts that fire, by rule", self.firing.clone());
        let duration = "From the beginning of a round over all rules to its end";
        alerts.register_with_unit("evaluation_duration", duration, Unit::Seconds, self.duration.clone());
        let failures = "Rules, or whole rounds, that could not be evaluated; the next round does it";
        alerts.register("evaluation_failures", failures, self.failures.clone());
        let messages = "Attempts to tell a receiver, by what became of them";
        registry.register("ordertrace_alert_notifications", messages, self.messages.clone());
    }

    /// A round came to its end, after which these fire.
    pub(super) fn round(&self, took: Duration, rules: &Rules, firing: &[Kept]) {
        self.duration.observe(took.as_secs_f64());
        for rule in rules.iter() {
            let terms = &rule.terms;
            let labels = RuleLabels { rule: terms.rule.clone(), severity: terms.severity.name() };
            let count = firing.iter().filter(|kept| kept.rule == terms.rule).count();
            self.firing.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// A rule or a round could not be evaluated.
    pub(super) fn failure(&self) {
        self.failures.inc();
    }

    /// A receiver was told, or not.
    pub(super) fn told(&self, receiver: &str, outcome: Outcome, messages: usize) {
        let outcome = match outcome {
            Outcome::Sent => "sent",
            Outcome::Failed => "failed",
        };
        let labels = OutcomeLabels { receiver: receiver.to_owned(), outcome };
        self.messages.get_or_create(&labels).inc_by(messages as u64);
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
