//! How far rows were read, by a column that grows with every change.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::SqlSetupError;
use crate::poll::config::{CursorConfig, CursorKind};
use crate::poll::state::Progress;

/// A time further ahead than any time zone is no time of a change: it would hide all that
/// come before it.
const FURTHEST_AHEAD: SignedDuration = SignedDuration::from_hours(26);

/// A value of a cursor column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cursor {
    /// A whole number.
    Number(i64),
    /// A time as the database says it in UTC, or without zone.
    Time(DateTime),
}

/// Why it is not known what is new.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CursorError {
    /// A row's cursor is none.
    #[error("cursor column {column} {reason}")]
    Value {
        /// The column.
        column: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The table goes back.
    #[error(
        "the cursor {column} went backwards: rows up to {expected} were read, now the highest is {found}. If its newest rows are removed as a rule, write a longer overlap; if the table was restored or emptied, remove the poll's state file, and all is read again"
    )]
    Backwards {
        /// The column.
        column: String,
        /// How far it was read.
        expected: String,
        /// What is there now.
        found: String,
    },
    /// More rows of one value than are read at once.
    #[error(
        "more than {limit} rows (rows_limit) within the overlap of cursor {column} = {at}: no poll comes past them; raise rows_limit or shorten the overlap"
    )]
    Stuck {
        /// The column.
        column: String,
        /// Where.
        at: String,
        /// The limit.
        limit: u32,
    },
    /// More rows than are read at once, and no way to go on.
    #[error("more than {limit} rows (rows_limit), and without a cursor no poll reads on; write a cursor or raise it")]
    TooManyRows {
        /// The limit.
        limit: u32,
    },
}

/// Refuses an overlap that the cursor would not heed.
pub(super) fn check(config: &CursorConfig) -> Result<(), SqlSetupError> {
    match config.kind {
        CursorKind::Time if config.overlap_count != 0 => {
            Err(SqlSetupError::Overlap { given: "overlap_count", kind: "number", wanted: "overlap" })
        }
        CursorKind::Number if !config.overlap.get().is_zero() => {
            Err(SqlSetupError::Overlap { given: "overlap", kind: "time", wanted: "overlap_count" })
        }
        _ => Ok(()),
    }
}

impl Cursor {
    /// Reads a database's text.
    pub(super) fn parse(text: &str, kind: CursorKind) -> Option<Self> {
        let text = text.trim();
        match kind {
            CursorKind::Number => text.parse().ok().map(Self::Number),
            CursorKind::Time => {
                let utc = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).datetime();
                text.parse().map(utc).or_else(|_| text.parse()).ok().map(Self::Time)
            }
        }
    }

    /// Where to begin, so that what became visible late is seen.
    pub(super) fn less_overlap(&self, config: &CursorConfig) -> Self {
        match self {
            Self::Number(number) => Self::Number(number.saturating_sub(i64::from(config.overlap_count))),
            Self::Time(at) => Self::Time(at.saturating_sub(config.overlap.get())),
        }
    }

    /// As databases read it, times to the microsecond.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Time(at) => at.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string(),
        }
    }

    /// As SQLite compares it, times to the millisecond.
    pub(super) fn text_ms(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Time(at) => at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        }
    }

    fn is_believed(&self, now: Timestamp) -> bool {
        let latest = now.checked_add(FURTHEST_AHEAD).unwrap_or(Timestamp::MAX);
        match self {
            Self::Number(_) => true,
            Self::Time(at) => *at <= jiff::tz::TimeZone::UTC.to_datetime(latest),
        }
    }
}

/// How far a poll came.
#[derive(Debug)]
pub(super) struct Reached<'c> {
    /// Rows so far.
    pub(super) rows: u64,
    /// Whether there are more than may be read.
    pub(super) has_more: bool,
    config: Option<&'c CursorConfig>,
    saved: Option<Cursor>,
    highest: Option<Cursor>,
    now: Timestamp,
}

/// Whether that was all.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sequel {
    Complete,
    More(String),
}

impl<'c> Reached<'c> {
    pub(super) fn new(config: Option<&'c CursorConfig>, saved: Option<Cursor>, now: Timestamp) -> Self {
        Self { rows: 0, has_more: false, config, saved, highest: None, now }
    }

    /// Counts a row and looks at its cursor column.
    pub(super) fn row(&mut self, text: Option<&str>) -> Result<(), CursorError> {
        self.rows += 1;
        let Some(config) = self.config else { return Ok(()) };
        let refused = |reason| CursorError::Value { column: config.column.clone(), reason };
        let text = text.ok_or_else(|| refused("is null: such rows are not seen again"))?;
        let kind = match config.kind {
            CursorKind::Time => "is no time",
            CursorKind::Number => "is no whole number",
        };
        let cursor = Cursor::parse(text, config.kind).ok_or_else(|| refused(kind))?;
        if !cursor.is_believed(self.now) {
            return Err(refused("is more than a day ahead of now"));
        }
        self.highest = self.highest.max(Some(cursor));
        Ok(())
    }

    /// Writes down how far it came; never less than before.
    pub(super) fn save(&self, progress: &mut Progress) {
        if let Some(highest) = self.highest.max(self.saved) {
            *progress = Progress::Rows(highest);
        }
    }

    /// Whether the poll saw all, of which it may read `limit` rows; `table_highest` is the
    /// highest cursor of the whole table, looked up when nothing was found.
    pub(super) fn sequel(&self, limit: u32, table_highest: Option<&str>) -> Result<Sequel, CursorError> {
        let Some(config) = self.config else {
            return if self.has_more { Err(CursorError::TooManyRows { limit }) } else { Ok(Sequel::Complete) };
        };
        let column = config.column.clone();
        if let Some(saved) = self.saved.filter(|_| self.rows == 0) {
            // At least the row that was read last should be there.
            let found = table_highest.map_or_else(|| "none (no rows)".to_owned(), str::to_owned);
            return Err(CursorError::Backwards { column, expected: saved.text(), found });
        }
        if !self.has_more {
            return Ok(Sequel::Complete);
        }
        match self.highest {
            Some(highest) if Some(highest) > self.saved => {
                Ok(Sequel::More(format!("{limit} rows (rows_limit) up to {column} = {}, more to come", highest.text())))
            }
            at => {
                let at = at.map(|at| at.text()).unwrap_or_default();
                Err(CursorError::Stuck { column, at, limit })
            }
        }
    }
}

#[cfg(test)]
mod tests;
