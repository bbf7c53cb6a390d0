use jiff::{SignedDuration, Timestamp};
use ordertrace_api::history::{CopyHistory, History, HistoryQuery};
use ordertrace_api::sync::DriftNow;

use super::{Cursor, Lookback, Poll};
use crate::cli::Range;
use crate::sync_table::copy_text;

/// More often than what is on the screen is said to be old.
const EVERY: SignedDuration = SignedDuration::from_secs(4);

/// Changes of each copy: more than there are columns on any screen.
const LIMIT: u32 = 400;

/// Ranges that end now, in minutes.
const LENGTHS: &[(i64, &str)] =
    &[(1_440, "last day"), (10_080, "last week"), (43_200, "last 30 days"), (60, "last hour")];

/// What each system says of one SKU, order or feed, and said before.
#[derive(Clone, Debug)]
pub struct SkuScreen {
    /// Whose copies these are.
    pub subject: String,
    /// What each system said.
    pub history: Option<History>,
    /// What differs now.
    pub drifts: Vec<DriftNow>,
    /// When they came.
    pub received_at: Option<Timestamp>,
    /// The chosen row.
    pub cursor: Cursor,
    /// Which time is shown.
    pub lookback: Lookback,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// When to ask again.
    pub poll: Poll,
    chosen: Option<String>,
}

impl SkuScreen {
    /// Nothing known yet. `fixed` is the range to show, if it has ends.
    pub fn new(subject: &str, fixed: Range, now: Timestamp) -> Self {
        Self {
            subject: subject.to_owned(),
            history: None,
            drifts: Vec::new(),
            received_at: None,
            cursor: Cursor::default(),
            lookback: Lookback::new(fixed, LENGTHS),
            trouble: None,
            poll: Poll::new(EVERY, now),
            chosen: None,
        }
    }

    /// What to ask the collector for.
    pub fn query(&self, now: Timestamp) -> HistoryQuery {
        let (since, until) = self.lookback.ends(now);
        HistoryQuery { subject: self.subject.clone(), since, until, limit: Some(LIMIT), entity: None }
    }

    /// Takes in an answer; the chosen copy stays chosen.
    pub fn receive(&mut self, history: History, drifts: Vec<DriftNow>, now: Timestamp) {
        self.trouble = None;
        self.received_at = Some(now);
        self.drifts = drifts;
        let chosen = self.chosen.as_ref();
        if let Some(at) = history.copies.iter().position(|copy| Some(&copy_text(copy)) == chosen) {
            self.cursor.at = at;
        }
        self.history = Some(history);
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.copies().len());
        self.chosen = self.selected().map(copy_text);
    }

    /// Each system's copies.
    pub fn copies(&self) -> &[CopyHistory] {
        self.history.as_ref().map_or(&[], |history| &history.copies)
    }

    /// The chosen copy.
    pub fn selected(&self) -> Option<&CopyHistory> {
        self.copies().get(self.cursor.at)
    }

    /// Another length of range; `false` where it was given.
    pub fn stretch(&mut self) -> bool {
        let stretched = self.lookback.stretch();
        if stretched {
            self.poll.hurry();
        }
        stretched
    }
}
