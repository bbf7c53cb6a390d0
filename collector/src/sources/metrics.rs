use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use ordertrace_api::reading::Entity;
use ordertrace_api::source::{SOURCES_LIMIT, SourceState, SourceStatus};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use tokio_util::sync::CancellationToken;
use tracing::info_span;

use super::view::SourceView;
use crate::background;

/// Time between looks.
const EVERY: Duration = Duration::from_secs(15);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct SourceLabels {
    source: String,
    system: String,
}

/// How sources of readings are. Clones share the figures.
#[derive(Clone, Debug, Default)]
pub struct SourceMetrics {
    up: Family<SourceLabels, Gauge>,
    late: Family<SourceLabels, Gauge>,
    refused: Family<SourceLabels, Gauge>,
    worked_at: Family<SourceLabels, Gauge<f64, AtomicU64>>,
}

impl SourceMetrics {
    /// Makes them part of what `/metrics` shows.
    pub fn register(&self, registry: &mut Registry) {
        let source = registry.sub_registry_with_prefix("ordertrace_source");
        source.register("up", "Whether its readings can be relied on: 0 = failed, stale or missing", self.up.clone());
        source.register("late", "Whether more is there than was read", self.late.clone());
        source.register("refused", "Whether readings of it were refused lately", self.refused.clone());
        let worked_at = "When readings came of it last, or a poll found nothing new, since the Unix epoch; 0 = never";
        source.register_with_unit("worked_at", worked_at, Unit::Seconds, self.worked_at.clone());
    }

    /// Shows these and no others; of two with the same labels the worse, which comes first.
    fn show(&self, sources: &[SourceStatus], before: &mut BTreeSet<SourceLabels>) {
        let mut shown = BTreeSet::new();
        for source in sources.iter().take(SOURCES_LIMIT) {
            let labels = labels(source);
            if shown.contains(&labels) {
                continue;
            }
            let is = |states: &[SourceState]| i64::from(states.contains(&source.state));
            self.up.get_or_create(&labels).set(is(&[SourceState::Late, SourceState::Refused, SourceState::Ok]));
            self.late.get_or_create(&labels).set(is(&[SourceState::Late]));
            self.refused.get_or_create(&labels).set(is(&[SourceState::Refused]));
            let worked_at_s = source.worked_at.map_or(0.0, |at| at.as_millisecond() as f64 / 1e3);
            self.worked_at.get_or_create(&labels).set(worked_at_s);
            shown.insert(labels);
        }
        for gone in before.difference(&shown) {
            self.up.remove(gone);
            self.late.remove(gone);
            self.refused.remove(gone);
            self.worked_at.remove(gone);
        }
        *before = shown;
    }
}

/// The poll's name, or of what the system tells.
fn labels(source: &SourceStatus) -> SourceLabels {
    let entities = || source.entities.iter().map(|entity| Entity::name(*entity)).collect::<Vec<_>>().join(",");
    SourceLabels { source: source.poll.clone().unwrap_or_else(entities), system: source.system.clone() }
}

/// Looks at the sources again and again until `stop`, by the clock `now`.
pub async fn run(view: SourceView, metrics: SourceMetrics, now: fn() -> Timestamp, stop: CancellationToken) {
    let looking = async {
        let mut looks = background::every(EVERY);
        let mut shown = BTreeSet::new();
        loop {
            looks.tick().await;
            match view.sources(now()).await {
                Ok(sources) => metrics.show(&sources, &mut shown),
                Err(error) => tracing::warn!(%error, "how sources of readings are cannot be shown on /metrics"),
            }
        }
    };
    background::until(stop, info_span!("sources"), looking).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(poll: &str, state: SourceState) -> SourceStatus {
        SourceStatus {
            system: "erp".to_owned(),
            poll: Some(poll.to_owned()).filter(|poll| !poll.is_empty()),
            agent: None,
            entities: vec![Entity::Price],
            state,
            since: None,
            reason: None,
            told_at: None,
            worked_at: Timestamp::from_second(90).ok(),
            readings: 0,
            refusal: None,
            interval_ms: None,
        }
    }

    #[test]
    fn the_worse_of_two_is_shown_and_what_is_gone_is_not() {
        let (metrics, mut registry, mut shown) = (SourceMetrics::default(), Registry::default(), BTreeSet::new());
        metrics.register(&mut registry);
        let text = || {
            let mut text = String::new();
            prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
            text
        };
        let polled = [source("stock", SourceState::Failed), source("stock", SourceState::Ok)];
        metrics.show(&[&polled[..], &[source("", SourceState::Late)]].concat(), &mut shown);
        for line in [
            "ordertrace_source_up{source=\"stock\",system=\"erp\"} 0",
            "ordertrace_source_up{source=\"price\",system=\"erp\"} 1",
            "ordertrace_source_late{source=\"price\",system=\"erp\"} 1",
            "ordertrace_source_refused{source=\"price\",system=\"erp\"} 0",
            "ordertrace_source_worked_at_seconds{source=\"stock\",system=\"erp\"} 90",
        ] {
            assert!(text().contains(line), "{line} is not in\n{}", text());
        }
        metrics.show(&[source("", SourceState::Ok)], &mut shown);
        assert!(!text().contains("stock"), "{}", text());
    }
}
