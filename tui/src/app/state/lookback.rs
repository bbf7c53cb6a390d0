use jiff::{SignedDuration, Timestamp};

use crate::cli::Range;

/// How far back a screen looks: what was given when the program started, else one of several lengths of time
/// that end now.
#[derive(Clone, Copy, Debug)]
pub struct Lookback {
    fixed: Range,
    /// In minutes, and in words; at least one.
    lengths: &'static [(i64, &'static str)],
    at: usize,
}

impl Lookback {
    /// The first of `lengths`, unless `fixed` has a beginning.
    pub(super) fn new(fixed: Range, lengths: &'static [(i64, &'static str)]) -> Self {
        Self { fixed, lengths, at: 0 }
    }

    /// Since when, and until when unless that is now.
    pub fn ends(&self, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        let until = self.fixed.until.map(|until| until.resolve(now));
        let since = self.fixed.since.map(|since| since.resolve(now)).or_else(|| {
            let (minutes, _) = self.lengths.get(self.at)?;
            until.unwrap_or(now).checked_sub(SignedDuration::from_mins(*minutes)).ok()
        });
        (since, until)
    }

    /// It in words.
    pub fn name(&self) -> &'static str {
        match (self.fixed.since, self.fixed.until) {
            (None, None) => self.lengths.get(self.at).map_or("", |(_, name)| name),
            _ => "the time given",
        }
    }

    /// Another length; `false` where the beginning was given.
    pub fn stretch(&mut self) -> bool {
        if self.fixed.since.is_some() {
            return false;
        }
        self.at = (self.at + 1) % self.lengths.len().max(1);
        true
    }
}
