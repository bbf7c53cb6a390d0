//! Databases: what a SELECT gives, or what of it is new.
//!
//! Read-only by construction: the query is a part of a SELECT, asked within a transaction
//! that the server holds to reading (PostgreSQL, MySQL, MariaDB), or of a file that was opened
//! for reading (SQLite). It takes no locks that a plain SELECT does not: what would is refused
//! before anything is asked. The server ends it after the poll's timeout, and so do we.
//!
//! Every column comes as text that the database itself wrote: no decimal passes through a
//! float, and no time through our notion of the database's types.

mod connection;
mod cursor;
mod dialect;
mod options;
mod query;
mod statement;

use std::path::PathBuf;
use std::time::Duration;

use futures::TryStreamExt;
use jiff::Timestamp;

use super::config::{CursorConfig, SecretError, ServerConfig, SqliteConfig};
use super::error::PollError;
use super::gathering::{Chunk, Gathering, Outlet};
use super::report::Left;
use super::state::Progress;
use crate::clock::now_ns;
use crate::spool::AppendError;
use connection::{Connection, Target};
pub(super) use cursor::{Cursor, CursorError};
use cursor::{Reached, Sequel};
use dialect::Dialect;
use query::Query;
pub use statement::StatementError;

/// Why a database cannot be polled as configured.
#[derive(Debug, thiserror::Error)]
pub enum SqlSetupError {
    /// A query that is more than a SELECT.
    #[error("query {0}")]
    Statement(StatementError),
    /// A limit that allows nothing.
    #[error("rows_limit is 0, which allows nothing")]
    NoRows,
    /// An overlap of the other kind.
    #[error("cursor.{given} is for {kind} cursors; this one has {wanted}")]
    Overlap {
        /// The setting that was given.
        given: &'static str,
        /// What it is for.
        kind: &'static str,
        /// What to write.
        wanted: &'static str,
    },
    /// A column that cannot be.
    #[error("a column has an empty name")]
    Column,
    /// A secret that is not there.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// What went wrong with a database. The next poll tries again.
#[derive(Debug, thiserror::Error)]
pub(super) enum SqlError {
    /// No connection.
    #[error("cannot connect to {place}: {reason}")]
    Connect {
        /// Where.
        place: String,
        /// What was said.
        reason: String,
    },
    /// The database refused or broke off.
    #[error("{place} ended the query: {reason}")]
    Query {
        /// Where.
        place: String,
        /// What was said.
        reason: String,
    },
    /// The file is not there.
    #[error("there is no file {path}")]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// The cursor cannot be.
    #[error(transparent)]
    Cursor(#[from] CursorError),
}

/// A database that is polled.
#[derive(Debug)]
pub(super) struct SqlSource {
    target: Target,
    query: Query,
    cursor: Option<CursorConfig>,
    rows_limit: u32,
}

impl SqlSource {
    /// A PostgreSQL server that is asked for at most `timeout`.
    ///
    /// # Errors
    /// [`SqlSetupError`]
    pub(super) fn postgres(
        config: &ServerConfig,
        columns: &[String],
        timeout: Duration,
    ) -> Result<Self, SqlSetupError> {
        Self::server(Dialect::Postgres, config, columns, timeout)
    }

    /// A MySQL or MariaDB server that is asked for at most `timeout`.
    ///
    /// # Errors
    /// [`SqlSetupError`]
    pub(super) fn mysql(config: &ServerConfig, columns: &[String], timeout: Duration) -> Result<Self, SqlSetupError> {
        Self::server(Dialect::Mysql, config, columns, timeout)
    }

    fn server(
        dialect: Dialect,
        config: &ServerConfig,
        columns: &[String],
        timeout: Duration,
    ) -> Result<Self, SqlSetupError> {
        if let Some(password) = &config.password {
            password.read()?;
        }
        let target = Target::Server { dialect, config: Box::new(config.clone()), timeout };
        Self::new(target, dialect, &config.query, columns, config.cursor.as_ref(), config.rows_limit)
    }

    /// An SQLite file that is asked for at most `timeout`.
    ///
    /// # Errors
    /// [`SqlSetupError`]
    pub(super) fn sqlite(config: &SqliteConfig, columns: &[String], timeout: Duration) -> Result<Self, SqlSetupError> {
        let target = Target::File(config.file.clone(), timeout);
        Self::new(target, Dialect::Sqlite, &config.query, columns, config.cursor.as_ref(), config.rows_limit)
    }

    fn new(
        target: Target,
        dialect: Dialect,
        query: &str,
        columns: &[String],
        cursor: Option<&CursorConfig>,
        rows_limit: u32,
    ) -> Result<Self, SqlSetupError> {
        if rows_limit == 0 {
            return Err(SqlSetupError::NoRows);
        }
        if columns.iter().map(String::as_str).chain(cursor.map(|cursor| cursor.column.as_str())).any(str::is_empty) {
            return Err(SqlSetupError::Column);
        }
        if let Some(cursor) = cursor {
            cursor::check(cursor)?;
        }
        let select = statement::only_select(query).map_err(SqlSetupError::Statement)?;
        let query = Query::new(dialect, select, columns, cursor, rows_limit);
        Ok(Self { target, query, cursor: cursor.cloned(), rows_limit })
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// [`PollError`]; rows that came before it are in the spool.
    pub(super) async fn read(
        &self,
        progress: &mut Progress,
        mut gathering: Gathering,
        outlet: &mut Outlet,
    ) -> Result<Left, PollError> {
        let saved = match progress {
            Progress::Rows(cursor) => Some(*cursor),
            _ => None,
        };
        let mut connection = Connection::open(&self.target).await?;
        let from = match (&self.cursor, &saved) {
            (Some(config), Some(cursor)) => Some(cursor.less_overlap(config)),
            _ => None,
        };
        let mut reached = Reached::new(self.cursor.as_ref(), saved, Timestamp::now());
        // What is visible to the statement is what it sees at its start.
        let read_at_ns = now_ns();
        let (mut waiting, is_held) = (Vec::new(), connection.holds_up_writers());
        let mut rows = connection.rows(&self.query, from.as_ref());
        while let Some(row) = rows.try_next().await.map_err(|error| self.target.query_error(&error))? {
            let number = reached.rows + 1;
            if number > u64::from(self.rows_limit) {
                reached.has_more = true;
                break;
            }
            let place = || format!("row {number}");
            let (fields, at) = row.split_at(gathering.columns().len());
            match reached.row(at.first().and_then(Option::as_deref)) {
                Ok(()) => gathering.row(fields, read_at_ns, place),
                Err(error) => gathering.refuse(|| format!("{}: {error}", place())),
            }
            if gathering.is_full() {
                waiting.push(gathering.take());
                if !is_held {
                    store(&mut waiting, outlet).await?;
                    reached.save(progress);
                }
            }
        }
        drop(rows);
        let highest = match &saved {
            Some(_) if reached.rows == 0 => {
                connection.highest(&self.query).await.map_err(|error| self.target.query_error(&error))?
            }
            _ => None,
        };
        connection.close().await;
        waiting.push(gathering.take());
        store(&mut waiting, outlet).await?;
        reached.save(progress);
        Ok(match reached.sequel(self.rows_limit, highest.as_deref()).map_err(SqlError::from)? {
            Sequel::Complete => Left::Complete,
            Sequel::More(reason) => Left::More(reason),
        })
    }
}

async fn store(waiting: &mut Vec<Chunk>, outlet: &mut Outlet) -> Result<(), AppendError> {
    for chunk in waiting.drain(..) {
        outlet.store(chunk).await?;
    }
    Ok(())
}
