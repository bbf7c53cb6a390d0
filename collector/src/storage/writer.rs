//! Groups the rows of many batches into few large inserts: ClickHouse pays per insert.
//!
//! Batches are added to the open group as they are decoded and wait for the inserts that
//! carry their rows; while one group is stored the next fills up. A group that is not full
//! waits for company all the longer the dearer groups are: storing small ones takes a share of
//! ClickHouse's time and no more. What waits is bounded by the bytes that ingest lets in at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::columns::Group;
use super::metrics::{GroupOutcome, StorageMetrics};
use super::once::{Known, Looks, Once, OnceError, Others, Outcome, RETRY_AFTER, Standing, Ticket};
use crate::record::{Batch, Content};
use crate::store::{Stored, Unavailable};

/// How rows are grouped.
#[derive(Clone, Copy, Debug)]
pub struct GroupLimits {
    /// A group is stored as soon as it holds so many spans, log records and readings.
    pub items: usize,
    /// A group is stored as soon as its batches have so many bytes.
    pub bytes: usize,
    /// A group is stored as soon as it has so many batches: they are named in one statement.
    pub batches: usize,
    /// A group waits for company at least this long, unless it is full,
    pub linger: Duration,
    /// and until so many times as long have passed since the last was stored as that took,
    pub pause: u32,
    /// but at most this long.
    pub linger_limit: Duration,
    /// A group that takes longer to store has failed.
    pub timeout: Duration,
}

impl Default for GroupLimits {
    fn default() -> Self {
        Self {
            items: 50_000,
            bytes: 32 * 1024 * 1024,
            batches: 4_000,
            linger: Duration::from_millis(100),
            pause: 9,
            linger_limit: Duration::from_secs(1),
            timeout: Duration::from_secs(30),
        }
    }
}

/// A group and who waits for it.
#[derive(Debug, Default)]
struct Waiting {
    group: Box<Group>,
    tickets: Vec<Ticket>,
    /// When its first batch came.
    since: Option<Instant>,
}

impl Waiting {
    fn take(&mut self) -> Self {
        let group = Box::new(self.group.take());
        Self { group, tickets: std::mem::take(&mut self.tickets), since: self.since.take() }
    }
}

#[derive(Debug, Default)]
struct Groups {
    open: Waiting,
    /// Groups that are large enough, the oldest first.
    full: VecDeque<Waiting>,
}

/// Takes batches and stores them in groups.
pub(super) struct Writer {
    looks: Looks,
    known: Known,
    limits: GroupLimits,
    groups: Arc<Mutex<Groups>>,
    /// Told when there is something to store; one message is as good as many.
    news: mpsc::Sender<()>,
}

impl Writer {
    /// Starts the task that stores; it ends when the writer is dropped and all is stored.
    pub(super) fn start(once: Once, limits: GroupLimits, metrics: StorageMetrics) -> Self {
        let groups = Arc::new(Mutex::new(Groups::default()));
        let known = Known::default();
        let (news, told) = mpsc::channel(1);
        let looks = Looks::start(once.clone());
        let storing = Storing { once, known: known.clone(), limits, metrics };
        tokio::spawn(storing.run(Arc::clone(&groups), told));
        Self { looks, known, limits, groups, news }
    }

    /// Whether a batch is known to be stored already.
    pub(super) async fn is_stored(&self, batch: Content) -> Result<bool, Unavailable> {
        if let Some(stored) = self.known.is_stored(batch.hash, std::time::Instant::now()) {
            return Ok(stored);
        }
        let standing = self.looks.standing(batch.hash).await.map_err(unavailable)?;
        let now = std::time::Instant::now();
        match standing {
            Standing::Free => Ok(false),
            Standing::Stored => {
                self.known.repeated(batch.hash, now);
                Ok(true)
            }
            Standing::Busy => {
                self.known.beware(now);
                Err(busy())
            }
        }
    }

    /// Adds the rows of a batch, unless it is here or stored already; the future returns once
    /// they are in ClickHouse.
    pub(super) fn store(
        &self,
        batch: Batch<'_>,
        add: &mut dyn FnMut(&mut Group),
    ) -> impl Future<Output = Result<Stored, Unavailable>> + Send + use<> {
        let (ticket, outcome) = self.known.enter(batch.content.hash);
        if let Some(ticket) = ticket {
            let mut groups = lock(&self.groups);
            add(&mut groups.open.group);
            groups.open.tickets.push(ticket);
            groups.open.since.get_or_insert_with(Instant::now);
            let group = &groups.open.group;
            let is_full = group.items() >= self.limits.items || group.bytes() >= self.limits.bytes;
            if is_full || groups.open.tickets.len() >= self.limits.batches {
                let full = groups.open.take();
                groups.full.push_back(full);
            }
            drop(groups);
            // Fails when the task is told already.
            let _ = self.news.try_send(());
        }
        outcome
    }
}

fn lock(groups: &Mutex<Groups>) -> std::sync::MutexGuard<'_, Groups> {
    groups.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The task that stores.
struct Storing {
    once: Once,
    known: Known,
    limits: GroupLimits,
    metrics: StorageMetrics,
}

impl Storing {
    async fn run(self, groups: Arc<Mutex<Groups>>, mut news: mpsc::Receiver<()>) {
        let (mut more, mut earliest) = (true, Instant::now());
        loop {
            let next = lock(&groups).next(|since| if more { self.limits.due(since, earliest) } else { since });
            match next {
                Next::Ready(waiting) => {
                    let started = Instant::now();
                    self.store(waiting).await;
                    earliest = Instant::now() + started.elapsed() * self.limits.pause;
                }
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

    async fn store(&self, waiting: Waiting) {
        let Waiting { group, tickets, .. } = waiting;
        let (items, batches, since) = (group.items(), tickets.len(), Instant::now());
        let limit = self.limits.timeout;
        let timed_out = OnceError::TimedOut { seconds: limit.as_secs() };
        let outcome = timeout(limit, self.once.store(*group)).await.unwrap_or(Err(timed_out));
        let outcome = match outcome {
            Ok(Outcome::Stored) => {
                tickets.into_iter().for_each(|ticket| ticket.settle(Ok(Stored::First)));
                GroupOutcome::Stored
            }
            Ok(Outcome::Withdrawn(others)) => {
                tracing::info!(items, batches, "a group held batches of other groups");
                self.known.beware(std::time::Instant::now());
                tickets.into_iter().for_each(|ticket| self.settle_withdrawn(ticket, &others));
                GroupOutcome::Withdrawn
            }
            Err(error) => {
                tracing::warn!(items, batches, %error, "a group is not stored; its senders are told to come again");
                let outcome = unavailable(error.to_string());
                tickets.into_iter().for_each(|ticket| ticket.settle(Err(outcome.clone())));
                GroupOutcome::Failed
            }
        };
        self.metrics.group(outcome, items, since.elapsed());
    }

    fn settle_withdrawn(&self, ticket: Ticket, others: &Others) {
        match others.standing(ticket.batch()) {
            Standing::Free => ticket.settle(Err(beside_repeat())),
            Standing::Busy => ticket.settle(Err(busy())),
            Standing::Stored => {
                self.known.repeated(ticket.batch(), std::time::Instant::now());
                ticket.settle(Ok(Stored::Before));
            }
        }
    }
}

/// What to store next.
#[derive(Debug)]
enum Next {
    /// This.
    Ready(Waiting),
    /// The open group, at this time.
    At(Instant),
    Nothing,
}

impl GroupLimits {
    /// When a group that is not full is stored whose first batch came at `since`, and not before
    /// `earliest` unless it would wait too long.
    fn due(&self, since: Instant, earliest: Instant) -> Instant {
        earliest.clamp(since + self.linger, since + self.linger.max(self.linger_limit))
    }
}

impl Groups {
    /// The oldest full group, else the open one when it is `due`, given when its first batch came.
    fn next(&mut self, due: impl Fn(Instant) -> Instant) -> Next {
        if let Some(full) = self.full.pop_front() {
            return Next::Ready(full);
        }
        match self.open.since.map(due) {
            None => Next::Nothing,
            Some(due) if Instant::now() < due => Next::At(due),
            Some(_) => Next::Ready(self.open.take()),
        }
    }
}

fn unavailable(reason: String) -> Unavailable {
    Unavailable { reason, retry_after: RETRY_AFTER }
}

/// It is in a group that may yet be stored.
fn busy() -> Unavailable {
    unavailable("it was sent before and is on its way".to_owned())
}

/// A repeat spoiled the group; the next one is free of it.
fn beside_repeat() -> Unavailable {
    let reason = "it came together with a batch that was sent before".to_owned();
    Unavailable { reason, retry_after: Duration::from_millis(100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_is_not_full_waits_for_company() {
        let (limits, start) = (GroupLimits::default(), Instant::now());
        let due = |since: u64, earliest: u64| {
            let at = |ms| start + Duration::from_millis(ms);
            limits.due(at(since), at(earliest)).duration_since(start).as_millis()
        };
        assert_eq!(due(500, 0), 600, "the last group is long stored");
        assert_eq!(due(500, 900), 900, "the last group was stored just now");
        assert_eq!(due(500, 5_000), 1_500, "the last group took very long");
    }
}
