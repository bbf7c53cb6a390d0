//! The collector as a whole: its parts, and the tasks and channels between them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use etcetera::BaseStrategy;
use jiff::Timestamp;
use ordertrace_api::status::{Status, StorageStatus};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::alert::{self, AlertMetrics, AlertView, Failures, Receivers, RuleError, Rules};
use crate::api::{self, ApiState};
use crate::detect::{self, Detection, DetectionMetrics, Ledger};
use crate::engine::{Engine, EngineError, EngineSettings, Progress};
use crate::explain::Explainer;
use crate::flow::{FlowError, Flows};
use crate::hotspots::{Rollup, orders};
use crate::ingest::{Ingest, IngestMetrics, serve_grpc, serve_http, system_clock};
use crate::journey::Journeys;
use crate::lines::LinesView;
use crate::orders::Orders;
use crate::recognise::{RecogniseError, Recogniser};
use crate::settings::{ClickHouseSettings, Settings};
use crate::sources::{self, SourceMetrics, SourceView};
use crate::storage::{Cluster, Connection, GroupLimits, Retention, Storage, StorageError};
use crate::surface::Surfaces;
use crate::sync::{self, AliasError, Aliases, Pairs, PairsError, SyncMetrics, SyncView, Taken};
use crate::tail::Tail;

/// A collector that could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A pattern in the settings is wrong.
    #[error(transparent)]
    Recognise(#[from] RecogniseError),
    /// A flow in the settings cannot be meant.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// What must agree cannot be meant.
    #[error(transparent)]
    Sync(#[from] PairsError),
    /// SKUs of other ids cannot be meant, or read.
    #[error(transparent)]
    Alias(#[from] AliasError),
    /// What somebody must know cannot be meant.
    #[error(transparent)]
    Alert(#[from] RuleError),
    /// An address is taken or not ours.
    #[error("cannot listen on {address} for {purpose}; choose another with {option}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What for.
        purpose: &'static str,
        /// The command line option that changes it.
        option: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// Nobody said where data live and the environment does not tell.
    #[error("there is no home folder to keep data in; give --data-dir")]
    NoHome(#[from] etcetera::HomeDirError),
    /// The embedded ClickHouse could not start.
    #[error("the embedded ClickHouse could not start")]
    Engine(#[from] EngineError),
    /// The database cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A running collector. Call [`stop`](Self::stop) to end it in order; dropping it abandons
/// requests under way.
pub struct Collector {
    engine: Option<Engine>,
    clickhouse_url: String,
    otlp_grpc: SocketAddr,
    otlp_http: SocketAddr,
    api: SocketAddr,
    tasks: tokio::sync::Mutex<JoinSet<&'static str>>,
    stop: CancellationToken,
}

impl Collector {
    /// Binds all addresses, starts or connects to ClickHouse, brings the schema up to date
    /// and serves. `progress` is told how far fetching the engine is.
    ///
    /// # Errors
    /// See [`StartError`]; nothing is left running then.
    pub async fn start(settings: Settings, progress: &dyn Progress) -> Result<Self, StartError> {
        let recogniser = Arc::new(Recogniser::new(&settings.recognise)?);
        let flows = Arc::new(Flows::new(&settings.flows, &recogniser)?);
        let pairs = Pairs::new(&settings.sync)?;
        let aliases = Aliases::load(&settings.aliases)?;
        pairs.check(|milestone| recogniser.shows(milestone) || flows.state(milestone))?;
        let rules = Rules::new(&settings.alerts, &settings.sync)?;
        let receivers = Receivers::new(&settings.alerts)?;
        let grpc = listen(settings.otlp_grpc, "OTLP/gRPC", "--otlp-grpc").await?;
        let http = listen(settings.otlp_http, "OTLP/HTTP", "--otlp-http").await?;
        let api = listen(settings.api, "the HTTP API", "--api").await?;

        let (engine, connection) = connect(&settings.clickhouse, progress).await?;
        let retention = Retention {
            journeys_days: settings.retention.journeys_days,
            events_days: settings.retention.events_days,
            readings_days: settings.retention.readings_days,
            alerts_days: settings.retention.alerts_days,
        };
        let storage = Storage::open(&connection, GroupLimits::default(), retention).await?;
        let client = storage.client().clone();
        let mut registry = Registry::default();
        storage.metrics().register(&mut registry);
        let journeys = Journeys::new(client.clone(), settings.journeys.limits(), recogniser.kinds(), flows.ends());
        let ingest = Ingest::new(Arc::new(storage), &settings, recogniser, system_clock);
        ingest.metrics().register(&mut registry);
        let detection_metrics = DetectionMetrics::default();
        if settings.detection.enabled {
            detection_metrics.register(&mut registry);
        }
        let sync_metrics = SyncMetrics::default();
        if settings.detection.enabled {
            sync_metrics.register(&mut registry);
        }
        let (source_metrics, sources) =
            (SourceMetrics::default(), SourceView::new(client.clone(), settings.sources, &settings.sync));
        source_metrics.register(&mut registry);
        let (alert_metrics, failures) = (AlertMetrics::default(), Failures::default());
        if settings.detection.enabled && !rules.is_empty() {
            alert_metrics.register(&mut registry);
        }
        let state = ApiState {
            orders: Orders::new(client.clone(), journeys.clone()),
            findings: Ledger::new(client.clone()),
            flows: Arc::clone(&flows),
            hotspots: Rollup::new(client.clone(), settings.retention.journeys_days),
            tail: Tail::new(client.clone(), journeys.clone()),
            explainer: Explainer::new(client.clone(), journeys.clone()),
            surfaces: Surfaces::new(client.clone()),
            sources: sources.clone(),
            sync: SyncView::new(client.clone(), pairs.clone()).with_flows(Arc::clone(&flows)),
            lines: LinesView::new(client.clone(), Arc::clone(&flows)),
            alerts: AlertView {
                ledger: alert::Ledger::new(client.clone()),
                rules: rules.len(),
                failures: failures.clone(),
                replay: Arc::default(),
                receivers: receivers.clone(),
            },
            journeys: journeys.clone(),
            client: client.clone(),
            status: status(ingest.metrics().clone(), connection.url.clone(), engine.is_some()),
            registry: Arc::new(registry),
        };

        let stop = CancellationToken::new();
        let addresses = (grpc.1, http.1, api.1);
        let mut tasks = JoinSet::new();
        let (grpc_ingest, grpc_stop) = (ingest.clone(), stop.clone().cancelled_owned());
        tasks.spawn(async move { ended("OTLP/gRPC", serve_grpc(grpc.0, grpc_ingest, grpc_stop).await) });
        let http_stop = stop.clone().cancelled_owned();
        tasks.spawn(async move { ended("OTLP/HTTP", serve_http(http.0, ingest, http_stop).await) });
        let looking = sources::run(sources, source_metrics, Timestamp::now, stop.clone());
        tasks.spawn(async move {
            looking.await;
            "sources"
        });
        if settings.detection.enabled {
            let loss = orders::Loss::new(&settings.hotspots);
            let pass = orders::Pass::new(client.clone(), journeys.clone(), Arc::clone(&flows), loss);
            let adding_up = orders::run(pass, stop.clone());
            tasks.spawn(async move {
                adding_up.await;
                "what handoffs mean to orders"
            });
            let needs_all = !pairs.is_empty() || rules.need_copies();
            let taken = if needs_all { Taken::All } else { Taken::Ages };
            let syncing =
                sync::run(client.clone(), (pairs, taken, aliases), sync_metrics, Timestamp::now, stop.clone());
            tasks.spawn(async move {
                syncing.await;
                "sync"
            });
            if !rules.is_empty() {
                let lines = LinesView::new(client.clone(), Arc::clone(&flows));
                let (rules, every) = ((rules, receivers, lines), settings.alerts.every);
                let alerting = alert::run(client.clone(), rules, every, (alert_metrics, failures), stop.clone());
                tasks.spawn(async move {
                    alerting.await;
                    "alerts"
                });
            }
            let (settings, metrics) = (settings.detection, detection_metrics);
            let detection = Detection { client, journeys, flows, settings, metrics };
            let detecting = detect::run(detection, Timestamp::now, stop.clone());
            tasks.spawn(async move {
                detecting.await;
                "detection"
            });
        }
        let api_stop = stop.clone();
        tasks.spawn(async move { ended("the HTTP API", api::serve(api.0, state, api_stop).await) });
        Ok(Self {
            engine,
            clickhouse_url: connection.url,
            otlp_grpc: addresses.0,
            otlp_http: addresses.1,
            api: addresses.2,
            tasks: tokio::sync::Mutex::new(tasks),
            stop,
        })
    }

    /// Where OTLP/gRPC is received.
    pub fn otlp_grpc(&self) -> SocketAddr {
        self.otlp_grpc
    }

    /// Where OTLP/HTTP is received.
    pub fn otlp_http(&self) -> SocketAddr {
        self.otlp_http
    }

    /// Where the HTTP API answers.
    pub fn api(&self) -> SocketAddr {
        self.api
    }

    /// HTTP endpoint of the ClickHouse in use.
    pub fn clickhouse_url(&self) -> &str {
        &self.clickhouse_url
    }

    /// The embedded ClickHouse, if it is ours.
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }

    /// Waits until a part ends that should not; its name.
    pub async fn part_ended(&self) -> &'static str {
        match self.tasks.lock().await.join_next().await {
            Some(Ok(part)) => part,
            Some(Err(_)) => "a part that panicked",
            None => "the last part",
        }
    }

    /// Takes no more requests, answers those under way, then stops the engine.
    pub async fn stop(self) {
        self.stop.cancel();
        let mut tasks = self.tasks.into_inner();
        while tasks.join_next().await.is_some() {}
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}

async fn listen(
    address: SocketAddr,
    purpose: &'static str,
    option: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let error = |source| StartError::Listen { address, purpose, option, source };
    let listener = TcpListener::bind(address).await.map_err(error)?;
    let bound = listener.local_addr().map_err(error)?;
    Ok((listener, bound))
}

/// The embedded ClickHouse, or the one that the settings name.
async fn connect(
    settings: &ClickHouseSettings,
    progress: &dyn Progress,
) -> Result<(Option<Engine>, Connection), StartError> {
    if let Some(url) = &settings.url {
        let connection = Connection {
            url: url.clone(),
            user: settings.user.clone(),
            password: settings.password.clone(),
            database: settings.database.clone(),
            ca_file: settings.ca_file.clone(),
            cluster: settings.cluster.as_ref().map(|cluster| Cluster {
                name: cluster.name.clone(),
                nodes: cluster.nodes.clone(),
                replicated: cluster.replicated,
            }),
        };
        return Ok((None, connection));
    }
    let embedded = &settings.embedded;
    let data_dir = match &embedded.data_dir {
        Some(folder) => folder.clone(),
        None => default_data_dir()?,
    };
    let mut engine = EngineSettings::new(data_dir);
    engine.library.clone_from(&embedded.library);
    engine.http_port = embedded.http_port;
    engine.tcp_port = embedded.tcp_port;
    engine.password = Some(settings.password.clone()).filter(|password| !password.is_empty());
    let engine = Engine::start(engine, progress).await?;
    let connection = Connection::embedded(engine.endpoint(), &settings.database);
    Ok((Some(engine), connection))
}

fn default_data_dir() -> Result<PathBuf, etcetera::HomeDirError> {
    Ok(etcetera::choose_base_strategy()?.data_dir().join("ordertrace").join("clickhouse"))
}

fn status(metrics: IngestMetrics, url: String, embedded: bool) -> Arc<dyn Fn() -> Status + Send + Sync> {
    let started_at = Timestamp::now();
    Arc::new(move || Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at,
        storage: StorageStatus { url: url.clone(), embedded, version: None, error: None },
        signals: Vec::new(),
        detection: None,
        sources: Vec::new(),
        more_sources: false,
        noise: metrics.noise(),
    })
}

fn ended<E: std::fmt::Display>(part: &'static str, outcome: Result<(), E>) -> &'static str {
    if let Err(error) = outcome {
        tracing::error!(part, %error, "ended");
    }
    part
}
