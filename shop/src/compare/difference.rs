use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::journey::{Attempt, Handoff, Outcome};
use ordertrace_api::keys::Key;
use serde::{Deserialize, Serialize};

use crate::truth::{AttemptTruth, HandoffTruth};

/// One thing in which a journey is not the truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "difference")]
pub enum Difference {
    /// A system that took part is not named.
    MissingSystem {
        /// The system.
        system: String,
    },
    /// A system is named that took no part.
    ExtraSystem {
        /// The system.
        system: String,
    },
    /// A strong key of the order was not found.
    MissingKey {
        /// The key.
        key: Key,
    },
    /// A strong key was found that is not the order's.
    ExtraKey {
        /// The key.
        key: Key,
    },
    /// A handoff was made and is not reported.
    MissingHandoff {
        /// Which.
        handoff: HandoffName,
        /// When it was made.
        started_at: Option<Timestamp>,
    },
    /// A handoff is reported and was never made.
    ExtraHandoff {
        /// Which.
        handoff: HandoffName,
        /// When it is said to have been made.
        started_at: Timestamp,
    },
    /// A handoff of another order is reported.
    ForeignHandoff {
        /// Which.
        handoff: HandoffName,
        /// When it was made.
        started_at: Timestamp,
        /// The other order's key that it bears.
        key: Key,
    },
    /// Another number of attempts.
    AttemptCount {
        /// Of which handoff.
        handoff: HandoffName,
        /// Made.
        truth: usize,
        /// Reported.
        reported: usize,
    },
    /// A failure is reported as success or the reverse.
    AttemptOutcome {
        /// Of which handoff.
        handoff: HandoffName,
        /// Which attempt, from 1.
        number: usize,
        /// How it went.
        truth: Outcome,
        /// How it is said to have gone.
        reported: Outcome,
    },
    /// An attempt is reported at a time at which it was not under way.
    AttemptTime {
        /// Of which handoff.
        handoff: HandoffName,
        /// Which attempt, from 1.
        number: usize,
        /// When it was under way.
        truth: Interval,
        /// When it is said to have been under way.
        reported: Interval,
    },
}

/// What handoffs are matched by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HandoffName {
    /// The system that handed on; unknown where the journey does not say.
    pub from: Option<String>,
    /// The system that received.
    pub to: String,
    /// What was asked.
    pub operation: String,
}

/// A span of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// Its first moment.
    pub started_at: Timestamp,
    /// Its last moment.
    pub ended_at: Timestamp,
}

impl HandoffName {
    pub(super) fn of_truth(handoff: &HandoffTruth) -> Self {
        Self { from: Some(handoff.from.clone()), to: handoff.to.clone(), operation: handoff.operation.clone() }
    }

    pub(super) fn of_report(handoff: &Handoff) -> Self {
        Self { from: handoff.from.clone(), to: handoff.to.clone(), operation: handoff.operation.clone() }
    }
}

impl Interval {
    pub(super) fn of_truth(attempt: &AttemptTruth) -> Self {
        Self { started_at: attempt.started_at, ended_at: attempt.ended_at }
    }

    pub(super) fn of_report(attempt: &Attempt) -> Self {
        let length = Duration::from_nanos(attempt.duration_ns);
        let ended_at = attempt.started_at.checked_add(length).unwrap_or(Timestamp::MAX);
        Self { started_at: attempt.started_at, ended_at }
    }

    /// It and so much time behind it.
    #[must_use]
    pub fn and(self, longer: SignedDuration) -> Self {
        Self { ended_at: self.ended_at.checked_add(longer).unwrap_or(Timestamp::MAX), ..self }
    }

    /// Whether a moment belongs to both.
    pub fn overlaps(self, other: Self) -> bool {
        self.started_at <= other.ended_at && other.started_at <= self.ended_at
    }
}

impl fmt::Display for HandoffName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} {}", self.from.as_deref().unwrap_or("?"), self.to, self.operation)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.started_at, self.ended_at)
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Error => "error",
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingSystem { system } => write!(f, "missing system {system}"),
            Self::ExtraSystem { system } => write!(f, "extra system {system}"),
            Self::MissingKey { key } => write!(f, "missing key {key}"),
            Self::ExtraKey { key } => write!(f, "extra key {key}"),
            Self::MissingHandoff { handoff, started_at: Some(at) } => write!(f, "missing handoff {handoff} at {at}"),
            Self::MissingHandoff { handoff, started_at: None } => write!(f, "missing handoff {handoff}"),
            Self::ExtraHandoff { handoff, started_at } => write!(f, "extra handoff {handoff} at {started_at}"),
            Self::ForeignHandoff { handoff, started_at, key } => {
                write!(f, "handoff of another order ({key}): {handoff} at {started_at}")
            }
            Self::AttemptCount { handoff, truth, reported } => {
                write!(f, "{handoff}: {truth} attempts made, {reported} reported")
            }
            Self::AttemptOutcome { handoff, number, truth, reported } => {
                write!(f, "{handoff}: attempt {number} was {}, reported {}", word(*truth), word(*reported))
            }
            Self::AttemptTime { handoff, number, truth, reported } => {
                write!(f, "{handoff}: attempt {number} was made {truth}, reported {reported}")
            }
        }
    }
}
