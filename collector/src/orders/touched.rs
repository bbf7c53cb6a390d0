//! Which journeys have grown since they were last put together.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ordertrace_api::keys::{Key, Strength};
use tokio::sync::Notify;

use crate::record::{EventRecord, ReadingRecord, SpanRecord};
use crate::store::{Store, Unavailable};

/// Traces and keys that wait to be followed up; beyond it the tracker reads what it missed
/// from the database.
const WAITING: usize = 100_000;

/// Traces and keys with news. Cheap to share.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    news: Arc<Mutex<News>>,
    arrived: Arc<Notify>,
}

/// What has news.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Traces that grew.
    pub(super) traces: HashSet<[u8; 16]>,
    /// Strong keys that were seen outside a trace.
    pub(super) keys: HashSet<Key>,
    /// Whether more arrived than could wait.
    pub(super) overflowed: bool,
}

impl Touched {
    /// Waits until there is news.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Takes at most `limit` traces and keys; whether more remain.
    pub(super) fn take(&self, limit: usize) -> (News, bool) {
        let mut news = self.lock();
        let traces: HashSet<_> = news.traces.iter().take(limit).copied().collect();
        let keys: HashSet<_> = news.keys.iter().take(limit).cloned().collect();
        news.traces.retain(|trace| !traces.contains(trace));
        news.keys.retain(|key| !keys.contains(key));
        let overflowed = std::mem::take(&mut news.overflowed);
        let more = !news.traces.is_empty() || !news.keys.is_empty();
        (News { traces, keys, overflowed }, more)
    }

    /// Adds news; also what could not be followed up this time.
    pub(super) fn add(&self, more: News) {
        let mut news = self.lock();
        news.overflowed |= more.overflowed;
        if news.traces.len() + more.traces.len() + news.keys.len() + more.keys.len() > WAITING {
            news.overflowed = true;
        } else {
            news.traces.extend(more.traces);
            news.keys.extend(more.keys);
        }
        drop(news);
        self.arrived.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        // Sets are never left half changed, so a panic elsewhere does not spoil them.
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store that notes which journeys grow.
#[derive(Clone, Debug)]
pub struct Tracked<S> {
    store: Arc<S>,
    touched: Touched,
}

impl<S> Tracked<S> {
    /// Notes in `touched` what goes into `store`.
    pub fn new(store: Arc<S>, touched: Touched) -> Self {
        Self { store, touched }
    }
}

impl<S: Store> Store for Tracked<S> {
    async fn spans(&self, spans: Vec<SpanRecord>) -> Result<(), Unavailable> {
        let told = |span: &&SpanRecord| span.noise.is_empty() && (span.side.is_some() || !span.keys.is_empty());
        let traces: HashSet<_> = spans.iter().filter(told).map(|span| span.trace_id).collect();
        self.store.spans(spans).await?;
        if !traces.is_empty() {
            self.touched.add(News { traces, ..News::default() });
        }
        Ok(())
    }

    async fn events(&self, events: Vec<EventRecord>) -> Result<(), Unavailable> {
        let mut news = News::default();
        for event in &events {
            if event.trace_id != [0; 16] && (!event.keys.is_empty() || !event.milestone.is_empty()) {
                news.traces.insert(event.trace_id);
            }
            let strong = event.keys.iter().filter(|key| key.strength == Strength::Strong);
            news.keys.extend(strong.map(|key| key.key.clone()));
        }
        self.store.events(events).await?;
        if !news.traces.is_empty() || !news.keys.is_empty() {
            self.touched.add(news);
        }
        Ok(())
    }

    async fn readings(&self, readings: Vec<ReadingRecord>) -> Result<(), Unavailable> {
        self.store.readings(readings).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_wait_is_noted_as_missed() {
        let touched = Touched::default();
        let many = |from: u32| (from..from + 60_000).map(|n| u128::from(n).to_be_bytes()).collect();
        touched.add(News { traces: many(0), ..News::default() });
        touched.add(News { traces: many(100_000), ..News::default() });
        let (news, more) = touched.take(50_000);
        assert_eq!((news.traces.len(), news.overflowed, more), (50_000, true, true));
        let (news, more) = touched.take(50_000);
        assert_eq!((news.traces.len(), news.overflowed, more), (10_000, false, false));
    }
}
