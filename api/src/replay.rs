//! Rules held against a time that is past: what they would have told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::Alert;

/// Query of [`RULES_REPLAY`](crate::routes::RULES_REPLAY). Its body is a part of a collector's configuration, `sync`
/// and `alerts`, as YAML or JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayQuery {
    /// From then on; an hour before the end unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Until then; now unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Seconds from one look to the next; `alerts.every` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_s: Option<u32>,
    /// Only this rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// Reply of [`RULES_REPLAY`](crate::routes::RULES_REPLAY).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReplayReply {
    /// The first look.
    pub since: Timestamp,
    /// No look was after this.
    pub until: Timestamp,
    /// From one look to the next.
    pub step_s: u32,
    /// How many rules were held against it.
    pub rules: u32,
    /// What would have been told, and what was about to be in the end, that which began first first.
    pub alerts: Vec<ReplayedAlert>,
    /// Whether the limit cut it: it ends where the limit was reached.
    pub more: bool,
    /// Why nothing may have been found though there was something.
    pub notes: Vec<String>,
}

/// One time in which a rule would have held for one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReplayedAlert {
    /// As it was at its end, or at the end of the range.
    pub alert: Alert,
    /// How much it was when it fired, with its unit; `null` while it is pending.
    pub fired_value: Option<String>,
}
