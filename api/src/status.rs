//! What the collector says of itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::DetectionProgress;
use crate::source::SourceStatus;

/// Reply of [`STATUS`](crate::routes::STATUS).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Status {
    /// The collector's version.
    pub version: String,
    /// When this collector process started.
    pub started_at: Timestamp,
    /// The storage behind it.
    pub storage: StorageStatus,
    /// What became of all items that any collector ever accepted into this database, by signal.
    /// Empty while the storage does not answer.
    pub signals: Vec<SignalStatus>,
    /// How far detection has come; `null` while the storage does not answer.
    #[serde(default)]
    pub detection: Option<DetectionProgress>,
    /// Where readings come from, the worst first and at most [500](crate::source::SOURCES_LIMIT); empty while the
    /// storage does not answer.
    #[serde(default)]
    pub sources: Vec<SourceStatus>,
    /// Whether sources were left out.
    #[serde(default)]
    pub more_sources: bool,
    /// Parentless database polling, health checks and the like, by rule, since the process
    /// started: stored, but kept out of journeys.
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

/// Senders that are told apart; what comes from further ones is counted together.
pub const SENDERS_LIMIT: usize = 200;

/// The name that further senders are counted under.
pub const OTHER_SENDERS: &str = "other";

/// accepted = stored + refused. A batch that is sent again counts once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SignalStatus {
    /// `traces`, `logs` or `metrics`.
    pub signal: String,
    /// Of all senders.
    #[serde(flatten)]
    pub total: ItemCounts,
    /// Of each, those with the most items first.
    pub senders: Vec<SenderStatus>,
}

/// What became of one sender's items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SenderStatus {
    /// `service.name` of what they were sent with; `other` beyond the first 200.
    pub sender: String,
    /// Of this sender.
    #[serde(flatten)]
    pub items: ItemCounts,
}

/// accepted = stored + refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemCounts {
    /// Items that arrived in requests that were answered for good.
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
