//! Groups the rows of many requests into few large inserts: ClickHouse pays per insert.
//!
//! Each table has one task that owns its queue. Requests wait for the insert that carries
//! their rows; while one insert is under way the next group fills up, so the groups grow by
//! themselves when ClickHouse is the bottleneck. The queue is bounded, and what it holds is
//! bounded by the bytes that ingest lets in at once.

use std::time::Duration;

use clickhouse::{Client, Row};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use crate::store::Unavailable;

/// How rows are grouped.
#[derive(Clone, Copy, Debug)]
pub struct GroupLimits {
    /// An insert is sent as soon as it holds this many rows.
    pub rows: usize,
    /// An insert waits for company at most this long.
    pub linger: Duration,
    /// An insert that takes longer has failed.
    pub timeout: Duration,
}

impl Default for GroupLimits {
    fn default() -> Self {
        Self { rows: 50_000, linger: Duration::from_millis(50), timeout: Duration::from_secs(30) }
    }
}

/// Requests that may queue for one table.
const QUEUE: usize = 1024;

/// When a sender should come again after a failed insert.
const RETRY_AFTER: Duration = Duration::from_secs(2);

type Reply = oneshot::Sender<Result<(), Unavailable>>;

/// The queue in front of one table.
#[derive(Debug)]
pub(super) struct TableWriter<R> {
    queue: mpsc::Sender<(Vec<R>, Reply)>,
}

impl<R> TableWriter<R>
where
    R: Row + for<'a> Row<Value<'a> = R> + Serialize + Send + Sync + 'static,
{
    /// Starts the table's task; it ends when the writer is dropped and its queue is empty.
    pub(super) fn start(client: Client, table: &'static str, limits: GroupLimits) -> Self {
        let (queue, requests) = mpsc::channel(QUEUE);
        tokio::spawn(run(client, table, limits, requests));
        Self { queue }
    }

    /// Returns once the rows are in ClickHouse.
    pub(super) async fn store(&self, rows: Vec<R>) -> Result<(), Unavailable> {
        if rows.is_empty() {
            return Ok(());
        }
        let (reply, outcome) = oneshot::channel();
        let stopped = || Unavailable { reason: "the collector is stopping".to_owned(), retry_after: RETRY_AFTER };
        self.queue.send((rows, reply)).await.map_err(|_| stopped())?;
        outcome.await.map_err(|_| stopped())?
    }
}

async fn run<R>(client: Client, table: &'static str, limits: GroupLimits, mut requests: mpsc::Receiver<(Vec<R>, Reply)>)
where
    R: Row + for<'a> Row<Value<'a> = R> + Serialize + Send + Sync + 'static,
{
    while let Some((mut rows, reply)) = requests.recv().await {
        let mut replies = vec![reply];
        let deadline = tokio::time::Instant::now() + limits.linger;
        while rows.len() < limits.rows {
            let Ok(Some((more, reply))) = tokio::time::timeout_at(deadline, requests.recv()).await else { break };
            rows.extend(more);
            replies.push(reply);
        }
        let count = rows.len();
        let outcome = insert(&client, table, rows, limits.timeout).await.map_err(|error| {
            tracing::warn!(table, rows = count, %error, "insert failed; senders are told to come again");
            Unavailable { reason: error.to_string(), retry_after: RETRY_AFTER }
        });
        for reply in replies {
            // A request whose sender has gone away needs no answer.
            let _ = reply.send(outcome.clone());
        }
    }
}

async fn insert<R>(client: &Client, table: &str, rows: Vec<R>, timeout: Duration) -> clickhouse::error::Result<()>
where
    R: Row + for<'a> Row<Value<'a> = R> + Serialize,
{
    let mut insert = client.insert::<R>(table).await?.with_timeouts(Some(timeout), Some(timeout));
    for row in &rows {
        insert.write(row).await?;
    }
    insert.end().await
}
