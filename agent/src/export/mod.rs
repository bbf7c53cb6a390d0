//! Delivering the spool to the collector, in order, each batch until it is settled.

mod backoff;
mod grpc;
mod http;
mod outcome;
mod throttle;

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::cause::causes;
use crate::config::{ExportConfig, Protocol};
use crate::spool::{Batch, Spool};
use crate::telemetry::{Drop, Meter};
use crate::tls::TlsError;
use backoff::Backoff;
use outcome::Outcome;
use throttle::Throttle;

/// Small records are joined up to this many bytes a request.
const BATCH_BYTES: u64 = 1024 * 1024;

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

    /// Delivers `spool` until `stop`. A batch that is out then is sent again by the next
    /// process.
    pub async fn run(self, spool: Spool, meter: Meter, stop: CancellationToken) {
        let delivery = Delivery { exporter: &self, spool, meter, stop };
        delivery.run().await;
    }
}

/// An exporter at work.
struct Delivery<'e> {
    exporter: &'e Exporter,
    spool: Spool,
    meter: Meter,
    stop: CancellationToken,
}

impl Delivery<'_> {
    async fn run(&self) {
        let mut backoff = Backoff::new(self.exporter.retry_max);
        let mut narrowing: u64 = 0;
        loop {
            let frozen = tokio::select! {
                () = self.stop.cancelled() => break,
                frozen = self.spool.freeze(if narrowing > 0 { 0 } else { BATCH_BYTES }) => frozen,
            };
            let batch = match frozen {
                Ok(batch) => batch,
                Err(error) => {
                    tracing::error!(%error, cause = causes(&error), "the spool cannot be read");
                    if pause(&self.stop, backoff.next(None)).await { continue } else { break }
                }
            };
            let delivered = tokio::select! {
                () = self.stop.cancelled() => break,
                delivered = self.deliver(batch, &mut backoff) => delivered,
            };
            narrowing = match delivered {
                // The rest of a refused batch goes record by record too.
                Delivered::Narrowed { records } => records,
                Delivered::Settled => narrowing.saturating_sub(1),
            };
        }
        if let Err(error) = self.spool.save_position().await {
            tracing::warn!(%error, cause = causes(&error), "the last batch will be sent again");
        }
    }

    /// Sends a batch until the collector has it or has refused it for good.
    async fn deliver(&self, batch: Batch, backoff: &mut Backoff) -> Delivered {
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
                    let rejected = rejected_items.min(batch.items());
                    if (rejected > 0 || !message.is_empty()) && self.exporter.warnings.is_due(Instant::now()) {
                        tracing::warn!(signal = signal.name(), rejected, message, "the collector took a part only");
                    }
                    self.settle(&batch, |meter| {
                        meter.sent(signal, batch.items() - rejected);
                        meter.dropped(signal, Drop::Rejected, rejected);
                    })
                    .await;
                    return Delivered::Settled;
                }
                Outcome::Refused { reason } if batch.records.len() > 1 => {
                    // One bad record must not take its neighbours with it. The collector
                    // stored nothing of the request, so smaller ones repeat nothing.
                    tracing::debug!(signal = signal.name(), reason, "refused as a whole; sending record by record");
                    let records = batch.records.len() as u64;
                    match self.spool.narrow(batch.clone()).await {
                        Ok(_) => return Delivered::Narrowed { records },
                        Err(error) => tracing::error!(%error, cause = causes(&error), "the spool cannot be written"),
                    }
                    pause(&self.stop, backoff.next(None)).await;
                }
                Outcome::Refused { reason } => {
                    backoff.reset();
                    let items = batch.items();
                    if self.exporter.warnings.is_due(Instant::now()) {
                        tracing::warn!(signal = signal.name(), items, reason, "the collector refused for good");
                    }
                    self.settle(&batch, |meter| meter.dropped(signal, Drop::Refused, items)).await;
                    return Delivered::Settled;
                }
                Outcome::Retry { after, reason } => {
                    let delay = backoff.next(after);
                    self.meter.retried(signal, &reason, delay);
                    pause(&self.stop, delay).await;
                }
            }
        }
    }

    async fn settle(&self, batch: &Batch, count: impl FnOnce(&Meter)) {
        count(&self.meter);
        if let Err(error) = self.spool.settle(batch).await {
            tracing::error!(%error, cause = causes(&error), "a delivered batch may be sent again after a restart");
        }
    }
}

enum Delivered {
    Settled,
    Narrowed { records: u64 },
}

/// `false` when stopped meanwhile.
async fn pause(stop: &CancellationToken, delay: Duration) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(delay) => true,
    }
}
