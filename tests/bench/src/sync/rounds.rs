//! How long evaluations take, as the collector's own metrics tell while it works.

use std::time::Duration;

use hdrhistogram::Histogram;
use reqwest::Client;
use tokio::time::MissedTickBehavior;

/// Between two looks: rounds of sync begin once a second at most, so that hardly ever two lie between.
const EVERY: Duration = Duration::from_millis(500);

/// The longest told apart, in milliseconds.
const LONGEST_MS: u64 = 600_000;

/// One of the collector's evaluations.
struct Rounds {
    metric: &'static str,
    /// Seconds, and rounds, at the last look.
    before: Option<(f64, f64)>,
    lasted_ms: Histogram<u64>,
}

/// What was seen while readings were told.
pub(super) struct Watch {
    client: Client,
    url: String,
    sync: Rounds,
    alerts: Rounds,
    behind_ms: Histogram<u64>,
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread {
    pub(super) p50: f64,
    pub(super) p95: f64,
    pub(super) max: f64,
}

impl Watch {
    /// Of the collector whose API answers there.
    pub(super) fn new(api: &str) -> anyhow::Result<Self> {
        let rounds = |metric| {
            let lasted_ms = Histogram::new_with_max(LONGEST_MS, 3)?;
            anyhow::Ok(Rounds { metric, before: None, lasted_ms })
        };
        Ok(Self {
            client: Client::new(),
            url: format!("{api}{}", ordertrace_api::routes::METRICS),
            sync: rounds("ordertrace_sync_evaluation_duration_seconds")?,
            alerts: rounds("ordertrace_alerts_evaluation_duration_seconds")?,
            behind_ms: Histogram::new_with_max(LONGEST_MS, 3)?,
        })
    }

    /// Looks for ever.
    pub(super) async fn watch(&mut self) -> anyhow::Result<()> {
        let mut looks = tokio::time::interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let text = self.text().await?;
            self.sync.look(&text);
            self.alerts.look(&text);
            if let Some(behind_s) = value(&text, "ordertrace_sync_behind_seconds") {
                self.behind_ms.saturating_record(whole_ms(behind_s));
            }
        }
    }

    /// Readings that were taken in.
    pub(super) async fn taken(&self) -> anyhow::Result<u64> {
        Ok(value(&self.text().await?, "ordertrace_sync_readings_total").unwrap_or(0.0) as u64)
    }

    /// How long rounds of sync and of alerts lasted, and how far behind evaluation was.
    pub(super) fn seen(&self) -> [(&'static str, Spread); 3] {
        [
            ("sync round", spread(&self.sync.lasted_ms)),
            ("alert round", spread(&self.alerts.lasted_ms)),
            ("behind what is stored", spread(&self.behind_ms)),
        ]
    }

    async fn text(&self) -> anyhow::Result<String> {
        Ok(self.client.get(&self.url).send().await?.error_for_status()?.text().await?)
    }
}

impl Rounds {
    fn look(&mut self, text: &str) {
        let of = |what: &str| value(text, &format!("{}_{what}", self.metric)).unwrap_or(0.0);
        let (sum_s, count) = (of("sum"), of("count"));
        if let Some((sum_before_s, count_before)) = self.before.replace((sum_s, count))
            && count > count_before
        {
            let rounds = count - count_before;
            let each_ms = whole_ms((sum_s - sum_before_s) / rounds);
            self.lasted_ms.saturating_record_n(each_ms, rounds as u64);
        }
    }
}

/// The value of a metric without labels.
fn value(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

fn whole_ms(seconds: f64) -> u64 {
    (seconds * 1e3).round() as u64
}

fn spread(histogram: &Histogram<u64>) -> Spread {
    let at = |quantile| histogram.value_at_quantile(quantile) as f64;
    Spread { p50: at(0.5), p95: at(0.95), max: at(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_what_lies_between_two_looks() {
        let text = |sum: f64, count: u64| {
            format!("# TYPE a_seconds histogram\na_seconds_sum {sum}\na_seconds_count {count}\n")
        };
        let lasted_ms = Histogram::new_with_max(LONGEST_MS, 3).unwrap();
        let mut rounds = Rounds { metric: "a_seconds", before: None, lasted_ms };
        for (sum, count) in [(7.0, 9), (7.0, 9), (7.5, 10), (8.5, 12)] {
            rounds.look(&text(sum, count));
        }
        assert_eq!((rounds.lasted_ms.len(), rounds.lasted_ms.min(), rounds.lasted_ms.max()), (3, 500, 500));
    }
}
