//! Groups the rows of many requests into few large inserts: ClickHouse pays per insert.
//!
//! Requests are added to the open group as they are decoded and wait for the inserts that
//! carry their rows; while one group is inserted the next fills up, so the groups grow by
//! themselves when ClickHouse is the bottleneck. What waits is bounded by the bytes that
//! ingest lets in at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clickhouse::{Client, Compression};
use futures::future::try_join_all;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::columns::{Group, TableBlock};
use crate::store::Unavailable;

/// How rows are grouped.
#[derive(Clone, Copy, Debug)]
pub struct GroupLimits {
    /// A group is inserted as soon as it holds so many spans, log records and readings.
    pub items: usize,
    /// A group is inserted as soon as its requests have so many bytes.
    pub bytes: usize,
    /// A group waits for company at most this long.
    pub linger: Duration,
    /// An insert that takes longer has failed.
    pub timeout: Duration,
}

impl Default for GroupLimits {
    fn default() -> Self {
        Self {
            items: 50_000,
            bytes: 32 * 1024 * 1024,
            linger: Duration::from_millis(50),
            timeout: Duration::from_secs(30),
        }
    }
}

/// When a sender should come again after a failed insert.
const RETRY_AFTER: Duration = Duration::from_secs(2);

type Reply = oneshot::Sender<Result<(), Unavailable>>;

/// A group and who waits for it.
#[derive(Debug, Default)]
struct Waiting {
    group: Box<Group>,
    replies: Vec<Reply>,
    /// When its first request came.
    since: Option<Instant>,
}

#[derive(Debug, Default)]
struct Groups {
    open: Waiting,
    /// Groups that are large enough, the oldest first.
    full: VecDeque<Waiting>,
}

/// Takes the rows of requests and stores them in groups.
#[derive(Debug)]
pub(super) struct Writer {
    limits: GroupLimits,
    groups: Arc<Mutex<Groups>>,
    /// Told when there is something to insert; one message is as good as many.
    news: mpsc::Sender<()>,
}

impl Writer {
    /// Starts the task that inserts; it ends when the writer is dropped and all is inserted.
    pub(super) fn start(client: Client, limits: GroupLimits) -> Self {
        let groups = Arc::new(Mutex::new(Groups::default()));
        let (news, told) = mpsc::channel(1);
        // What ClickHouse reads at once is not worth compressing.
        let client = client.with_compression(Compression::None);
        tokio::spawn(run(client, limits, Arc::clone(&groups), told));
        Self { limits, groups, news }
    }

    /// Adds the rows of a request; the future returns once they are in ClickHouse.
    pub(super) fn store(
        &self,
        add: &mut dyn FnMut(&mut Group),
    ) -> impl Future<Output = Result<(), Unavailable>> + Send + use<> {
        let (reply, outcome) = oneshot::channel();
        {
            let mut groups = lock(&self.groups);
            add(&mut groups.open.group);
            groups.open.replies.push(reply);
            groups.open.since.get_or_insert_with(Instant::now);
            let group = &groups.open.group;
            if group.items() >= self.limits.items || group.bytes() >= self.limits.bytes {
                let full = std::mem::take(&mut groups.open);
                groups.full.push_back(full);
            }
        }
        // Fails when the task is told already.
        let _ = self.news.try_send(());
        async {
            let stopped = || Unavailable { reason: "the collector is stopping".to_owned(), retry_after: RETRY_AFTER };
            outcome.await.map_err(|_| stopped())?
        }
    }
}

fn lock(groups: &Mutex<Groups>) -> std::sync::MutexGuard<'_, Groups> {
    groups.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn run(client: Client, limits: GroupLimits, groups: Arc<Mutex<Groups>>, mut news: mpsc::Receiver<()>) {
    let mut more = true;
    loop {
        let next = lock(&groups).next(if more { limits.linger } else { Duration::ZERO });
        match next {
            Next::Ready(waiting) => insert_group(&client, waiting, limits.timeout).await,
            Next::At(time) => {
                if let Ok(None) = timeout_at(time, news.recv()).await {
                    more = false;
                }
            }
            Next::Nothing if more => more = news.recv().await.is_some(),
            Next::Nothing => return,
        }
    }
}

/// What to insert next.
#[derive(Debug)]
enum Next {
    /// This.
    Ready(Waiting),
    /// The open group, at this time.
    At(Instant),
    Nothing,
}

impl Groups {
    /// The oldest full group, else the open one when it has waited for `linger`.
    fn next(&mut self, linger: Duration) -> Next {
        if let Some(full) = self.full.pop_front() {
            return Next::Ready(full);
        }
        match self.open.since {
            None => Next::Nothing,
            Some(since) if since.elapsed() < linger => Next::At(since + linger),
            Some(_) => Next::Ready(std::mem::take(&mut self.open)),
        }
    }
}

async fn insert_group(client: &Client, waiting: Waiting, timeout: Duration) {
    let Waiting { group, replies, .. } = waiting;
    let (items, requests) = (group.items(), group.requests().len());
    let inserted = match tokio::task::spawn_blocking(|| group.freeze()).await {
        Ok(blocks) => insert(client, blocks, timeout).await.map_err(|error| error.to_string()),
        Err(error) => Err(format!("a group was lost: {error}")),
    };
    let outcome = inserted.map_err(|reason| {
        tracing::warn!(items, requests, %reason, "insert failed; senders are told to come again");
        Unavailable { reason, retry_after: RETRY_AFTER }
    });
    for reply in replies {
        // A request whose sender has gone away needs no answer.
        let _ = reply.send(outcome.clone());
    }
}

async fn insert(client: &Client, blocks: Vec<TableBlock>, timeout: Duration) -> clickhouse::error::Result<()> {
    try_join_all(blocks.into_iter().map(|block| insert_block(client, block, timeout))).await?;
    Ok(())
}

async fn insert_block(client: &Client, block: TableBlock, timeout: Duration) -> clickhouse::error::Result<()> {
    let TableBlock { table, block } = block;
    let columns = block.columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ");
    let sql = format!("INSERT INTO {table} ({columns}) FORMAT Native");
    let mut insert = client.insert_formatted_with(sql).with_timeouts(Some(timeout), Some(timeout));
    for part in block.parts {
        insert.send(part).await?;
    }
    insert.end().await
}
