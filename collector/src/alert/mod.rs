//! What somebody must know: rules over drifts, lags and findings, and who is told.
//!
//! Every round each [`rule`]'s [`condition`] reads what it needs of what is stored and holds it against its
//! thresholds; [`state`] makes alerts of that, which the [`ledger`] keeps. Whoever is told is told what the
//! ledger says. So any number of collectors may evaluate at once, and each may end at any time.

mod condition;
mod decision;
mod evaluator;
mod failures;
mod ledger;
mod metrics;
mod notify;
mod observation;
mod replay;
mod rule;
mod scope;
mod state;
mod threshold;
mod whom;

use std::sync::Arc;

use clickhouse::Client;
use ordertrace_config::Duration;
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;
use tracing::info_span;

pub use evaluator::Evaluator;
pub use failures::Failures;
pub use ledger::{Ledger, Wanted};
pub use metrics::AlertMetrics;
pub use notify::{Receivers, SilenceError};
pub use replay::{Moment, Replay, ReplayError};
pub use rule::{RuleError, Rules};

use crate::background;
use crate::lines::LinesView;

/// What the API tells of alerts.
#[derive(Clone)]
pub struct AlertView {
    /// Alerts as they are kept.
    pub ledger: Ledger,
    /// How many rules this collector evaluates.
    pub rules: usize,
    /// Of these, those that cannot be evaluated.
    pub failures: Failures,
    /// Whose turn it is to hold rules against the past: one at a time.
    pub replay: Arc<Mutex<()>>,
    /// Those who are told.
    pub receivers: Receivers,
}

/// Evaluates rules and tells receivers until `stop`.
pub async fn run(
    client: Client,
    (rules, receivers, lines): (Rules, Receivers, LinesView),
    every: Duration,
    (metrics, failures): (AlertMetrics, Failures),
    stop: CancellationToken,
) {
    let evaluator = Evaluator::new(client.clone(), rules.clone(), metrics.clone()).telling(failures).naming(lines);
    let news = Notify::new();
    let evaluating = async {
        let mut rounds = background::every(every.get());
        loop {
            rounds.tick().await;
            let failed = match tokio::time::timeout(evaluator::PATIENCE, evaluator.round()).await {
                Ok(Ok(_)) => {
                    news.notify_one();
                    continue;
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("it took longer than {} s", evaluator::PATIENCE.as_secs()),
            };
            metrics.failure();
            tracing::warn!(error = failed, "alerts could not be evaluated; they will be");
        }
    };
    let telling = notify::run(client, rules, receivers, metrics.clone(), &news);
    let both = async {
        tokio::join!(evaluating, telling);
    };
    background::until(stop, info_span!("alerts"), both).await;
}
