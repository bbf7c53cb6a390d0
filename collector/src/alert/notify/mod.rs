//! Who is told of alerts, once each.
//!
//! A [`teller`] sends what the ledger says. An Alertmanager knows alerts by their labels, so that every collector
//! sends it all. Of other receivers each message is claimed first ([`claims`]), so that of several collectors one
//! sends it, and whether it is [`due`] follows from what is stored.

mod alertmanager;
mod claims;
mod due;
mod message;
mod pagerduty;
mod receiver;
mod slack;
mod teller;
mod webhook;

#[cfg(test)]
pub(super) use message::tests::kept;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::alert::{Alert, ReceiverState, Silence};
use tokio::sync::Notify;

use super::ledger::moment;
use super::metrics::AlertMetrics;
use super::rule::{RuleError, Rules, wrong};
use crate::background;
use crate::settings::AlertSettings;
use receiver::{Receiver, Way};
use teller::{Done, Teller};

/// Those who are told. Clones share how they fare.
#[derive(Clone, Debug, Default)]
pub struct Receivers {
    receivers: Arc<[Receiver]>,
    states: Arc<Mutex<Vec<ReceiverState>>>,
}

/// An alert that could not be silenced.
#[derive(Debug, thiserror::Error)]
pub enum SilenceError {
    /// Nobody keeps silences.
    #[error("no receiver is an Alertmanager, which is who silences; add one to alerts.receivers")]
    Nobody,
    /// An Alertmanager did not take it.
    #[error("{receiver}: {reason}")]
    Refused {
        /// Its name.
        receiver: String,
        /// What it said.
        reason: String,
    },
}

impl Receivers {
    /// Those of the configuration.
    ///
    /// # Errors
    /// [`RuleError`] names the setting that cannot be meant.
    pub fn new(settings: &AlertSettings) -> Result<Self, RuleError> {
        let (mut receivers, mut names) = (Vec::new(), BTreeSet::new());
        for (at, settings) in settings.receivers.iter().enumerate() {
            let path = format!("alerts.receivers[{at}]");
            if settings.name.trim().is_empty() {
                return wrong(format!("{path}.name"), "is empty; rules name receivers by it");
            }
            if !names.insert(&settings.name) {
                let name = &settings.name;
                return wrong(format!("{path}.name"), format!("another receiver is called {name:?} already"));
            }
            receivers.push(Receiver::new(&path, settings)?);
        }
        let state = |receiver: &Receiver| ReceiverState {
            name: receiver.name.clone(),
            kind: receiver.kind().to_owned(),
            ..ReceiverState::default()
        };
        let states = Arc::new(Mutex::new(receivers.iter().map(state).collect()));
        Ok(Self { receivers: receivers.into(), states })
    }

    /// How they fare.
    pub fn states(&self) -> Vec<ReceiverState> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks every Alertmanager to tell nobody of an alert from the first of these times until the second.
    ///
    /// # Errors
    /// [`SilenceError`] when there is none, or one refuses; others may have taken it then.
    pub async fn silence(
        &self,
        alert: &Alert,
        range: (Timestamp, Timestamp),
        who: &str,
        comment: &str,
    ) -> Result<Vec<Silence>, SilenceError> {
        let mut silences = Vec::new();
        for receiver in self.iter().filter(|receiver| matches!(receiver.way, Way::Alertmanager { .. })) {
            let refused = |error: receiver::SendError| SilenceError::Refused {
                receiver: receiver.name.clone(),
                reason: error.to_string(),
            };
            let id = receiver.silence(alert, range, who, comment).await.map_err(refused)?;
            silences.push(Silence { receiver: receiver.name.clone(), id });
        }
        if silences.is_empty() { Err(SilenceError::Nobody) } else { Ok(silences) }
    }

    fn iter(&self) -> impl Iterator<Item = &Receiver> {
        self.receivers.iter()
    }

    /// Notes how a pass ended for one of them.
    fn note(&self, name: &str, done: &Done, now_ms: i64) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = states.iter_mut().find(|state| state.name == name) else { return };
        state.waiting = u32::try_from(done.waiting).unwrap_or(u32::MAX);
        if done.sent > 0 {
            state.sent_at = Some(moment(now_ms));
            state.error = None;
        }
        if let Some(error) = &done.error {
            state.failed_at = Some(moment(now_ms));
            state.error = Some(error.clone());
        }
    }
}

/// Tells receivers for ever; `news` says when there may be something to tell.
pub(super) async fn run(client: Client, rules: Rules, receivers: Receivers, metrics: AlertMetrics, news: &Notify) {
    let mut teller = Teller::new(client, rules, receivers, metrics);
    let mut passes = background::every(teller::EVERY);
    loop {
        tokio::select! {
            _ = passes.tick() => {}
            () = news.notified() => {}
        }
        if let Err(error) = teller.pass().await {
            tracing::warn!(error = %error, "nobody could be told of alerts; they will be");
        }
    }
}

#[cfg(test)]
mod tests {
    use ordertrace_config::parse;

    use super::*;

    fn refused(receivers: &str) -> String {
        let settings = parse(&format!("receivers: {receivers}"), "a").unwrap();
        Receivers::new(&settings).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_no_secret_repeated() {
        for (receivers, told) in [
            ("[{name: a}]", "alerts.receivers[0]: says not how; write one of alertmanager"),
            (
                "[{name: a, slack: {url: {env: X}}, alertmanager: {url: 'http://x'}}]",
                "alerts.receivers[0]: says more than one of",
            ),
            (
                "[{name: a, slack: {url: {env: X}}}, {name: a, slack: {url: {env: X}}}]",
                "alerts.receivers[1].name: another receiver is called \"a\" already",
            ),
            ("[{name: ' ', slack: {url: {env: X}}}]", "alerts.receivers[0].name: is empty"),
            (
                "[{name: a, ca_file: /dev/null, slack: {url: {env: X}}}]",
                "alerts.receivers[0].ca_file: /dev/null: no certificate in it; it must be a PEM file of CA certificates",
            ),
            ("[{name: a, alertmanager: {url: 'am:9093'}}]", "alerts.receivers[0].alertmanager.url: is no http"),
            (
                "[{name: a, webhook: {url: 'https://me:s3cret@x/', secret: {env: X}}}]",
                "alerts.receivers[0].webhook.url: holds credentials",
            ),
        ] {
            let error = refused(receivers);
            assert!(error.starts_with(told) && !error.contains("s3cret"), "{receivers}: {error}");
        }
    }
}
