use jiff::{SignedDuration, Timestamp};

use super::later;

/// When to ask again: never twice at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    every: SignedDuration,
    due_at: Timestamp,
    pending: Option<u64>,
    /// What to ask for changed while a question was under way.
    stale: bool,
}

impl Poll {
    /// Due now, and then `every` so often.
    pub fn new(every: SignedDuration, now: Timestamp) -> Self {
        Self { every, due_at: now, pending: None, stale: false }
    }

    /// Whether to ask now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.pending.is_none() && (self.stale || now >= self.due_at)
    }

    /// A question was asked.
    pub fn asked(&mut self, ticket: u64) {
        self.pending = Some(ticket);
        self.stale = false;
    }

    /// Whether the question with this ticket is under way.
    pub fn awaits(&self, ticket: u64) -> bool {
        self.pending == Some(ticket)
    }

    /// An answer came; whether it is the one awaited. The next question follows in time, or
    /// at `retry_at` if there was no good answer.
    pub fn answered(&mut self, ticket: u64, now: Timestamp, retry_at: Option<Timestamp>) -> bool {
        if !self.awaits(ticket) {
            return false;
        }
        self.pending = None;
        self.due_at = retry_at.unwrap_or_else(|| later(now, self.every));
        true
    }

    /// Asks as soon as nothing is under way.
    pub fn hurry(&mut self) {
        self.stale = true;
    }
}
