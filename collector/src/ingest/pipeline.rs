use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::budget::{Budget, Reservation};
use super::decode::{Decoded, Decoder, Refusal};
use super::error::IngestError;
use super::metrics::{IngestMetrics, SignalName};
use super::signal::Signal;
use crate::recognise::Recogniser;
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
        Arc::new(Self {
            store,
            budget: Budget::new(&settings.limits, metrics.in_flight_bytes()),
            decoder: Decoder::new(settings.limits.clone(), settings.accept.clone(), recogniser),
            limits: settings.limits.clone(),
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

    /// Reads, decodes and stores one request of `length` bytes. Once decoded it is stored
    /// and counted even if its sender goes away meanwhile; `reservation` is held until then.
    pub(super) async fn take<G: Signal>(
        self: &Arc<Self>,
        length: usize,
        reservation: Reservation,
        read: impl FnOnce() -> Result<G::Request, IngestError> + Send + 'static,
    ) -> Result<Taken, IngestError> {
        let now_ns = i64::try_from((self.clock)().as_nanosecond()).unwrap_or(i64::MAX);
        let decoder = self.decoder.clone();
        let decode = move || read().map(|request| G::decode(&decoder, request, now_ns));
        let decoded = if length > LONG_BODY_BYTES {
            tokio::task::spawn_blocking(decode).await.map_err(|error| interrupted(&error))??
        } else {
            decode()?
        };
        let ingest = Arc::clone(self);
        let storing = tokio::spawn(async move {
            let taken = ingest.store::<G>(decoded).await;
            drop(reservation);
            taken
        });
        Ok(storing.await.map_err(|error| interrupted(&error))??)
    }

    async fn store<G: Signal>(&self, decoded: Decoded<G::Record>) -> Result<Taken, Unavailable> {
        let Decoded { records, refusals, adjustments } = decoded;
        for (reason, count) in refusals.counts() {
            self.metrics.add_refused(G::NAME, reason, count);
        }
        if !records.is_empty() {
            let noise: Vec<String> =
                records.iter().map(G::noise).filter(|rule| !rule.is_empty()).map(str::to_owned).collect();
            let mut storing = Storing::begin(&self.metrics, G::NAME, records.len());
            if let Err(unavailable) = G::store(self.store.as_ref(), records).await {
                tracing::warn!(signal = G::NAME.label(), items = storing.count, error = %unavailable, "not stored");
                return Err(unavailable);
            }
            storing.stored = true;
            for rule in &noise {
                self.metrics.add_noise(rule);
            }
            for (what, count) in adjustments.counts() {
                self.metrics.add_adjusted(G::NAME, what, count);
            }
        }
        Ok(Taken { refused: refusals.total(), message: refusals.message() })
    }
}

/// Counts items as stored or refused, whichever way storing them ends.
struct Storing<'m> {
    metrics: &'m IngestMetrics,
    signal: SignalName,
    count: u64,
    stored: bool,
}

impl<'m> Storing<'m> {
    fn begin(metrics: &'m IngestMetrics, signal: SignalName, count: usize) -> Self {
        Self { metrics, signal, count: count as u64, stored: false }
    }
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
