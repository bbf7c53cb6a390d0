use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use clickhouse::Client;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::{info_span, instrument};
use uuid::Uuid;

use super::alias::{self, Aliases, Resolved, Resolver};
use super::copy::Read;
use super::item::Subject;
use super::known::Known;
use super::ledger::Ledger;
use super::metrics::SyncMetrics;
use super::packed::Packed;
use super::pair::Pairs;
use super::recent::Recent;
use super::view::SyncView;
use crate::background;
use crate::moment::Range;
use crate::storage::{SETTLED, settled_ms};

/// Readings taken in at once.
const MOST_READINGS: usize = 20_000;

/// Subjects looked up at once: those of most rounds, because each query costs whatever it is about.
const AT_ONCE: usize = 10_000;

/// Of readings that were stored long ago those of so short a time are looked for at once, milliseconds, at first.
const STRETCH_MS: i64 = 2_000;

/// One that goes on looks again at what was stored so long before: another collector may have ended between
/// what it wrote and what it had yet to write.
const AGAIN_MS: i64 = 60_000;

/// Time between rounds.
const EVERY: Duration = Duration::from_secs(1);

/// Time between counts of what metrics show.
const COUNTED_EVERY: Duration = Duration::from_secs(15);

/// What copies are kept of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taken {
    /// Everything that is read.
    #[default]
    All,
    /// Feeds and search indexes, whose ages are told whatever is compared.
    Ages,
}

/// Takes readings in and holds copies against each other, round by round.
pub struct Evaluator {
    client: Client,
    ledger: Ledger,
    resolver: Resolver,
    pairs: Pairs,
    metrics: SyncMetrics,
    taken: Taken,
    recent: Recent,
    /// By which others know whose progress it is.
    id: Uuid,
    /// Up to when readings were taken in, milliseconds since the Unix epoch, by ClickHouse's clock.
    done_ms: i64,
    /// Readings of so long a time are looked for at once, milliseconds.
    stretch_ms: i64,
}

impl Evaluator {
    /// Goes on where any collector left off.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn open(client: Client, pairs: Pairs, metrics: SyncMetrics) -> clickhouse::error::Result<Self> {
        let ledger = Ledger::new(client.clone());
        let done_ms = ledger.progress().await?.map_or(0, |(until_ms, _)| (until_ms - AGAIN_MS).max(0));
        let resolver = Resolver::new(alias::Ledger::new(client.clone()), Aliases::default());
        let (recent, id, stretch_ms) = (Recent::new(), Uuid::now_v7(), STRETCH_MS);
        Ok(Self { client, ledger, resolver, pairs, metrics, taken: Taken::default(), recent, id, done_ms, stretch_ms })
    }

    /// The same, which knows these SKUs of other ids.
    #[must_use]
    pub fn knowing(self, aliases: Aliases) -> Self {
        let resolver = Resolver::new(alias::Ledger::new(self.client.clone()), aliases);
        Self { resolver, ..self }
    }

    /// The same, which takes in no more than that.
    #[must_use]
    pub fn taking(self, taken: Taken) -> Self {
        Self { taken, ..self }
    }

    /// Takes in what all have seen by now.
    ///
    /// # Errors
    /// When ClickHouse does not answer; nothing is lost then.
    pub async fn round(&mut self) -> clickhouse::error::Result<()> {
        let began = Instant::now();
        let until_ms = settled_ms(&self.client).await?;
        self.catch_up(until_ms).await?;
        let took = began.elapsed();
        self.metrics.round(took, SETTLED + took);
        Ok(())
    }

    /// Takes in what was stored up to `until_ms`, milliseconds since the Unix epoch, by ClickHouse's clock.
    ///
    /// # Errors
    /// When ClickHouse does not answer; nothing is lost then.
    pub async fn catch_up(&mut self, until_ms: i64) -> clickhouse::error::Result<()> {
        let progress = self.ledger.progress().await?;
        if progress.is_none_or(|(_, evaluator)| evaluator != self.id) {
            // Another evaluates as well. What follows of its readings is what follows of ours, but not in the same steps.
            self.recent.clear();
        }
        let caught_up = self.take_in(until_ms).await;
        if caught_up.is_err() {
            // Some of it may not be written.
            self.recent.clear();
        }
        caught_up
    }

    async fn take_in(&mut self, until_ms: i64) -> clickhouse::error::Result<()> {
        loop {
            // Each look reads all that was stored within its time, however little of that it takes.
            let end_ms = until_ms.min(self.done_ms.saturating_add(self.stretch_ms));
            let feed = self.ledger.feed(self.taken, self.done_ms, end_ms, MOST_READINGS).await?;
            self.stretch_ms = if feed.more { STRETCH_MS } else { self.stretch_ms.saturating_mul(2) };
            let count = feed.reads.len() + feed.foreign.len();
            let resolved = match self.taken {
                Taken::All => self.resolver.resolve(feed.foreign, (self.done_ms, feed.until_ms)).await?,
                Taken::Ages => Resolved::default(),
            };
            let mut subjects: BTreeMap<&Subject, Vec<&Read>> = BTreeMap::new();
            feed.reads
                .iter()
                .chain(&resolved.reads)
                .for_each(|read| subjects.entry(&read.item.subject).or_default().push(read));
            let subjects: Vec<(&Subject, Vec<&Read>)> = subjects.into_iter().collect();
            if !subjects.is_empty() {
                self.look(&subjects, feed.until_ms).await?;
            }
            self.resolver.keep(resolved).await?;
            self.metrics.taken(count);
            self.done_ms = self.done_ms.max(feed.until_ms);
            if count > 0 {
                self.ledger.advance(self.done_ms, self.id).await?;
            }
            if !feed.more && end_ms == until_ms {
                return Ok(());
            }
        }
    }

    /// Takes the readings of subjects in, which were stored up to `until_ms`, and writes what became of it.
    #[instrument(name = "sync", skip_all)]
    async fn look(&mut self, news: &[(&Subject, Vec<&Read>)], until_ms: i64) -> clickhouse::error::Result<()> {
        let taken = news.iter().filter_map(|(subject, _)| Some(((*subject).clone(), self.recent.take(subject)?)));
        let mut packed: HashMap<Subject, Packed> = taken.collect();
        let others: Vec<&Subject> =
            news.iter().map(|(subject, _)| *subject).filter(|subject| !packed.contains_key(subject)).collect();
        for others in others.chunks(AT_ONCE) {
            packed.extend(self.ledger.known(others).await?);
        }
        let mut writing = self.ledger.write().await?;
        for (subject, reads) in news {
            let before = packed.remove(*subject);
            // One at a time: unpacked it takes ten times as much.
            let (copies, open) = before.as_ref().map(|before| before.unpack(subject)).unwrap_or_default();
            let mut known = Known::new(copies, open);
            known.take(&self.pairs, reads.clone());
            let until_ms = before.map_or(until_ms, |before| before.until_ms.max(until_ms));
            let packed = writing.add(subject, until_ms, &known).await?;
            self.recent.put((*subject).clone(), packed);
        }
        writing.end().await
    }
}

/// Takes readings in until `stop`, by the clock `now`.
pub async fn run(
    client: Client,
    (pairs, taken, aliases): (Pairs, Taken, Aliases),
    metrics: SyncMetrics,
    now: fn() -> Timestamp,
    stop: CancellationToken,
) {
    let view = SyncView::new(client.clone(), pairs.clone());
    let evaluating = async {
        let open = || Evaluator::open(client.clone(), pairs.clone(), metrics.clone());
        let mut evaluator = background::opened("taking readings in", open).await.taking(taken).knowing(aliases);
        let mut rounds = background::every(if taken == Taken::All { EVERY } else { COUNTED_EVERY });
        let mut counts = background::every(COUNTED_EVERY);
        loop {
            let done = tokio::select! {
                _ = rounds.tick() => evaluator.round().await,
                _ = counts.tick() => count(&view, &metrics, now()).await,
            };
            if let Err(error) = done {
                metrics.failure();
                tracing::warn!(error = %error, "readings could not be taken in; they will be from where it was");
            }
        }
    };
    background::until(stop, info_span!("sync"), evaluating).await;
}

/// Tells how the pairs stand at `now`, and how old feeds and indexes are.
async fn count(view: &SyncView, metrics: &SyncMetrics, now: Timestamp) -> clickhouse::error::Result<()> {
    let since = now.checked_sub(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN);
    if let Ok(hour) = Range::new(since, now) {
        metrics.stand(&view.lags(hour, now).await?, now);
    }
    metrics.ages(view.ages(None, now).await?);
    metrics.unclear(&view.unclear().await?);
    Ok(())
}
