//! Connections that only read, opened for one poll each.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sqlx::database::HasStatementCache;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{
    AssertSqlSafe, ColumnIndex, ConnectOptions, Connection as _, Database, Decode, Encode, Executor, IntoArguments,
    MySql, MySqlConnection, PgConnection, Postgres, Row, Sqlite, SqliteConnection, Type,
};

use super::SqlError;
use super::cursor::Cursor;
use super::dialect::Dialect;
use super::options::{mysql_begin, mysql_options, postgres_begin, postgres_options};
use super::query::Query;
use crate::poll::config::ServerConfig;
use crate::poll::error::PollError;

/// How long SQLite waits for a writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// How often SQLite asks whether to go on, in steps of its virtual machine.
const STEPS: i32 = 10_000;

/// What is connected to.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Server { dialect: Dialect, config: Box<ServerConfig>, timeout: Duration },
    File(PathBuf, Duration),
}

/// A row: a text for each column.
pub(super) type Texts = Vec<Option<Cow<'static, str>>>;

/// A connection, within a transaction that only reads. When it is dropped, it is closed.
#[derive(Debug)]
pub(super) enum Connection {
    Postgres(PgConnection),
    Mysql(MySqlConnection),
    Sqlite(SqliteConnection),
}

impl Target {
    /// As messages call it.
    fn place(&self) -> String {
        match self {
            Self::Server { dialect, config, .. } => {
                let at = match &config.socket {
                    Some(socket) => socket.display().to_string(),
                    None => config.host.clone(),
                };
                format!("{} at {at}, database {}", dialect.name(), config.database)
            }
            Self::File(path, _) => format!("{} file {}", Dialect::Sqlite.name(), path.display()),
        }
    }

    fn connect_error(&self, error: &sqlx::Error) -> SqlError {
        SqlError::Connect { place: self.place(), reason: told(error) }
    }

    /// The error of a query.
    pub(super) fn query_error(&self, error: &sqlx::Error) -> SqlError {
        SqlError::Query { place: self.place(), reason: told(error) }
    }
}

/// What went wrong, once: the library's messages repeat their causes.
fn told(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => match error.code() {
            Some(code) => format!("{} ({code})", error.message()),
            None => error.message().to_owned(),
        },
        other => other.to_string(),
    }
}

impl Connection {
    /// Connects and sees to it that nothing is written.
    pub(super) async fn open(target: &Target) -> Result<Self, PollError> {
        let failed = |error| target.connect_error(&error);
        Ok(match target {
            Target::Server { dialect: Dialect::Postgres, config, timeout } => {
                let options = postgres_options(config)?.disable_statement_logging();
                let mut connection = options.connect().await.map_err(failed)?;
                sqlx::raw_sql(AssertSqlSafe(postgres_begin(*timeout)))
                    .execute(&mut connection)
                    .await
                    .map_err(failed)?;
                Self::Postgres(connection)
            }
            Target::Server { dialect: _, config, timeout } => {
                let options = mysql_options(config)?.disable_statement_logging();
                let mut connection = options.connect().await.map_err(failed)?;
                let version: String = sqlx::query_scalar("SELECT CAST(version() AS char)")
                    .fetch_one(&mut connection)
                    .await
                    .map_err(failed)?;
                sqlx::raw_sql(AssertSqlSafe(mysql_begin(&version, *timeout)))
                    .execute(&mut connection)
                    .await
                    .map_err(failed)?;
                Self::Mysql(connection)
            }
            Target::File(path, timeout) => {
                if !path.is_file() {
                    return Err(SqlError::Absent { path: path.clone() }.into());
                }
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .read_only(true)
                    .create_if_missing(false)
                    .busy_timeout(BUSY_TIMEOUT.min(*timeout))
                    .pragma("query_only", "on")
                    .disable_statement_logging();
                let mut connection = options.connect().await.map_err(failed)?;
                // A query that nobody waits for any more would go on on its thread.
                let deadline = Instant::now() + *timeout;
                let mut handle = connection.lock_handle().await.map_err(failed)?;
                handle.set_progress_handler(STEPS, move || Instant::now() < deadline);
                drop(handle);
                Self::Sqlite(connection)
            }
        })
    }

    /// Whether others cannot write while rows are read.
    pub(super) fn holds_up_writers(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// The query's rows from a cursor on, or all.
    pub(super) fn rows(&mut self, query: &Query, from: Option<&Cursor>) -> BoxStream<'_, sqlx::Result<Texts>> {
        let (sql, bound) = (query.rows(from.is_some()), from.map(|cursor| query.bound(cursor)));
        match self {
            Self::Postgres(connection) => stream::<Postgres>(connection, sql, bound),
            Self::Mysql(connection) => stream::<MySql>(connection, sql, bound),
            Self::Sqlite(connection) => stream::<Sqlite>(connection, sql, bound),
        }
    }

    /// The highest cursor of all rows; none where there is no row.
    pub(super) async fn highest(&mut self, query: &Query) -> sqlx::Result<Option<String>> {
        let Some(sql) = query.highest() else { return Ok(None) };
        let mut rows = match self {
            Self::Postgres(connection) => stream::<Postgres>(connection, sql, None),
            Self::Mysql(connection) => stream::<MySql>(connection, sql, None),
            Self::Sqlite(connection) => stream::<Sqlite>(connection, sql, None),
        };
        let row = rows.try_next().await?.unwrap_or_default();
        Ok(row.into_iter().next().flatten().map(Cow::into_owned))
    }

    /// Says goodbye; that it fails is of no interest, nothing is left to lose.
    pub(super) async fn close(self) {
        let closed: BoxFuture<'_, _> = match self {
            Self::Postgres(connection) => Box::pin(connection.close()),
            Self::Mysql(connection) => Box::pin(connection.close()),
            Self::Sqlite(connection) => Box::pin(connection.close()),
        };
        if let Err(error) = closed.await {
            tracing::debug!(%error, "the connection was not closed in order");
        }
    }
}

fn stream<'c, DB: Database + HasStatementCache>(
    connection: &'c mut DB::Connection,
    sql: String,
    bound: Option<String>,
) -> BoxStream<'c, sqlx::Result<Texts>>
where
    &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Arguments: IntoArguments<DB>,
    String: for<'e> Encode<'e, DB> + for<'d> Decode<'d, DB> + Type<DB>,
    Option<String>: for<'d> Decode<'d, DB> + Type<DB>,
    usize: ColumnIndex<DB::Row>,
{
    let query = sqlx::query::<DB>(AssertSqlSafe(sql)).persistent(false);
    let query = bound.into_iter().fold(query, |query, bound| query.bind(bound));
    let texts = |row: DB::Row| -> sqlx::Result<Texts> {
        (0..row.len()).map(|at| Ok(row.try_get::<Option<String>, _>(at)?.map(Cow::Owned))).collect()
    };
    query.fetch(connection).map(move |row| texts(row?)).boxed()
}
