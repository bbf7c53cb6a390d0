//! Why a poll failed, and why one cannot be made.

use std::time::Duration;

use super::config::SecretError;
use super::file::{FileError, FileSetupError};
use super::http::{HttpError, HttpSetupError};
use super::plan::PlanError;
use super::sql::{CursorError, SqlError, SqlSetupError};
use super::state::StateError;
use crate::spool::AppendError;

/// A poll that cannot be made as configured.
#[derive(Debug, thiserror::Error)]
pub enum PollSetupError {
    /// A name that is none.
    #[error("{name:?} is no name for a poll: write 1 to 64 small letters, digits, - and _")]
    Name {
        /// What was given.
        name: String,
    },
    /// Two of one name.
    #[error("two polls have this name")]
    SameName,
    /// No system.
    #[error("system is empty: write whose values these are")]
    System,
    /// Too often.
    #[error("interval is {given}; the shortest is {least}")]
    Interval {
        /// What was asked for.
        given: ordertrace_config::Duration,
        /// The least.
        least: ordertrace_config::Duration,
    },
    /// No time.
    #[error("timeout is 0s: no poll could end in that time")]
    Timeout,
    /// Readings that cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A secret that is not there.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Files that cannot be polled.
    #[error(transparent)]
    Files(#[from] FileSetupError),
    /// An API that cannot be polled.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    /// A database that cannot be polled.
    #[error(transparent)]
    Sql(#[from] SqlSetupError),
}

/// Why a poll failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PollError {
    /// It took too long.
    #[error("no end within {} ms (timeout); the source hangs, or there is more to read than that allows", .timeout.as_millis())]
    Timeout {
        /// The limit.
        timeout: Duration,
    },
    /// How far the source was read is not known or not written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The spool did not take the readings.
    #[error(transparent)]
    Spool(#[from] AppendError),
    /// A secret that is no longer there.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Files.
    #[error(transparent)]
    Files(#[from] FileError),
    /// An API.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A database.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl PollError {
    /// Whether somebody must decide that all is read again.
    pub(super) fn needs_new_start(&self) -> bool {
        matches!(self, Self::Sql(SqlError::Cursor(CursorError::Backwards { .. })))
    }
}
