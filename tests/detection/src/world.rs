//! A collector's parts over a ClickHouse of their own, with a clock that the test sets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clickhouse::Client;
use ordertrace_api::finding::{Finding, FindingState};
use ordertrace_collector::detect::{Detection, DetectionMetrics, Detector, Ledger, Wanted};
use ordertrace_collector::engine::{Engine, EngineSettings, progress};
use ordertrace_collector::flow::Flows;
use ordertrace_collector::ingest::{Ingest, serve_http, system_clock};
use ordertrace_collector::journey::Journeys;
use ordertrace_collector::recognise::Recogniser;
use ordertrace_collector::settings::{DetectionSettings, Settings};
use ordertrace_collector::storage::{Connection, GroupLimits, Retention, Storage};
use ordertrace_shop::days::{Arrival, Signal};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Everything but the detectors.
pub(crate) struct World {
    client: Client,
    journeys: Journeys,
    flows: Arc<Flows>,
    http: reqwest::Client,
    address: SocketAddr,
    stop: CancellationToken,
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl World {
    /// Starts it with empty tables.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let engine = Engine::start(EngineSettings::new(folder.path()), progress::automatic().as_ref()).await?;
        let connection = Connection::embedded(engine.endpoint(), "ordertrace");
        // Requests come one after the other: nothing is gained by waiting for more.
        let limits = GroupLimits { linger: Duration::ZERO, linger_limit: Duration::ZERO, ..GroupLimits::default() };
        let storage = Storage::open(&connection, limits, Retention::default()).await?;
        let client = storage.client().clone();
        merge_seldom(&client).await?;
        let settings = Settings::default();
        let recogniser = Arc::new(Recogniser::new(&settings.recognise)?);
        let flows = Arc::new(Flows::new(&settings.flows, &recogniser)?);
        let journeys = Journeys::new(client.clone(), settings.journeys.limits(), recogniser.kinds(), flows.ends());
        let ingest = Ingest::new(Arc::new(storage), &settings, recogniser, system_clock);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, stop) = (listener.local_addr()?, CancellationToken::new());
        tokio::spawn(serve_http(listener, ingest, stop.clone().cancelled_owned()));
        let http = reqwest::Client::new();
        Ok(Self { client, journeys, flows, http, address, stop, engine, _folder: folder })
    }

    /// The database.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// How orders go.
    pub(crate) fn flows(&self) -> Arc<Flows> {
        Arc::clone(&self.flows)
    }

    /// A detector that knows nothing but what is stored.
    pub(crate) async fn detector(&self) -> anyhow::Result<Detector> {
        let (client, journeys, flows) = (self.client.clone(), self.journeys.clone(), Arc::clone(&self.flows));
        let (settings, metrics) = (DetectionSettings::default(), DetectionMetrics::default());
        Ok(Detector::open(Detection { client, journeys, flows, settings, metrics }).await?)
    }

    /// Sends a request and waits until it is stored.
    pub(crate) async fn send(&self, arrival: &Arrival) -> anyhow::Result<()> {
        let path = match arrival.signal {
            Signal::Traces => "v1/traces",
            Signal::Logs => "v1/logs",
            Signal::Metrics => "v1/metrics",
        };
        let request = self.http.post(format!("http://{}/{path}", self.address)).body(arrival.body.clone());
        let reply = request.header("content-type", "application/x-protobuf").send().await?;
        let status = reply.status();
        anyhow::ensure!(status.is_success(), "{path} answered {status}: {}", reply.text().await.unwrap_or_default());
        Ok(())
    }

    /// All findings.
    pub(crate) async fn findings(&self, limit: usize) -> anyhow::Result<Vec<Finding>> {
        let states = vec![FindingState::Open, FindingState::Closed, FindingState::Retracted];
        let wanted = Wanted { states, limit, ..Wanted::default() };
        Ledger::new(self.client.clone()).list(&wanted).await.context("findings cannot be read")
    }

    /// Ends it.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.engine.stop().await;
    }
}

/// Parts that are merged at once, about.
const MERGED_AT_ONCE: u32 = 30;

/// Requests come one after the other to tables that are small: after every fourth ClickHouse would write
/// each of these anew, which takes two thirds of its time.
async fn merge_seldom(client: &Client) -> anyhow::Result<()> {
    let tables = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'";
    for table in client.query(tables).fetch_all::<String>().await? {
        let alter = format!("ALTER TABLE {table} MODIFY SETTING merge_selector_base = {MERGED_AT_ONCE}");
        client.query(&alter).execute().await?;
    }
    Ok(())
}
