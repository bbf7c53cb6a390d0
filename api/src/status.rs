//! What the collector says of itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Reply of [`STATUS`](crate::routes::STATUS).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Status {
    /// The collector's version.
    pub version: String,
    /// When this collector process started.
    pub started_at: Timestamp,
    /// The storage behind it.
    pub storage: StorageStatus,
    /// What arrived, per signal, since the process started.
    pub signals: Vec<SignalStatus>,
    /// Parentless database polling, health checks and the like, by rule: stored, but kept
    /// out of journeys.
    pub noise: Vec<Count>,
}

/// The ClickHouse server in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StorageStatus {
    /// HTTP endpoint.
    pub url: String,
    /// Whether this collector started the server.
    pub embedded: bool,
    /// ClickHouse version; absent while it does not answer.
    pub version: Option<String>,
    /// Why it does not answer, when it does not.
    pub error: Option<String>,
}

/// accepted = stored + refused while nothing is in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SignalStatus {
    /// `traces`, `logs` or `metrics`.
    pub signal: String,
    /// Items that arrived in well-formed requests.
    pub accepted: u64,
    /// Items whose rows are in ClickHouse.
    pub stored: u64,
    /// Items refused, by reason; the sender was told.
    pub refused: Vec<Count>,
}

/// How many of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Count {
    /// Of what.
    pub name: String,
    /// How many.
    pub count: u64,
}
