use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use bumpalo::Bump;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::budget::{Budget, Reservation};
use super::decode::{Adjustments, Decoded, Decoder, Refusal};
use super::error::IngestError;
use super::examine::Encoding;
use super::metrics::{IngestMetrics, SignalName};
use super::signal::Signal;
use crate::recognise::Recogniser;
use crate::record::Content;
use crate::settings::{LimitSettings, Settings};
use crate::store::{Store, Unavailable};

/// Tells the time; injected, so that tests decide what is long ago.
pub type Clock = fn() -> Timestamp;

/// This host's clock.
pub fn system_clock() -> Timestamp {
    Timestamp::now()
}

/// From a request's body to its stored rows; what HTTP and gRPC share.
#[derive(Debug)]
pub struct Ingest<S> {
    store: Arc<S>,
    decoder: Decoder,
    limits: LimitSettings,
    budget: Budget,
    /// Long bodies that are decoded at once: as many as there are processors.
    lanes: Arc<Semaphore>,
    metrics: IngestMetrics,
    clock: Clock,
}

/// What the sender of a request that was taken is told.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Items that are not stored.
    pub(super) refused: u64,
    /// Why not; empty when all are.
    pub(super) message: String,
}

/// Bodies longer than this are decoded away from the threads that serve connections.
const LONG_BODY_BYTES: usize = 256 * 1024;

impl<S: Store> Ingest<S> {
    /// Takes requests into `store`. The settings must have been checked.
    pub fn new(store: Arc<S>, settings: &Settings, recogniser: Arc<Recogniser>, clock: Clock) -> Arc<Self> {
        let metrics = IngestMetrics::new(recogniser.noise_rules());
        let lanes = std::thread::available_parallelism().map_or(1, NonZero::get);
        Arc::new(Self {
            store,
            budget: Budget::new(&settings.limits, metrics.in_flight_bytes()),
            decoder: Decoder::new(settings.limits.clone(), settings.accept.clone(), recogniser),
            limits: settings.limits.clone(),
            lanes: Arc::new(Semaphore::new(lanes)),
            metrics,
            clock,
        })
    }

    /// Counts of what arrived.
    pub fn metrics(&self) -> &IngestMetrics {
        &self.metrics
    }

    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) fn limits(&self) -> &LimitSettings {
        &self.limits
    }

    /// Reads, decodes and stores one request. Once decoded it is stored and counted even if
    /// its sender goes away meanwhile; `reservation` is held until then.
    pub(super) async fn take<G: Signal>(
        self: &Arc<Self>,
        encoding: Encoding,
        body: Bytes,
        reservation: Reservation,
    ) -> Result<Taken, IngestError> {
        let ingest = Arc::clone(self);
        let storing = if body.len() > LONG_BODY_BYTES {
            let lane = Arc::clone(&self.lanes).acquire_owned().await;
            let begin = move || {
                let _lane = lane;
                ingest.begin::<G>(encoding, body, reservation)
            };
            tokio::task::spawn_blocking(begin).await.map_err(|error| interrupted(&error))??
        } else {
            ingest.begin::<G>(encoding, body, reservation)?
        };
        Ok(storing.await.map_err(|error| interrupted(&error))??)
    }

    /// Hands the records of a request over to the store, and counts them once they are stored.
    fn begin<G: Signal>(
        self: &Arc<Self>,
        encoding: Encoding,
        body: Bytes,
        reservation: Reservation,
    ) -> Result<JoinHandle<Result<Taken, Unavailable>>, IngestError> {
        let now_ns = i64::try_from((self.clock)().as_nanosecond()).unwrap_or(i64::MAX);
        let content = Content::of(&body);
        let body = G::protobuf(encoding, body)?;
        // Records take about as much as the body; to grow by halves would cost more.
        let arena = Bump::with_capacity(body.len());
        let Decoded { records, refusals, adjustments } = G::decode(&self.decoder, &arena, &body, now_ns)?;
        for (reason, count) in refusals.counts() {
            self.metrics.add_refused(G::NAME, reason, count);
        }
        let taken = Taken { refused: refusals.total(), message: refusals.message() };
        if records.is_empty() {
            return Ok(tokio::spawn(std::future::ready(Ok(taken))));
        }
        let noise: Vec<String> =
            records.iter().map(G::noise).filter(|rule| !rule.is_empty()).map(str::to_owned).collect();
        let count = records.len() as u64;
        let stored = G::store(self.store.as_ref(), content, &records);
        let ingest = Arc::clone(self);
        Ok(tokio::spawn(async move {
            let outcome = ingest.count::<G>(count, &noise, &adjustments, stored).await;
            drop(reservation);
            outcome.map(|()| taken)
        }))
    }

    async fn count<G: Signal>(
        &self,
        count: u64,
        noise: &[String],
        adjustments: &Adjustments,
        stored: impl Future<Output = Result<(), Unavailable>>,
    ) -> Result<(), Unavailable> {
        let mut storing = Storing { metrics: &self.metrics, signal: G::NAME, count, stored: false };
        if let Err(unavailable) = stored.await {
            tracing::warn!(signal = G::NAME.label(), items = count, error = %unavailable, "not stored");
            return Err(unavailable);
        }
        storing.stored = true;
        for rule in noise {
            self.metrics.add_noise(rule);
        }
        for (what, count) in adjustments.counts() {
            self.metrics.add_adjusted(G::NAME, what, count);
        }
        Ok(())
    }
}

/// Counts items as stored or refused, whichever way storing them ends.
struct Storing<'m> {
    metrics: &'m IngestMetrics,
    signal: SignalName,
    count: u64,
    stored: bool,
}

impl Drop for Storing<'_> {
    fn drop(&mut self) {
        if self.stored {
            self.metrics.add_stored(self.signal, self.count);
        } else {
            self.metrics.add_refused(self.signal, Refusal::Storage, self.count);
        }
    }
}

fn interrupted(error: &tokio::task::JoinError) -> Unavailable {
    tracing::error!(%error, "a request was interrupted");
    Unavailable { reason: "the collector was interrupted".to_owned(), retry_after: Duration::from_secs(1) }
}
