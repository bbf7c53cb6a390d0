//! The agent put together: which task feeds which.
//!
//! ```text
//! proxy routes ─► Sink ─► worker ─► batchers ─► spool ─► exporter ─► collector
//!                        OTLP receivers ──────────┤
//!                        pollers ─────────────────┘
//! ```

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle as ThreadHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cause::causes;
use crate::config::{Config, PollConfigError, SpoolConfigError};
use crate::export::{ExportError, Exporter};
use crate::health::{Health, serve_health};
use crate::poll::Outcome;
use crate::proxy::{Outlets, Route, RouteError, Sink, run_batcher, run_reading_batcher, run_worker, serve_route};
use crate::receiver::{Intake, serve_grpc, serve_http};
use crate::spool::{Spool, SpoolError};
use crate::telemetry::{Meter, ProxyEnd, Stats};

/// Spans that may wait for their batcher, and readings for theirs.
const WAITING: usize = 4096;

/// How long any task may take to end; routes give requests under way ten seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(12);

/// Why the agent cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address} ({purpose})")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What for.
        purpose: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Two routes have one name.
    #[error("two routes are called {name:?}; metrics tell them apart by name")]
    SameName {
        /// The name.
        name: String,
    },
    /// A route cannot be.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// A poll cannot be made.
    #[error(transparent)]
    Poll(#[from] PollConfigError),
    /// The spool cannot be as it should be.
    #[error(transparent)]
    SpoolConfig(#[from] SpoolConfigError),
    /// The spool cannot be opened.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The exporter cannot be made.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// A running agent.
#[derive(Debug)]
pub struct Agent {
    meter: Meter,
    spool: Spool,
    writer: ThreadHandle<()>,
    route_addrs: BTreeMap<String, SocketAddr>,
    receiver_grpc: Option<SocketAddr>,
    receiver_http: Option<SocketAddr>,
    metrics: Option<SocketAddr>,
    /// Stops what takes in.
    stop_intake: CancellationToken,
    intake: Vec<JoinHandle<()>>,
    /// End by themselves, in this order, when what feeds them has ended.
    pipeline: Vec<JoinHandle<()>>,
    stop_export: CancellationToken,
    exporter: JoinHandle<()>,
}

impl Agent {
    /// Opens the spool, listens on every configured address, and starts.
    ///
    /// # Errors
    /// [`AgentError`] says which setting; nothing runs then.
    pub async fn start(config: Config) -> Result<Self, AgentError> {
        let mut routes = BTreeMap::new();
        for route in &config.routes {
            if routes.insert(route.name.clone(), (Arc::new(Route::new(route)?), route.listen)).is_some() {
                return Err(AgentError::SameName { name: route.name.clone() });
            }
        }
        let mut listeners = Vec::new();
        let mut route_addrs = BTreeMap::new();
        for (name, (route, address)) in routes {
            let (listener, address) = listen(address, &format!("route {name}")).await?;
            route_addrs.insert(name, address);
            listeners.push((listener, route));
        }
        let grpc = listen_if(config.receiver.grpc, "OTLP/gRPC receiver").await?;
        let http = listen_if(config.receiver.http, "OTLP/HTTP receiver").await?;
        let health = listen_if(config.metrics, "metrics").await?;
        let exporter = Exporter::new(&config.export)?;
        let pollers = config.pollers()?;
        let meter = Meter::default();
        // Last of what can fail: an open spool keeps others out until its writer has ended.
        let (spool, writer) = open_spool(&config).await?;

        let name = config.name;
        let (sink, finished) = Sink::new(meter.clone());
        let ((spans, made), (readings, read)) = (mpsc::channel(WAITING), mpsc::channel(WAITING));
        let pipeline = vec![
            tokio::spawn(run_worker(finished, Outlets { spans, readings }, meter.clone())),
            tokio::spawn(run_batcher(made, spool.clone(), meter.clone(), name.clone())),
            tokio::spawn(run_reading_batcher(read, spool.clone(), meter.clone(), name.clone())),
        ];
        let stop_intake = CancellationToken::new();
        let mut intake = Vec::new();
        for (listener, route) in listeners {
            intake.push(tokio::spawn(serve_route(listener, route, sink.clone(), stop_intake.clone())));
        }
        drop(sink);
        let addr_of = |listening: &Option<(TcpListener, SocketAddr)>| listening.as_ref().map(|(_, address)| *address);
        let (receiver_grpc, receiver_http, metrics) = (addr_of(&grpc), addr_of(&http), addr_of(&health));
        let taken = Intake::new(spool.clone(), meter.clone());
        if let Some((listener, _)) = grpc {
            intake.push(watched("OTLP/gRPC receiver", serve_grpc(listener, taken.clone(), stop_intake.clone())));
        }
        if let Some((listener, _)) = http {
            intake.push(watched("OTLP/HTTP receiver", serve_http(listener, taken, stop_intake.clone())));
        }
        if let Some((listener, _)) = health {
            let health =
                Health { name: name.clone(), started_at: Timestamp::now(), spool: spool.clone(), meter: meter.clone() };
            let served = serve_health(listener, health, stop_intake.clone());
            intake.push(watched("metrics", served));
        }
        for poller in pollers {
            intake.push(tokio::spawn(poller.run(spool.clone(), meter.clone(), name.clone(), stop_intake.clone())));
        }
        let stop_export = CancellationToken::new();
        let exporter = tokio::spawn(exporter.run(spool.clone(), meter.clone(), stop_export.clone()));
        Ok(Self {
            meter,
            spool,
            writer,
            route_addrs,
            receiver_grpc,
            receiver_http,
            metrics,
            stop_intake,
            intake,
            pipeline,
            stop_export,
            exporter,
        })
    }

    /// Where a route listens.
    pub fn route_addr(&self, name: &str) -> Option<SocketAddr> {
        self.route_addrs.get(name).copied()
    }

    /// Where OTLP over HTTP is received.
    pub fn receiver_http_addr(&self) -> Option<SocketAddr> {
        self.receiver_http
    }

    /// Where OTLP over gRPC is received.
    pub fn receiver_grpc_addr(&self) -> Option<SocketAddr> {
        self.receiver_grpc
    }

    /// Where health and metrics are served.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// What was counted.
    pub fn stats(&self) -> Stats {
        self.meter.stats(&self.spool.tally())
    }

    /// Exchanges on a route that ended so.
    pub fn proxied_count(&self, route: &str, end: ProxyEnd) -> u64 {
        self.meter.proxied_count(route, end)
    }

    /// Polls of a source that went so.
    pub fn polled_count(&self, source: &str, outcome: Outcome) -> u64 {
        self.meter.polled_count(source, outcome)
    }

    /// Waits until everything that is in the spool is delivered or given up; `false` when
    /// that takes longer than `timeout`. Spans of the proxy reach the spool up to 200 ms
    /// after their exchange.
    pub async fn drained(&self, timeout: Duration) -> bool {
        tokio::time::timeout(timeout, self.spool.emptied()).await.is_ok()
    }

    /// Takes in no more, lets exchanges under way finish (at most ten seconds), stores the
    /// last spans. What is still in the spool is delivered by the next start.
    pub async fn stop(self) {
        self.stop_intake.cancel();
        for task in self.intake.into_iter().chain(self.pipeline) {
            ended(task).await;
        }
        self.stop_export.cancel();
        ended(self.exporter).await;
        drop(self.spool);
        // The writer ends with the last handle of the spool.
        let writer = tokio::task::spawn_blocking(move || self.writer.join().is_ok());
        if !writer.await.unwrap_or(false) {
            tracing::error!("the spool's writer ended by a fault");
        }
    }
}

async fn open_spool(config: &Config) -> Result<(Spool, ThreadHandle<()>), AgentError> {
    let settings = config.spool.settings()?;
    let dir = config.spool.dir.clone();
    let opened = tokio::task::spawn_blocking(move || Spool::open(settings)).await;
    opened
        .unwrap_or_else(|error| Err(SpoolError::Io { action: "open", path: dir, source: std::io::Error::other(error) }))
        .map_err(AgentError::from)
}

async fn listen_if(
    address: Option<SocketAddr>,
    purpose: &str,
) -> Result<Option<(TcpListener, SocketAddr)>, AgentError> {
    match address {
        Some(address) => listen(address, purpose).await.map(Some),
        None => Ok(None),
    }
}

async fn listen(address: SocketAddr, purpose: &str) -> Result<(TcpListener, SocketAddr), AgentError> {
    let failed = |source| AgentError::Listen { address, purpose: purpose.to_owned(), source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn watched<E: std::error::Error + 'static>(
    name: &'static str,
    served: impl Future<Output = Result<(), E>> + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        if let Err(error) = served.await {
            tracing::error!(%error, cause = causes(&error), "{name} ended");
        }
    })
}

/// Waits for a task's end; a caller that keeps its connection busy does not hold up the stop.
async fn ended(mut task: JoinHandle<()>) {
    match tokio::time::timeout(STOP_TIMEOUT, &mut task).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "a task of the agent ended by a fault"),
        Err(_) => task.abort(),
    }
}
