//! What an agent says of itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::status::Count;

/// `GET` on an agent's metrics address: see [`AgentStatus`].
pub const AGENT_STATUS: &str = "/status";

/// Reply of [`AGENT_STATUS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentStatus {
    /// As configured.
    pub name: String,
    /// The agent's version.
    pub version: String,
    /// When this agent process started.
    pub started_at: Timestamp,
    /// Where telemetry waits.
    pub spool: SpoolStatus,
    /// By signal and sender.
    pub streams: Vec<StreamStatus>,
}

/// What waits on an agent's disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpoolStatus {
    /// Bytes on disk.
    pub bytes: u64,
    /// At most so many.
    pub limit_bytes: u64,
    /// Requests that wait.
    pub records: u64,
    /// No request that waits was accepted earlier.
    pub oldest_at: Option<Timestamp>,
    /// Damaged requests that were left out since the process started.
    pub damaged_records: u64,
}

/// What became of one sender's items: accepted = sent + spooled + dropped, also after restarts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamStatus {
    /// `traces`, `logs` or `metrics`.
    pub signal: String,
    /// `service.name` of what they were sent with; `other` beyond the first 200.
    pub sender: String,
    /// Items that were stored.
    pub accepted: u64,
    /// Items that the collector has.
    pub sent: u64,
    /// Items that wait.
    pub spooled: u64,
    /// Accepted items that were given up, by reason.
    pub dropped: Vec<Count>,
    /// Items never taken in since the process started, by reason; the sender was told.
    pub refused: Vec<Count>,
}
