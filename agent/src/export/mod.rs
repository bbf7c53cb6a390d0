//! Delivering the spool to the collector, each batch until it is settled, some at a time.

mod backoff;
mod grpc;
mod http;
mod outcome;
mod throttle;

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::cause::causes;
use crate::clock::now_ns;
use crate::config::{ExportConfig, Protocol};
use crate::spool::{Batch, Settlement, Spool};
use crate::telemetry::Meter;
use crate::tls::TlsError;
use backoff::Backoff;
use outcome::Outcome;
pub(crate) use outcome::parse_retry_after;
use throttle::Throttle;

/// Small records are joined up to this many bytes a request.
const BATCH_BYTES: u64 = 1024 * 1024;

/// Batches that are on their way together, so that a collector that takes its time over an
/// answer does not bound the throughput.
const CONCURRENT_BATCHES: usize = 4;

/// What is too old is dropped at least and at most so often.
const EXPIRE_EVERY_LEAST: Duration = Duration::from_secs(1);
const EXPIRE_EVERY_MOST: Duration = Duration::from_secs(60);

/// How the agent names itself to the receiver.
const USER_AGENT: &str = concat!("ordertrace-agent/", env!("CARGO_PKG_VERSION"));

/// A collector that refuses much is reported this often; every item is counted.
const WARNING_EVERY: Duration = Duration::from_secs(10);

/// Why there can be no exporter.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The endpoint is no URL.
    #[error("export endpoint {endpoint:?}: write a URL such as http://127.0.0.1:4318")]
    Endpoint {
        /// As configured.
        endpoint: String,
    },
    /// A header is none.
    #[error("export header {name:?} is no valid header")]
    Header {
        /// Its name.
        name: String,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client for {endpoint} cannot be made")]
    Client {
        /// As configured.
        endpoint: String,
        /// Why not.
        source: reqwest::Error,
    },
    /// The gRPC client cannot be made.
    #[error("the gRPC client for {endpoint} cannot be made")]
    Grpc {
        /// As configured.
        endpoint: String,
        /// Why not.
        source: tonic::transport::Error,
    },
    /// The file of certificate authorities cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The file of certificate authorities cannot be read.
    #[error("cannot read {path}")]
    CaFile {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

#[derive(Debug)]
enum Transport {
    Http(http::HttpTransport),
    Grpc(Box<grpc::GrpcTransport>),
}

/// Sends what is in the spool.
#[derive(Debug)]
pub struct Exporter {
    transport: Transport,
    retry_max: Duration,
    warnings: Throttle,
}

impl Exporter {
    /// An exporter as configured; connects when it first sends.
    ///
    /// # Errors
    /// [`ExportError`] names the setting.
    pub fn new(config: &ExportConfig) -> Result<Self, ExportError> {
        let transport = match config.protocol {
            Protocol::HttpProtobuf => Transport::Http(http::HttpTransport::new(config)?),
            Protocol::Grpc => Transport::Grpc(Box::new(grpc::GrpcTransport::new(config)?)),
        };
        let retry_max = Duration::from_millis(config.retry_max_ms.max(1));
        Ok(Self { transport, retry_max, warnings: Throttle::new(WARNING_EVERY) })
    }

    /// Delivers `spool` until `stop`, and drops what has become too old. Batches that are out
    /// then are sent again by the next process.
    pub async fn run(self, spool: Spool, meter: Meter, stop: CancellationToken) {
        let delivery = Delivery { exporter: &self, spool: &spool, meter, stop };
        let deliveries = futures::future::join_all((0..CONCURRENT_BATCHES).map(|_| delivery.run()));
        tokio::join!(deliveries, delivery.expire());
        if let Err(error) = spool.save().await {
            tracing::warn!(%error, cause = causes(&error), "the last batches will be sent again");
        }
    }
}

/// An exporter at work.
struct Delivery<'e> {
    exporter: &'e Exporter,
    spool: &'e Spool,
    meter: Meter,
    stop: CancellationToken,
}

impl Delivery<'_> {
    /// Delivers one batch after the other.
    async fn run(&self) {
        let mut backoff = Backoff::new(self.exporter.retry_max);
        loop {
            let frozen = tokio::select! {
                () = self.stop.cancelled() => return,
                frozen = self.spool.freeze(BATCH_BYTES) => frozen,
            };
            match frozen {
                Ok(batch) => {
                    tokio::select! {
                        () = self.stop.cancelled() => return,
                        () = self.deliver(batch, &mut backoff) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(%error, cause = causes(&error), "the spool cannot be read");
                    if !pause(&self.stop, backoff.next(None)).await {
                        return;
                    }
                }
            }
        }
    }

    /// Drops what is too old, from time to time.
    async fn expire(&self) {
        let every = (self.spool.settings().max_age / 64).clamp(EXPIRE_EVERY_LEAST, EXPIRE_EVERY_MOST);
        while pause(&self.stop, every).await {
            self.spool.expire(now_ns()).await;
        }
    }

    /// Sends a batch until the collector has all of it or has refused it for good.
    async fn deliver(&self, batch: Batch, backoff: &mut Backoff) {
        let mut parts = vec![batch];
        while let Some(batch) = parts.pop() {
            let reason = match self.send(&batch, backoff).await {
                Answer::Taken { rejected_items } => {
                    self.settle(batch, Settlement::Taken { rejected_items }).await;
                    continue;
                }
                Answer::Refused { reason } => reason,
            };
            // One bad record must not take its neighbours with it. The collector stored
            // nothing of the request, so smaller ones repeat nothing.
            match self.spool.split(&batch).await {
                Ok(Some([left, right])) => parts.extend([right, left]),
                Ok(None) => {
                    if self.exporter.warnings.is_due(Instant::now()) {
                        let (signal, items) = (batch.signal.name(), batch.items());
                        tracing::warn!(signal, items, reason, "the collector refused for good");
                    }
                    self.settle(batch, Settlement::Refused).await;
                }
                Err(error) => {
                    tracing::error!(%error, cause = causes(&error), "the spool cannot be written");
                    parts.push(batch);
                    pause(&self.stop, backoff.next(None)).await;
                }
            }
        }
    }

    /// Sends a batch until there is an answer that says more than to try again.
    async fn send(&self, batch: &Batch, backoff: &mut Backoff) -> Answer {
        let request = batch.request();
        let signal = batch.signal;
        loop {
            let outcome = match &self.exporter.transport {
                Transport::Http(http) => http.send(signal, &request).await,
                Transport::Grpc(grpc) => grpc.send(signal, &request).await,
            };
            match outcome {
                Outcome::Accepted { rejected_items, message } => {
                    backoff.reset();
                    if (rejected_items > 0 || !message.is_empty()) && self.exporter.warnings.is_due(Instant::now()) {
                        let signal = signal.name();
                        tracing::warn!(signal, rejected_items, message, "the collector took a part only");
                    }
                    return Answer::Taken { rejected_items };
                }
                Outcome::Refused { reason } => {
                    backoff.reset();
                    return Answer::Refused { reason };
                }
                Outcome::Retry { after, reason } => {
                    let delay = backoff.next(after);
                    self.meter.retried(signal, &reason, delay);
                    pause(&self.stop, delay).await;
                }
            }
        }
    }

    async fn settle(&self, batch: Batch, settlement: Settlement) {
        if let Err(error) = self.spool.settle(batch, settlement).await {
            tracing::error!(%error, cause = causes(&error), "a delivered batch may be sent again after a restart");
        }
    }
}

/// A collector's last word on a batch.
enum Answer {
    Taken { rejected_items: u64 },
    Refused { reason: String },
}

/// `false` when stopped meanwhile.
async fn pause(stop: &CancellationToken, delay: Duration) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(delay) => true,
    }
}
