//! What readings come from, and whether they are up to date.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::reading::Entity;

/// How a source of readings is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// The last poll failed, or nothing that was sent could be taken: what it holds now is not known.
    Failed,
    /// Nothing was told of it for too long.
    Stale,
    /// Nothing was ever told of it; only where something should be.
    Missing,
    /// More is there than was read, or polls take longer than their interval.
    Late,
    /// Some of what it told lately was no reading.
    Refused,
    /// Readings are as young as they should be.
    Ok,
}

impl SourceState {
    /// All, the worst first.
    pub const ALL: [Self; 6] = [Self::Failed, Self::Stale, Self::Missing, Self::Late, Self::Refused, Self::Ok];

    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Stale => "stale",
            Self::Missing => "missing",
            Self::Late => "late",
            Self::Refused => "refused",
            Self::Ok => "ok",
        }
    }
}

/// Sources that a reply has at most, the worst first.
pub const SOURCES_LIMIT: usize = 500;

/// A source of readings: a poll of an agent, or a system that tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SourceStatus {
    /// The system whose values these are.
    pub system: String,
    /// The poll's name; `null` for a system that tells of itself.
    pub poll: Option<String>,
    /// Name of the agent that polls.
    pub agent: Option<String>,
    /// Of what its readings are; empty when unknown.
    pub entities: Vec<Entity>,
    /// How it is.
    pub state: SourceState,
    /// Since when it is so; `null` when it was never otherwise.
    pub since: Option<Timestamp>,
    /// Why, and what to do; `null` when all is well.
    pub reason: Option<String>,
    /// When something was told of it last: a poll, however it went, or a reading; `null` = never.
    pub told_at: Option<Timestamp>,
    /// When readings came of it last, or a poll found nothing new; `null` = never.
    pub worked_at: Option<Timestamp>,
    /// Readings of the last poll.
    pub readings: u64,
    /// What was refused last, however long ago.
    pub refusal: Option<RefusalStatus>,
    /// Milliseconds from one poll to the next; `null` where nobody polls.
    pub interval_ms: Option<u32>,
}

/// Readings that were refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RefusalStatus {
    /// When.
    pub at: Timestamp,
    /// How many at that time.
    pub refused: u64,
    /// The place and fault of the first.
    pub reason: String,
}

/// A source because of which a comparison cannot be relied on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Doubt {
    /// The system whose values may be others by now.
    pub system: String,
    /// The poll; `null` where nobody polls.
    pub poll: Option<String>,
    /// How it is; never `ok`.
    pub state: SourceState,
    /// Its values are as of then; `null` = there never were any.
    pub as_of: Option<Timestamp>,
}
