use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use clickhouse::Client;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::{info_span, instrument};

use super::alias::{self, Aliases, Resolved, Resolver};
use super::copy::Read;
use super::drift::Drift;
use super::item::{Item, Subject};
use super::known::Known;
use super::ledger::Ledger;
use super::metrics::SyncMetrics;
use super::pair::Pairs;
use super::view::SyncView;
use crate::background;
use crate::moment::Range;
use crate::storage::{SETTLED, settled_ms};

/// Readings taken in at once.
const MOST_READINGS: usize = 20_000;

/// Subjects looked up at once: those of most rounds, because each query and each insert costs whatever it is about.
const AT_ONCE: usize = 10_000;

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
    /// Up to when readings were taken in, milliseconds since the Unix epoch, by ClickHouse's clock.
    done_ms: i64,
}

impl Evaluator {
    /// Goes on where any collector left off.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn open(client: Client, pairs: Pairs, metrics: SyncMetrics) -> clickhouse::error::Result<Self> {
        let ledger = Ledger::new(client.clone());
        let done_ms = (ledger.until_ms().await? - AGAIN_MS).max(0);
        let resolver = Resolver::new(alias::Ledger::new(client.clone()), Aliases::default());
        Ok(Self { client, ledger, resolver, pairs, metrics, taken: Taken::default(), done_ms })
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
        loop {
            let feed = self.ledger.feed(self.taken, self.done_ms, until_ms, MOST_READINGS).await?;
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
            for subjects in subjects.chunks(AT_ONCE) {
                self.look(subjects, feed.until_ms).await?;
            }
            self.resolver.keep(resolved).await?;
            self.metrics.taken(count);
            self.done_ms = self.done_ms.max(feed.until_ms);
            if count > 0 {
                self.ledger.advance(self.done_ms).await?;
            }
            if !feed.more {
                return Ok(());
            }
        }
    }

    /// Takes the readings of some subjects in, which were stored up to `until_ms`, and writes what became of it.
    #[instrument(name = "sync", skip_all)]
    async fn look(&self, news: &[(&Subject, Vec<&Read>)], until_ms: i64) -> clickhouse::error::Result<()> {
        let subjects: Vec<&Subject> = news.iter().map(|(subject, _)| *subject).collect();
        // Drifts first: whatever another collector writes in between, copies are then as new as drifts or
        // newer, and what they make of each other is the same again.
        let mut open = by_subject(self.ledger.open(&subjects).await?, |drift: &Drift| &drift.item);
        let mut copies = self.ledger.copies(&subjects).await?;
        let known: Vec<(&Subject, i64, Known)> = news
            .iter()
            .map(|(subject, reads)| {
                let before = copies.remove(*subject).unwrap_or_default();
                let mut known = Known::new(before.copies, open.remove(*subject).unwrap_or_default());
                known.take(&self.pairs, reads.clone());
                (*subject, before.until_ms.max(until_ms), known)
            })
            .collect();
        let each = || known.iter().map(|(_, _, known)| known);
        // What was written of drifts follows from copies again should this end in between.
        self.ledger.write_lags(each().flat_map(Known::over)).await?;
        self.ledger.write_drifts(each().flat_map(Known::drifts)).await?;
        self.ledger.write_copies(each().flat_map(Known::copies)).await?;
        let subjects = known.iter().map(|(subject, until_ms, known)| (*subject, *until_ms, known.all()));
        self.ledger.write_subjects(subjects).await
    }
}

fn by_subject<T>(all: Vec<T>, item: impl Fn(&T) -> &Item) -> HashMap<Subject, Vec<T>> {
    let mut of_subject: HashMap<Subject, Vec<T>> = HashMap::new();
    for one in all {
        of_subject.entry(item(&one).subject.clone()).or_default().push(one);
    }
    of_subject
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
