//! Databases.

use std::path::PathBuf;

use ordertrace_config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Secret;

/// A database server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Host name or address.
    #[serde(default = "host")]
    pub host: String,
    /// Port; 5432 or 3306 unless given.
    #[serde(default)]
    pub port: Option<u16>,
    /// Unix socket instead of host and port; for PostgreSQL its directory.
    #[serde(default)]
    pub socket: Option<PathBuf>,
    /// Name of the database.
    pub database: String,
    /// A user that may only read.
    pub user: String,
    /// Its password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// none, required (encrypted, the server not verified) or verified. Unless given, none to
    /// a socket or a loopback address, verified to all others.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// PEM file of certificate authorities to trust instead of the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// A SELECT, without a condition on the cursor and without order and limit.
    pub query: String,
    /// What is new since the last poll; without one, every poll reads all rows.
    #[serde(default)]
    pub cursor: Option<CursorConfig>,
    /// At most this many rows in one poll; the next goes on from there.
    #[serde(default = "rows_limit")]
    pub rows_limit: u32,
}

/// An SQLite file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqliteConfig {
    /// The file; it is opened for reading only.
    pub file: PathBuf,
    /// A SELECT, without a condition on the cursor and without order and limit.
    pub query: String,
    /// What is new since the last poll; without one, every poll reads all rows.
    #[serde(default)]
    pub cursor: Option<CursorConfig>,
    /// At most this many rows in one poll; the next goes on from there.
    #[serde(default = "rows_limit")]
    pub rows_limit: u32,
}

/// Encryption of a connection to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// None.
    None,
    /// Encrypted; whose certificate it is does not matter.
    Required,
    /// Encrypted, and the certificate is the host's.
    Verified,
}

/// A column that grows with every change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CursorConfig {
    /// A column of the query.
    pub column: String,
    /// time, or number for whole numbers.
    pub kind: CursorKind,
    /// A time cursor: rows this much older than the newest are read again, since transactions
    /// become visible out of order.
    #[serde(default)]
    pub overlap: Duration,
    /// A number cursor: rows this much below the highest are read again.
    #[serde(default)]
    pub overlap_count: u32,
}

/// What a cursor column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CursorKind {
    /// A timestamp.
    Time,
    /// A whole number of 64 bits.
    Number,
}

impl CursorConfig {
    /// A time cursor.
    pub fn time(column: &str, overlap: Duration) -> Self {
        Self { column: column.to_owned(), kind: CursorKind::Time, overlap, overlap_count: 0 }
    }

    /// A number cursor.
    pub fn number(column: &str, overlap_count: u32) -> Self {
        Self { column: column.to_owned(), kind: CursorKind::Number, overlap: Duration::default(), overlap_count }
    }
}

fn host() -> String {
    "127.0.0.1".to_owned()
}

pub(super) fn rows_limit() -> u32 {
    100_000
}
