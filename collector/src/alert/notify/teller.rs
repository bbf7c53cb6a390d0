use std::time::Duration;

use clickhouse::Client;
use futures::future::join_all;
use tracing::instrument;

use super::Receivers;
use super::alertmanager::{MOST_AT_ONCE, Told};
use super::claims::Claims;
use super::due::{Standing, Step, may_have_arrived, standing};
use super::message::{Event, Message};
use super::receiver::{Receiver, SendError, Way};
use crate::alert::ledger::Ledger;
use crate::alert::metrics::{AlertMetrics, Outcome};
use crate::alert::rule::Rules;
use crate::alert::state::{Kept, Stage};
use crate::storage::now_ms;

/// What is over is told of for so long, if it could not be before.
const OBSOLETE_AFTER_MS: i64 = 24 * 3_600_000;

/// Alerts that are told of at once; those that fired last go first.
const MOST_ALERTS: usize = 5_000;

/// Messages to a receiver in one pass.
const MOST_MESSAGES: usize = 50;

/// Time between passes when nobody says that there is news.
pub(super) const EVERY: Duration = Duration::from_secs(5);

/// Tells receivers what the ledger says.
pub(super) struct Teller {
    client: Client,
    ledger: Ledger,
    claims: Claims,
    rules: Rules,
    receivers: Receivers,
    metrics: AlertMetrics,
    /// What each receiver that is an Alertmanager was sent.
    told: Vec<Told>,
}

/// Why a pass ended for a receiver.
#[derive(Debug, thiserror::Error)]
enum TellError {
    /// The claims could not be read or written.
    #[error("ClickHouse does not answer")]
    Storage(#[from] clickhouse::error::Error),
    /// The receiver could not be told.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl Teller {
    pub(super) fn new(client: Client, rules: Rules, receivers: Receivers, metrics: AlertMetrics) -> Self {
        let told = receivers.iter().map(|_| Told::default()).collect();
        let (ledger, claims) = (Ledger::new(client.clone()), Claims::new(client.clone()));
        Self { client, ledger, claims, rules, receivers, metrics, told }
    }

    /// Tells all receivers what they do not know yet. Who cannot be told keeps nobody else from it.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    #[instrument(name = "tell", skip_all)]
    pub(super) async fn pass(&mut self) -> clickhouse::error::Result<()> {
        let now_ms = now_ms(&self.client).await?;
        let alerts = self.ledger.to_tell(now_ms.saturating_sub(OBSOLETE_AFTER_MS), MOST_ALERTS).await?;
        let Self { claims, rules, receivers, metrics, told, .. } = self;
        let passes = receivers.iter().zip(told).map(async |(receiver, told)| {
            let meant: Vec<&Kept> = alerts.iter().filter(|kept| is_told(rules, kept, receiver)).collect();
            let done = match &receiver.way {
                Way::Alertmanager { .. } => repeat(receiver, told, &meant, now_ms).await,
                _ => send(receiver, claims, &meant, now_ms).await,
            };
            metrics.told(&receiver.name, Outcome::Sent, done.sent);
            metrics.told(&receiver.name, Outcome::Failed, done.failed);
            if let Some(error) = &done.error {
                tracing::warn!(receiver = receiver.name, error, waiting = done.waiting, "a receiver could not be told");
            }
            receivers.note(&receiver.name, &done, now_ms);
        });
        join_all(passes).await;
        Ok(())
    }
}

/// How a pass over one receiver ended.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Messages that it took.
    pub(super) sent: usize,
    /// Messages that it did not.
    pub(super) failed: usize,
    /// Messages that are still to be sent.
    pub(super) waiting: usize,
    /// Why not.
    pub(super) error: Option<String>,
}

/// Whether an alert is for this receiver: what a rule that is gone leaves behind is for all.
fn is_told(rules: &Rules, kept: &Kept, receiver: &Receiver) -> bool {
    rules.named(&kept.rule).is_none_or(|rule| rule.receivers.contains(&receiver.name))
}

/// Sends an Alertmanager what it would else forget. It knows alerts by their labels: all collectors send all.
async fn repeat(receiver: &Receiver, told: &mut Told, alerts: &[&Kept], now_ms: i64) -> Done {
    let due = told.due(alerts, now_ms);
    let mut done = Done { waiting: due.len(), ..Done::default() };
    for some in due.chunks(MOST_AT_ONCE) {
        if let Err(error) = receiver.post_alerts(some, now_ms).await {
            return Done { failed: some.len(), error: Some(text(&error)), ..done };
        }
        told.sent(some, alerts, now_ms);
        done.sent += some.len();
        done.waiting -= some.len();
    }
    done
}

/// Sends a receiver the messages that no collector has sent it, the oldest first.
async fn send(receiver: &Receiver, claims: &Claims, alerts: &[&Kept], now_ms: i64) -> Done {
    let mut done = Done::default();
    if let Err(error) = try_send(receiver, claims, alerts, now_ms, &mut done).await {
        done.error = Some(text(&error));
    }
    done
}

async fn try_send(
    receiver: &Receiver,
    claims: &Claims,
    alerts: &[&Kept],
    now_ms: i64,
    done: &mut Done,
) -> Result<(), TellError> {
    let id = |message: &Message<'_>| message.id(&receiver.name);
    let firing = alerts.iter().map(|kept| Message::fired(kept));
    let over = alerts.iter().filter(|kept| kept.stage == Stage::Resolved).map(|kept| Message::of(kept));
    let ids: Vec<String> = firing.chain(over).map(|message| id(&message)).collect();
    let attempts = claims.of(&ids).await?;
    let of = |message: &str| attempts.get(message).map_or(&[] as &[_], Vec::as_slice);
    let mut due = Vec::new();
    for kept in alerts {
        let message = Message::of(kept);
        // Nobody wants to know that what they never heard of is over.
        if message.event == Event::Resolved && !may_have_arrived(of(&id(&Message::fired(kept)))) {
            continue;
        }
        let key = id(&message);
        match standing(&key, of(&key), now_ms) {
            Standing::Sent => {}
            Standing::Waits => done.waiting += 1,
            Standing::Due(generation) => due.push((message, key, generation)),
        }
    }
    due.sort_by_key(|(message, _, _)| message.at_ms());
    done.waiting += due.len();
    let mut last = Ok(());
    for (message, key, generation) in due.into_iter().take(MOST_MESSAGES) {
        if !claims.claim(&key, generation).await? {
            done.waiting = done.waiting.saturating_sub(1);
            continue;
        }
        let Err(error) = receiver.send(&message, now_ms).await else {
            claims.close(&key, generation, Step::Sent).await?;
            done.sent += 1;
            done.waiting = done.waiting.saturating_sub(1);
            continue;
        };
        done.failed += 1;
        if !error.is_uncertain() {
            claims.close(&key, generation, Step::Failed).await?;
        }
        if !error.is_of_the_message() {
            return Err(error.into());
        }
        last = Err(error.into());
    }
    last
}

/// An error with its reasons.
fn text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        text = format!("{text}: {reason}");
        source = reason.source();
    }
    text
}
