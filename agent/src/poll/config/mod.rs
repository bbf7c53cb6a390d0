//! What is polled, as it is configured.

mod files;
mod http;
mod readings;
mod sql;

use ordertrace_config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use files::{CsvConfig, FileChange, JsonLinesConfig};
pub use http::{Basic, HttpConfig, NextToken, OffsetPages, Pages, Pagination};
pub use ordertrace_config::{Secret, SecretError, SecretText};
pub use readings::{Field, FieldTexts, ReadingConfig};
pub use sql::{CursorConfig, CursorKind, ServerConfig, SqliteConfig, Tls};

/// One source that is asked again and again. It is only ever read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PollConfig {
    /// Unique among the polls: small letters, digits, - and _; on metrics.
    pub name: String,
    /// The system whose values these are.
    pub system: String,
    /// From one poll to the next.
    #[serde(default = "interval")]
    pub interval: Duration,
    /// A poll that takes longer is given up.
    #[serde(default = "timeout")]
    pub timeout: Duration,
    /// Time zone (IANA) of times that say none.
    #[serde(default = "time_zone")]
    pub time_zone: String,
    /// What is asked: one of postgres, mysql, sqlite, http, csv, json_lines.
    pub source: SourceConfig,
    /// What each row, item or line tells; at least one.
    pub readings: Vec<ReadingConfig>,
}

/// A kind of source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceConfig {
    /// A PostgreSQL database.
    Postgres(ServerConfig),
    /// A MySQL or MariaDB database.
    Mysql(ServerConfig),
    /// An SQLite file.
    Sqlite(SqliteConfig),
    /// An HTTP API that answers JSON.
    Http(HttpConfig),
    /// CSV files.
    Csv(CsvConfig),
    /// Files of one JSON object a line.
    JsonLines(JsonLinesConfig),
}

fn interval() -> Duration {
    Duration::from_secs(60)
}

fn timeout() -> Duration {
    Duration::from_secs(30)
}

fn time_zone() -> String {
    "UTC".to_owned()
}

/// What the example file shows: stock from a database and from files.
pub fn example_polls() -> Vec<PollConfig> {
    let poll = |name: &str, source, readings| PollConfig {
        name: name.to_owned(),
        system: "erp".to_owned(),
        interval: interval(),
        timeout: timeout(),
        time_zone: time_zone(),
        source,
        readings,
    };
    let server = ServerConfig {
        host: "127.0.0.1".to_owned(),
        port: None,
        socket: None,
        database: "erp".to_owned(),
        user: "ordertrace".to_owned(),
        password: Some(Secret::Env("ERP_PASSWORD".to_owned())),
        tls: None,
        ca_file: None,
        query: "select item_no, bin, qty, changed from stock".to_owned(),
        cursor: Some(CursorConfig::time("changed", Duration::from_secs(300))),
        rows_limit: sql::rows_limit(),
    };
    let mut stock = ReadingConfig::new(ordertrace_api::reading::Entity::Inventory);
    stock.columns.sku = Some("item_no".to_owned());
    stock.columns.location = Some("bin".to_owned());
    stock.columns.value = Some("qty".to_owned());
    stock.columns.changed_at = Some("changed".to_owned());
    let mut price = ReadingConfig::new(ordertrace_api::reading::Entity::Price);
    price.columns.sku = Some("SKU".to_owned());
    price.columns.value = Some("Cents".to_owned());
    price.constants.currency = Some("EUR".to_owned());
    price.value_scale = -2;
    vec![
        poll("erp-stock", SourceConfig::Postgres(server), vec![stock]),
        poll("erp-prices", SourceConfig::Csv(CsvConfig::new("/srv/export/prices-*.csv")), vec![price]),
    ]
}
