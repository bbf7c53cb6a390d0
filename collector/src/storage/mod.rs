//! Spans, events and readings in ClickHouse, embedded or any other: one path, the official
//! client over HTTP.

mod clock;
mod codes;
mod columns;
mod connection;
mod insert;
mod layout;
mod metrics;
mod migrate;
mod nodes;
mod once;
mod over;
mod retention;
mod writer;

use clickhouse::Client;
use tokio_util::task::AbortOnDropHandle;

pub use clock::{SETTLED, now_ms, settled_ms};
pub(crate) use codes::{SEVERITIES, SOURCE_OUTCOMES, code, of_code};
pub use codes::{key_of, key_tuple, kind_of, observer_of, strength_of};
pub(crate) use columns::Sketch;
pub use columns::{Decoder, SPANS, StoredError, StoredSpan, TraceRow};
pub use connection::{Cluster, Connection, ConnectionError};
pub use metrics::StorageMetrics;
pub use migrate::MigrateError;
pub use over::drop_over;
pub use retention::Retention;
pub use writer::GroupLimits;

use crate::record::{Batch, Content, EventRecord, ReadingRecord, SpanRecord};
use crate::store::{Store, Stored, Unavailable};
use nodes::Nodes;
use once::Once;
use writer::Writer;

/// A database that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The connection cannot be set up.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A server of a cluster does not answer, or does not know that it is one.
    #[error(
        "{url} could not be asked which shard of cluster {cluster:?} it is: it must be one of its `remote_servers`"
    )]
    Node {
        /// The server.
        url: String,
        /// The cluster's name.
        cluster: String,
        /// What ClickHouse said.
        source: clickhouse::error::Error,
    },
    /// The schema could not be brought up to date.
    #[error("the schema on {url} could not be brought up to date")]
    Migrate {
        /// The server.
        url: String,
        /// What went wrong.
        source: MigrateError,
    },
    /// The retention could not be set.
    #[error("the retention of table {table} on {url} could not be set")]
    Retention {
        /// The server.
        url: String,
        /// The table.
        table: &'static str,
        /// What ClickHouse said.
        source: clickhouse::error::Error,
    },
}

/// The database, its schema up to date, ready for rows.
pub struct Storage {
    writer: Writer,
    client: Client,
    metrics: StorageMetrics,
    _recovery: AbortOnDropHandle<()>,
    _tidying: AbortOnDropHandle<()>,
}

impl Storage {
    /// Brings the schema up to date, sets how long rows are kept and starts the writer.
    ///
    /// # Errors
    /// When ClickHouse cannot be reached or refuses the schema.
    pub async fn open(
        connection: &Connection,
        limits: GroupLimits,
        retention: Retention,
    ) -> Result<Self, StorageError> {
        let nodes = Nodes::of(connection).await?;
        for node in nodes.iter() {
            let url = || node.url.clone();
            migrate::migrate(&node.server, &connection.database, nodes.layout())
                .await
                .map_err(|source| StorageError::Migrate { url: url(), source })?;
            retention::apply(&node.client, nodes.layout(), retention)
                .await
                .map_err(|(table, source)| StorageError::Retention { url: url(), table, source })?;
        }
        let client = connection.server()?.with_database(&connection.database);
        let metrics = StorageMetrics::default();
        let once = Once::new(&nodes, limits.timeout);
        let recovery = AbortOnDropHandle::new(tokio::spawn(once::recover(once.clone(), metrics.clone())));
        let tidying = AbortOnDropHandle::new(tokio::spawn(over::tidy(nodes)));
        let writer = Writer::start(once, limits, metrics.clone());
        Ok(Self { writer, client, metrics, _recovery: recovery, _tidying: tidying })
    }

    /// Counts of what was stored.
    pub fn metrics(&self) -> &StorageMetrics {
        &self.metrics
    }

    /// A client of the database, for reading.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Store for Storage {
    async fn is_stored(&self, batch: Content) -> Result<bool, Unavailable> {
        self.writer.is_stored(batch).await
    }

    fn spans(
        &self,
        batch: Batch<'_>,
        spans: &[SpanRecord<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<> {
        self.writer.store(batch, &mut |group| group.add_spans(batch, spans))
    }

    fn events(
        &self,
        batch: Batch<'_>,
        events: &[EventRecord<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<> {
        self.writer.store(batch, &mut |group| group.add_events(batch, events))
    }

    fn readings(
        &self,
        batch: Batch<'_>,
        readings: &[ReadingRecord<'_>],
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<> {
        self.writer.store(batch, &mut |group| group.add_readings(batch, readings))
    }
}
