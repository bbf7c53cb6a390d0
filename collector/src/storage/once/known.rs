//! Batches that this process need not ask ClickHouse about.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::Shared;
use lru::LruCache;
use tokio::sync::oneshot;

use crate::store::{Stored, Unavailable};

/// Stored batches that are remembered; some 60 bytes each. Of those before, ClickHouse knows.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(50_000).unwrap();

/// When a batch turns out to be a repeat, others follow: so long each is looked up before it
/// joins a group, which it would spoil.
const CAUTION: Duration = Duration::from_secs(10);

/// When a sender should come again.
pub(in crate::storage) const RETRY_AFTER: Duration = Duration::from_secs(2);

type Outcome = Shared<oneshot::Receiver<Result<Stored, Unavailable>>>;

/// What is known of batches. Cheap to share.
#[derive(Clone, Debug)]
pub(in crate::storage) struct Known(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// On the way; as many as ingest lets in at once.
    waiting: HashMap<u128, Outcome>,
    stored: LruCache<u128, ()>,
    cautious_until: Option<Instant>,
}

/// A batch on the way. Whoever waits for it is told what became of it, at the latest when
/// this is dropped.
#[derive(Debug)]
pub(in crate::storage) struct Ticket {
    known: Known,
    batch: u128,
    outcome: Option<oneshot::Sender<Result<Stored, Unavailable>>>,
}

impl Default for Known {
    fn default() -> Self {
        // Grows as needed: an idle collector holds none.
        let mut stored = LruCache::unbounded();
        stored.resize(REMEMBERED);
        Self(Arc::new(Mutex::new(State { waiting: HashMap::new(), stored, cautious_until: None })))
    }
}

impl Known {
    /// Whether a batch is stored; `None` = it should be looked up.
    pub(in crate::storage) fn is_stored(&self, batch: u128, now: Instant) -> Option<bool> {
        let mut state = self.lock();
        if state.stored.get(&batch).is_some() {
            return Some(true);
        }
        let cautious = state.cautious_until.is_some_and(|until| now < until);
        if cautious && !state.waiting.contains_key(&batch) { None } else { Some(false) }
    }

    /// Remembers that a batch is stored by what was sent earlier.
    pub(in crate::storage) fn repeated(&self, batch: u128, now: Instant) {
        self.lock().stored.put(batch, ());
        self.beware(now);
    }

    /// Batches came that are in other groups: others will.
    pub(in crate::storage) fn beware(&self, now: Instant) {
        self.lock().cautious_until = Some(now + CAUTION);
    }

    /// Lets a batch come in, unless it is here already: then there is no ticket. The future
    /// tells what became of it.
    pub(in crate::storage) fn enter(
        &self,
        batch: u128,
    ) -> (Option<Ticket>, impl Future<Output = Result<Stored, Unavailable>> + Send + use<>) {
        let mut state = self.lock();
        let (sender, receiver) = oneshot::channel();
        let (ticket, outcome) = if state.stored.get(&batch).is_some() {
            // Nobody is left to receive it when it cannot be sent.
            let _ = sender.send(Ok(Stored::Before));
            (None, receiver.shared())
        } else if let Some(outcome) = state.waiting.get(&batch) {
            (None, outcome.clone())
        } else {
            let outcome = receiver.shared();
            state.waiting.insert(batch, outcome.clone());
            (Some(Ticket { known: self.clone(), batch, outcome: Some(sender) }), outcome)
        };
        let again = ticket.is_none();
        let told = outcome.map(move |outcome| {
            let stored = outcome.unwrap_or_else(|_| Err(stopping()))?;
            Ok(if again { Stored::Before } else { stored })
        });
        (ticket, told)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // An entry is there or not: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// The batch's hash.
    pub(in crate::storage) fn batch(&self) -> u128 {
        self.batch
    }

    /// Tells everybody who waits for it.
    pub(in crate::storage) fn settle(mut self, outcome: Result<Stored, Unavailable>) {
        let mut state = self.known.lock();
        state.waiting.remove(&self.batch);
        if outcome.is_ok() {
            state.stored.put(self.batch, ());
        }
        drop(state);
        if let Some(sender) = self.outcome.take() {
            // A batch whose senders have all gone away needs no answer.
            let _ = sender.send(outcome);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.outcome.is_some() {
            self.known.lock().waiting.remove(&self.batch);
        }
    }
}

fn stopping() -> Unavailable {
    Unavailable { reason: "the collector is stopping".to_owned(), retry_after: RETRY_AFTER }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_batch_that_comes_again_waits_for_the_first() {
        let known = Known::default();
        let (ticket, first) = known.enter(1);
        let (none, second) = known.enter(1);
        assert!(none.is_none());
        ticket.unwrap().settle(Ok(Stored::First));
        assert_eq!(first.await.unwrap(), Stored::First);
        assert_eq!(second.await.unwrap(), Stored::Before);
        assert_eq!(known.is_stored(1, Instant::now()), Some(true));
        let (none, third) = known.enter(1);
        assert!(none.is_none());
        assert_eq!(third.await.unwrap(), Stored::Before);
    }

    #[tokio::test]
    async fn what_failed_or_was_dropped_may_come_again() {
        let known = Known::default();
        let (ticket, first) = known.enter(1);
        ticket.unwrap().settle(Err(Unavailable { reason: "away".to_owned(), retry_after: RETRY_AFTER }));
        assert_eq!(first.await.unwrap_err().reason, "away");
        let (ticket, second) = known.enter(1);
        drop(ticket.unwrap());
        assert_eq!(second.await.unwrap_err().reason, "the collector is stopping");
        assert!(known.enter(1).0.is_some());
    }

    #[test]
    fn after_a_repeat_batches_are_looked_up_for_a_while() {
        let (known, now) = (Known::default(), Instant::now());
        assert_eq!(known.is_stored(1, now), Some(false));
        known.repeated(2, now);
        assert_eq!(known.is_stored(2, now), Some(true));
        assert_eq!(known.is_stored(1, now), None);
        let (_ticket, _outcome) = known.enter(3);
        assert_eq!(known.is_stored(3, now), Some(false), "storing it waits for the first");
        assert_eq!(known.is_stored(1, now + CAUTION), Some(false));
    }
}
