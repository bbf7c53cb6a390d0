use std::collections::HashMap;
use std::time::{Duration, Instant};

use clickhouse::Client;
use tracing::instrument;

use super::condition::Source;
use super::decision::Decision;
use super::failures::Failures;
use super::ledger::Ledger;
use super::metrics::AlertMetrics;
use super::rule::{Rule, Rules};
use super::state::{Kept, REFRESH_MS, Stage, ended};
use super::whom;
use crate::lines::LinesView;
use crate::storage::now_ms;

/// What nobody looked after for so long is of a rule that is gone: other collectors may be about to learn of it.
const FORGOTTEN_MS: i64 = 5 * REFRESH_MS;

/// Holds rules against what is stored, round by round. All that it knows is stored: any number may do it, and
/// each may end at any time.
pub struct Evaluator {
    client: Client,
    source: Source,
    ledger: Ledger,
    rules: Rules,
    metrics: AlertMetrics,
    failures: Failures,
    /// Who knows which orders hold what; `None` = nobody.
    lines: Option<LinesView>,
}

impl Evaluator {
    /// Of one database.
    pub fn new(client: Client, rules: Rules, metrics: AlertMetrics) -> Self {
        let (source, ledger) = (Source::new(client.clone()), Ledger::new(client.clone()));
        Self { client, source, ledger, rules, metrics, failures: Failures::default(), lines: None }
    }

    /// The same that notes among `failures` what it cannot evaluate.
    #[must_use]
    pub fn telling(self, failures: Failures) -> Self {
        Self { failures, ..self }
    }

    /// The same that names the open orders that are hit.
    #[must_use]
    pub fn naming(self, lines: LinesView) -> Self {
        Self { lines: Some(lines), ..self }
    }

    /// Holds all rules against what is stored, at the present time of ClickHouse's clock, by which all collectors
    /// go. A rule that could not be held against anything leaves its alerts as they are; how many these were.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn round(&self) -> clickhouse::error::Result<usize> {
        self.round_at(now_ms(&self.client).await?).await
    }

    /// The same at `now_ms`, milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    #[instrument(name = "alerts", skip_all)]
    pub async fn round_at(&self, now_ms: i64) -> clickhouse::error::Result<usize> {
        let began = Instant::now();
        let active = self.ledger.active().await?;
        let mut by_rule: HashMap<&str, Vec<&Kept>> = HashMap::new();
        active.iter().for_each(|kept| by_rule.entry(&kept.rule).or_default().push(kept));
        let (mut written, mut failed) = (Vec::new(), 0);
        for rule in self.rules.iter() {
            let active = by_rule.remove(rule.terms.rule.as_str()).unwrap_or_default();
            let looked = self.look(rule, &active, now_ms).await;
            let error = looked.as_ref().err().map(ToString::to_string);
            self.failures.note(&rule.terms.rule, error, now_ms);
            match looked {
                Ok(news) => written.extend(news),
                Err(error) => {
                    failed += 1;
                    self.metrics.failure();
                    tracing::warn!(rule = rule.terms.rule, error = %error, "a rule could not be evaluated; its alerts stay");
                }
            }
        }
        let of_no_rule = by_rule.into_values().flatten();
        let forgotten = of_no_rule.filter(|kept| now_ms.saturating_sub(kept.updated_at_ms) >= FORGOTTEN_MS);
        written.extend(forgotten.map(|kept| ended(kept, now_ms)));
        self.ledger.write(&written).await?;
        self.metrics.round(began.elapsed(), &self.rules, &after(active, written));
        Ok(failed)
    }

    /// What is to be written of one rule's alerts.
    async fn look(&self, rule: &Rule, active: &[&Kept], now_ms: i64) -> clickhouse::error::Result<Vec<Kept>> {
        let seen = rule.condition.see(&self.source, active, rule.limit, now_ms).await?;
        let decision = Decision::new(rule, active, &seen);
        let before = self.ledger.last(&decision.new_ids()).await?;
        let mut news = decision.outcome(&before, now_ms);
        if let Some(lines) = &self.lines
            && let Err(error) = whom::name((lines, &self.source), rule, &mut news, now_ms).await
        {
            // That it fires matters more.
            tracing::warn!(rule = rule.terms.rule, error = %error, "nobody knows who is hit; it is told without");
        }
        Ok(news)
    }
}

/// What is active once this is written.
fn after(active: Vec<Kept>, written: Vec<Kept>) -> Vec<Kept> {
    let mut alerts: HashMap<String, Kept> = HashMap::new();
    for kept in active.into_iter().chain(written) {
        alerts.insert(kept.id.clone(), kept);
    }
    alerts.into_values().filter(|kept| kept.stage == Stage::Firing).collect()
}

/// The longest that a round may take: what hangs is given up, and tried again.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
