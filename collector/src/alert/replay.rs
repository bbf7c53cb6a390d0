//! Rules held against what was recorded: no alert is written and nobody is told.

use std::collections::HashMap;

use clickhouse::Client;
use ordertrace_api::replay::ReplayedAlert;
use tracing::instrument;

use super::condition::Source;
use super::decision::Decision;
use super::ledger::alert;
use super::rule::{Rule, Rules};
use super::state::{Kept, Stage};

/// Times that something holds which are followed; there it ends.
const MOST_EPISODES: usize = 10_000;

/// A look at what was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time of the look, by which lags and `for` are reckoned, milliseconds since the Unix epoch, as below.
    pub now_ms: i64,
    /// What was written after this is not known yet: by ClickHouse's clock the same, unless time is simulated.
    pub known_ms: i64,
}

/// What rules would have told.
#[derive(Debug, Default)]
pub struct Replay {
    /// Each as it was last.
    known: HashMap<String, Kept>,
    /// How much it was when it fired.
    fired: HashMap<String, String>,
    over: Vec<ReplayedAlert>,
    opened: usize,
}

/// A rule that could not be held against what was recorded.
#[derive(Debug, thiserror::Error)]
#[error("rule {rule:?} at {now_ms} ms could not be evaluated")]
pub struct ReplayError {
    rule: String,
    now_ms: i64,
    source: clickhouse::error::Error,
}

impl Replay {
    /// Looks once more, later than before, at rules that are the same as before.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    #[instrument(name = "replay", skip_all)]
    pub async fn look(&mut self, client: &Client, rules: &Rules, moment: Moment) -> Result<(), ReplayError> {
        let source = Source::at(client.clone(), moment.known_ms);
        for rule in rules.iter() {
            let error = |source| ReplayError { rule: rule.terms.rule.clone(), now_ms: moment.now_ms, source };
            let news = self.news(rule, &source, moment.now_ms).await.map_err(error)?;
            news.into_iter().for_each(|kept| self.take(kept));
        }
        Ok(())
    }

    async fn news(&self, rule: &Rule, source: &Source, now_ms: i64) -> clickhouse::error::Result<Vec<Kept>> {
        let is_active = |kept: &&Kept| kept.rule == rule.terms.rule && kept.stage.is_active();
        let mut active: Vec<&Kept> = self.known.values().filter(is_active).collect();
        active.sort_by_key(|kept| &kept.id);
        let seen = rule.condition.see(source, &active, rule.limit, now_ms).await?;
        // What was known of what is new is among all that is known.
        Ok(Decision::new(rule, &active, &seen).outcome(&self.known, now_ms))
    }

    fn take(&mut self, kept: Kept) {
        let before = self.known.get(&kept.id).filter(|before| before.episode == kept.episode);
        self.opened += usize::from(before.is_none());
        if kept.stage == Stage::Firing && before.is_none_or(|before| before.stage != Stage::Firing) {
            self.fired.insert(kept.id.clone(), kept.value.clone());
        }
        if kept.stage == Stage::Resolved {
            let fired_value = self.fired.remove(&kept.id);
            self.over.push(ReplayedAlert { alert: alert(kept.clone(), None), fired_value });
        }
        self.known.insert(kept.id.clone(), kept);
    }

    /// Whether it would cost too much to go on.
    pub fn is_full(&self) -> bool {
        self.opened >= MOST_EPISODES
    }

    /// What would have been told, and what is about to be, that which began first first.
    pub fn into_alerts(self) -> Vec<ReplayedAlert> {
        let Self { known, mut fired, over: mut alerts, .. } = self;
        let active = known.into_values().filter(|kept| kept.stage.is_active());
        alerts.extend(active.map(|kept| {
            let fired_value = fired.remove(&kept.id);
            ReplayedAlert { alert: alert(kept, None), fired_value }
        }));
        alerts.sort_by(|one, other| {
            let key = |replayed: &ReplayedAlert| (replayed.alert.since, replayed.alert.id.clone());
            key(one).cmp(&key(other))
        });
        alerts
    }
}
