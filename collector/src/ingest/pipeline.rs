use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use bumpalo::Bump;
use bytes::Bytes;
use futures::future::try_join_all;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::budget::{Budget, Reservation};
use super::decode::{Adjustments, Decoded, Decoder, parts};
use super::error::IngestError;
use super::examine::Encoding;
use super::export::Export;
use super::metrics::{IngestMetrics, Source};
use crate::moment::nanoseconds;
use crate::recognise::Recogniser;
use crate::record::{Batch, Content};
use crate::settings::{LimitSettings, Settings};
use crate::store::{Store, Stored, Unavailable};

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

impl Taken {
    /// Of two requests that were joined; one message is enough for the sender's log.
    fn and(self, other: Self) -> Self {
        let message = if self.message.is_empty() { other.message } else { self.message };
        Self { refused: self.refused + other.refused, message }
    }
}

/// A sender's name is cut to this many bytes.
const SENDER_BYTES: usize = 100;

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

    /// Reads, decodes and stores one request, or each of those that were joined into it. Once
    /// decoded it is stored and counted even if its sender goes away meanwhile; `reservation`
    /// is held until then.
    pub(super) async fn take<G: Export>(
        self: &Arc<Self>,
        encoding: Encoding,
        body: Bytes,
        reservation: Reservation,
    ) -> Result<Taken, IngestError> {
        let long = body.len() > LONG_BODY_BYTES;
        // Known by what it is in Protobuf: an agent that is sent JSON sends that.
        let is_work = long && encoding == Encoding::Json;
        let body = self.run(is_work, move || G::protobuf(encoding, body)).await?;
        let takes = parts(&body).into_iter().map(|part| self.take_part::<G>(part, long, reservation.clone()));
        let taken = try_join_all(takes).await?;
        Ok(taken.into_iter().reduce(Taken::and).unwrap_or_default())
    }

    async fn take_part<G: Export>(
        self: &Arc<Self>,
        body: Bytes,
        long: bool,
        reservation: Reservation,
    ) -> Result<Taken, IngestError> {
        let request = Request { content: Content::of(&body), body };
        let stored_before = self.store.is_stored(request.content).await?;
        let ingest = Arc::clone(self);
        let begin = move || ingest.begin::<G>(request, stored_before, reservation);
        let storing = self.run(long, begin).await?;
        Ok(storing.await.map_err(|error| interrupted(&error))??)
    }

    /// Runs what reads a body; of a long one where it holds up no connection.
    async fn run<T: Send + 'static>(
        &self,
        long: bool,
        read: impl FnOnce() -> Result<T, IngestError> + Send + 'static,
    ) -> Result<T, IngestError> {
        if !long {
            return read();
        }
        let lane = Arc::clone(&self.lanes).acquire_owned().await;
        let read = move || {
            let _lane = lane;
            read()
        };
        tokio::task::spawn_blocking(read).await.map_err(|error| interrupted(&error))?
    }

    /// Hands the records of a request over to the store, and counts them once they are stored.
    /// One that is stored already is decoded all the same: its sender is told what it was told
    /// before.
    fn begin<G: Export>(
        self: &Arc<Self>,
        request: Request,
        stored_before: bool,
        reservation: Reservation,
    ) -> Result<JoinHandle<Result<Taken, Unavailable>>, IngestError> {
        let now_ns = nanoseconds((self.clock)());
        let Request { content, body } = request;
        // Records take about as much as the body; to grow by halves would cost more.
        let arena = Bump::with_capacity(body.len());
        let Decoded { sender, records, refusals, adjustments, sources } =
            G::decode(&self.decoder, &arena, &body, now_ns)?;
        let taken = Taken { refused: refusals.total(), message: refusals.message() };
        if stored_before {
            self.metrics.add_repeated(G::NAME);
            return Ok(tokio::spawn(std::future::ready(Ok(taken))));
        }
        if records.is_empty() && taken.refused == 0 {
            return Ok(tokio::spawn(std::future::ready(Ok(taken))));
        }
        let noise: Vec<String> =
            records.iter().map(G::noise).filter(|rule| !rule.is_empty()).map(str::to_owned).collect();
        let sender = &sender[..sender.floor_char_boundary(SENDER_BYTES)];
        let refused = refusals.labelled();
        let batch = Batch { content, signal: G::NAME, sender, refused: &refused, sources: &sources };
        let stored = G::store(self.store.as_ref(), batch, &records);
        let source = self.metrics.source(G::NAME, sender);
        let count = records.len() as u64;
        let ingest = Arc::clone(self);
        Ok(tokio::spawn(async move {
            let stored = stored.await;
            drop(reservation);
            match stored {
                Ok(Stored::First) => ingest.count(&source, count, &refused, &noise, &adjustments),
                Ok(Stored::Before) => ingest.metrics.add_repeated(G::NAME),
                Err(unavailable) => {
                    tracing::warn!(signal = G::NAME.name(), items = count, error = %unavailable, "not stored");
                    return Err(unavailable);
                }
            }
            Ok(taken)
        }))
    }

    fn count(
        &self,
        source: &Source,
        stored: u64,
        refused: &[(&'static str, u64)],
        noise: &[String],
        adjustments: &Adjustments,
    ) {
        self.metrics.add_items(source, stored, refused);
        for rule in noise {
            self.metrics.add_noise(rule);
        }
        for (what, count) in adjustments.counts() {
            self.metrics.add_adjusted(source.signal, what, count);
        }
    }
}

/// A request as it was received.
struct Request {
    content: Content,
    body: Bytes,
}

fn interrupted(error: &tokio::task::JoinError) -> Unavailable {
    tracing::error!(%error, "a request was interrupted");
    Unavailable { reason: "the collector was interrupted".to_owned(), retry_after: Duration::from_secs(1) }
}
