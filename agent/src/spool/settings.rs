//! Where and how much to store.

use std::path::PathBuf;
use std::time::Duration;

/// Where and how much to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolSettings {
    /// Directory of its own; made if missing.
    pub dir: PathBuf,
    /// All segments together, in bytes.
    pub limit_bytes: u64,
    /// A segment is closed when it has grown to this many bytes.
    pub segment_bytes: u64,
    /// Segments whose youngest record is older are dropped; a segment is closed after an
    /// eighth of this time, so nothing is kept much longer.
    pub max_age: Duration,
    /// At the limit.
    pub when_full: WhenFull,
}

/// What to do with a new record when the spool is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// Tell the sender to retry.
    #[default]
    Refuse,
    /// Drop the oldest segment.
    DropOldest,
}

impl SpoolSettings {
    /// How long a segment is written to.
    pub(super) fn segment_age_ns(&self) -> u64 {
        u64::try_from(self.max_age.as_nanos() / 8).unwrap_or(u64::MAX)
    }
}
