use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keys::Key;

/// One system passing work to another, however many attempts it took and whoever saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Handoff {
    /// Unique within the journey and stable while it grows: trace and span id of the first
    /// attempt as its outermost observer saw it.
    pub id: String,
    /// The system that handed on; unknown when only the receiver reported and its caller
    /// left no trace.
    pub from: Option<String>,
    /// The system that received.
    pub to: String,
    /// What was asked, low cardinality.
    pub operation: String,
    /// Start of the first attempt.
    pub started_at: Timestamp,
    /// Start of the first to end of the last attempt.
    pub duration_ns: u64,
    /// The handoff within which this one was made, if any.
    pub parent: Option<String>,
    /// At least one, by start.
    pub attempts: Vec<Attempt>,
    /// Keys seen on it, at either side and within.
    pub keys: Vec<Key>,
}

/// One try of a handoff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attempt {
    /// Start at the outermost observer.
    pub started_at: Timestamp,
    /// Its length there.
    pub duration_ns: u64,
    /// How it went.
    pub outcome: Outcome,
    /// HTTP status, when it was HTTP and answered.
    pub status_code: Option<u16>,
    /// `error.type` of the OpenTelemetry conventions, when it failed.
    pub error_type: Option<String>,
    /// How sender's and receiver's side were found to be one attempt.
    pub joined: JoinKind,
    /// How it was recognised as one more try of its handoff; absent on the first.
    pub repeats: Option<Repeat>,
    /// What each observer saw, outermost first.
    pub sides: Vec<Side>,
}

/// How an attempt went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered, and no observer called it an error.
    Ok,
    /// Failed, timed out or was refused.
    Error,
}

/// How the sides of an attempt were found to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinKind {
    /// Only one observer.
    Single,
    /// By trace context.
    Trace,
    /// The receiver dropped the trace context; method, path, status and time agree and no
    /// other candidate exists.
    Inferred,
}

/// How an attempt was recognised as one more try of a handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// It bears the idempotency key of an attempt before it.
    SameKey,
    /// Whoever made it says so: `http.request.resend_count`, or a count of deliveries.
    Declared,
    /// The same request by the same system for the same order, after an attempt that failed; in
    /// whichever trace, at most three days later.
    AfterFailure,
}

/// One attempt as one observer saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Side {
    /// Who saw it.
    pub observer: Observer,
    /// The system that reported; for a proxy, the system it stands beside.
    pub system: String,
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// Start by this observer's clock.
    pub started_at: Timestamp,
    /// Length by this observer's clock.
    pub duration_ns: u64,
    /// Span attributes, values in text form.
    pub attributes: BTreeMap<String, String>,
}

/// Where an observer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Observer {
    /// In the sending system: a CLIENT span.
    Client,
    /// In the sending system: a PRODUCER span.
    Producer,
    /// Between the two: the agent's handoff proxy.
    Proxy,
    /// In the receiving system: a SERVER span.
    Server,
    /// In the receiving system: a CONSUMER span.
    Consumer,
}
