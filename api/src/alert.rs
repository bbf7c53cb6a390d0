//! Alerts: what rules over findings, drifts and lags say somebody must know.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::Severity;

/// Query of [`ALERTS`](crate::routes::ALERTS). Those that fire come first, the worst of them first, then
/// those that may, then those that did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertsQuery {
    /// Only those that are active, or were resolved at or after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only those that began before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only of this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<AlertState>,
    /// Only of this rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Only those whose id begins so: up to 32 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// At most this many, 1 to 1000; 200 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Reply of [`ALERTS`](crate::routes::ALERTS).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AlertsReply {
    /// Alerts.
    pub alerts: Vec<Alert>,
    /// Whether the limit cut the list.
    pub more: bool,
    /// How many rules this collector evaluates; 0 = it alerts nobody.
    pub rules: u32,
    /// Rules that this collector cannot evaluate: their alerts stay as they are.
    pub failures: Vec<RuleFailure>,
    /// How this collector fares with those whom it tells.
    pub receivers: Vec<ReceiverState>,
}

/// A rule that could not be evaluated when it was tried last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RuleFailure {
    /// Its name.
    pub rule: String,
    /// Why not.
    pub error: String,
    /// Since when it cannot be.
    pub since: Timestamp,
}

/// One time in which a rule held for one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Alert {
    /// 32 hexadecimal digits: the rule and the thing, whichever collector saw it and however often.
    pub id: String,
    /// How often it came, this time included.
    pub episode: u32,
    /// Name of the rule.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whether anybody must know.
    pub state: AlertState,
    /// What it is about: `sync`, `target`, `sku`, `location`, `order`, ... and the labels of the rule.
    pub labels: BTreeMap<String, String>,
    /// What is wrong, in a sentence.
    pub says: String,
    /// How much, with its unit.
    pub value: String,
    /// Who is hit: orders and their money, in a sentence; empty = nobody knows.
    pub hit: String,
    /// The command that shows more.
    pub look: String,
    /// Where it is written what to do.
    pub runbook: Option<String>,
    /// Since when the threshold is passed without a break.
    pub since: Timestamp,
    /// Since when it fires: the threshold was passed for as long as the rule wants.
    pub fired_at: Option<Timestamp>,
    /// When it ceased to hold.
    pub resolved_at: Option<Timestamp>,
    /// When it was last held against the rule.
    pub updated_at: Timestamp,
    /// Who takes care of it.
    pub acknowledgement: Option<Acknowledgement>,
}

/// Whether anybody must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// The threshold is passed, not yet for as long as the rule wants.
    Pending,
    /// It must be known.
    Firing,
    /// It is over.
    Resolved,
}

/// Somebody says that they take care of an alert. It goes on to fire, and silences nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Acknowledgement {
    /// Who.
    pub who: String,
    /// What they say; may be empty.
    pub note: String,
    /// When they said it.
    pub at: Timestamp,
}

/// Body of a `POST` to [`ALERT_ACKNOWLEDGEMENT`](crate::routes::ALERT_ACKNOWLEDGEMENT).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeRequest {
    /// Who takes care of it.
    pub who: String,
    /// What they say.
    #[serde(default)]
    pub note: String,
}

/// Body of a `POST` to [`ALERT_SILENCE`](crate::routes::ALERT_SILENCE).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SilenceRequest {
    /// For how long, seconds, at most 30 days.
    pub duration_s: u32,
    /// Who wants it.
    pub who: String,
    /// Why.
    pub comment: String,
}

/// Reply to a [`SilenceRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SilenceReply {
    /// The silence of each Alertmanager, by receiver.
    pub silences: Vec<Silence>,
    /// Until when.
    pub until: Timestamp,
}

/// A silence that Alertmanager keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Silence {
    /// The receiver.
    pub receiver: String,
    /// Its id there.
    pub id: String,
}

/// How a collector fares with a receiver since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReceiverState {
    /// Its name.
    pub name: String,
    /// alertmanager, webhook, slack or pagerduty.
    pub kind: String,
    /// When it last took a message.
    pub sent_at: Option<Timestamp>,
    /// When it last did not.
    pub failed_at: Option<Timestamp>,
    /// Why not.
    pub error: Option<String>,
    /// Messages that wait to be sent.
    pub waiting: u32,
}

impl AlertState {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Firing, Self::Resolved];

    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }

    /// Reverse of [`name`](Self::name).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}
