//! Spans, events and readings in ClickHouse, embedded or any other: one path, the official
//! client over HTTP.

mod migrate;
mod rows;
mod writer;

use clickhouse::Client;

pub use migrate::{MigrateError, migrate};
pub use rows::{kind_of, observer_code, observer_of, strength_code, strength_of};
pub use writer::GroupLimits;

use crate::record::{EventRecord, ReadingRecord, SpanRecord};
use crate::store::{Store, Unavailable};
use rows::{EventRow, ReadingRow, SpanRow};
use writer::TableWriter;

/// Where ClickHouse is.
#[derive(Clone)]
pub struct Endpoint {
    /// HTTP or HTTPS URL.
    pub url: String,
    /// User name.
    pub user: String,
    /// Password; empty = none.
    pub password: String,
    /// Database, created when missing.
    pub database: String,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// A client for this endpoint without a database, which may not exist yet.
    fn server(&self) -> Client {
        Client::default().with_url(&self.url).with_user(&self.user).with_password(&self.password)
    }

    /// A client for this endpoint's database.
    pub fn client(&self) -> Client {
        self.server().with_database(&self.database)
    }
}

/// The database, its schema up to date, ready for rows.
#[derive(Debug)]
pub struct Storage {
    spans: TableWriter<SpanRow>,
    events: TableWriter<EventRow>,
    readings: TableWriter<ReadingRow>,
}

impl Storage {
    /// Brings the schema up to date and starts the writers.
    ///
    /// # Errors
    /// When ClickHouse cannot be reached or refuses the schema.
    pub async fn open(endpoint: &Endpoint, limits: GroupLimits) -> Result<Self, MigrateError> {
        migrate(&endpoint.server(), &endpoint.database).await?;
        let client = endpoint
            .client()
            // A request may hold late spans of many weeks, each its own partition.
            .with_setting("max_partitions_per_insert_block", "0");
        Ok(Self {
            spans: TableWriter::start(client.clone(), "spans", limits),
            events: TableWriter::start(client.clone(), "events", limits),
            readings: TableWriter::start(client, "readings", limits),
        })
    }
}

impl Store for Storage {
    async fn spans(&self, spans: Vec<SpanRecord>) -> Result<(), Unavailable> {
        self.spans.store(spans.into_iter().map(SpanRow::from).collect()).await
    }

    async fn events(&self, events: Vec<EventRecord>) -> Result<(), Unavailable> {
        self.events.store(events.into_iter().map(EventRow::from).collect()).await
    }

    async fn readings(&self, readings: Vec<ReadingRecord>) -> Result<(), Unavailable> {
        self.readings.store(readings.into_iter().map(ReadingRow::from).collect()).await
    }
}
