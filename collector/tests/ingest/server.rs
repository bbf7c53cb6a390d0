use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use ordertrace_collector::ingest::{Ingest, serve_grpc, serve_http};
use ordertrace_collector::recognise::Recogniser;
use ordertrace_collector::settings::Settings;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::messages::NOW_NS;
use crate::recorder::Recorder;

/// Both receivers on free ports of loopback.
pub(crate) struct Server {
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    pub(crate) store: Arc<Recorder>,
    pub(crate) ingest: Arc<Ingest<Recorder>>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// What the metrics say of one signal, over all senders.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) stored: u64,
    pub(crate) repeated: u64,
    /// By reason.
    pub(crate) refused: BTreeMap<String, u64>,
}

/// Reads the metrics as they are exposed.
pub(crate) fn counts(ingest: &Ingest<Recorder>, signal: &str) -> Counts {
    let mut registry = Registry::default();
    ingest.metrics().register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    let mut counts = Counts::default();
    for line in text.lines().filter(|line| line.contains(&format!("signal=\"{signal}\""))) {
        let (series, count) = line.rsplit_once(' ').unwrap();
        let count: u64 = count.parse().unwrap();
        match series.split('{').next().unwrap() {
            "ordertrace_ingest_accepted_total" => counts.accepted += count,
            "ordertrace_ingest_stored_total" => counts.stored += count,
            "ordertrace_ingest_repeated_total" => counts.repeated += count,
            "ordertrace_ingest_refused_total" => {
                let reason = series.split("reason=\"").nth(1).unwrap().split('"').next().unwrap();
                *counts.refused.entry(reason.to_owned()).or_default() += count;
            }
            _ => {}
        }
    }
    counts
}

/// An HTTP client. It never speaks TLS here, but cannot be made without a provider of it.
pub(crate) fn client() -> reqwest::Client {
    // Fails where another test was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// The moment at which all tests play.
fn clock() -> Timestamp {
    Timestamp::from_nanosecond(i128::from(NOW_NS)).unwrap()
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        settings.check().unwrap();
        let store = Arc::new(Recorder::default());
        let recogniser = Arc::new(Recogniser::new(&settings.recognise).unwrap());
        let ingest = Ingest::new(Arc::clone(&store), &settings, recogniser, clock);
        let (stop, stopped) = watch::channel(false);
        let until = |mut stopped: watch::Receiver<bool>| async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let grpc = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = (http.local_addr().unwrap(), grpc.local_addr().unwrap());
        let (one, two) = (Arc::clone(&ingest), Arc::clone(&ingest));
        let (stop_one, stop_two) = (until(stopped.clone()), until(stopped));
        let tasks = vec![
            tokio::spawn(async move { serve_http(http, one, stop_one).await.unwrap() }),
            tokio::spawn(async move { serve_grpc(grpc, two, stop_two).await.unwrap() }),
        ];
        Self { http: addresses.0, grpc: addresses.1, store, ingest, stop, tasks }
    }

    pub(crate) fn url(&self, signal: &str) -> String {
        format!("http://{}/v1/{signal}", self.http)
    }

    /// Counts of `traces`, `logs` or `metrics`.
    pub(crate) fn counts(&self, signal: &str) -> Counts {
        counts(&self.ingest, signal)
    }

    /// Asks both to stop.
    pub(crate) fn stop(&self) {
        self.stop.send(true).unwrap();
    }

    /// Waits until both have.
    pub(crate) async fn stopped(self) {
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}
