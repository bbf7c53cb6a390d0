use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use ordertrace_api::status::SignalStatus;
use ordertrace_collector::ingest::{Ingest, serve_grpc, serve_http};
use ordertrace_collector::recognise::Recogniser;
use ordertrace_collector::settings::Settings;
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
    pub(crate) fn counts(&self, signal: &str) -> SignalStatus {
        self.ingest.metrics().signals().into_iter().find(|status| status.signal == signal).unwrap()
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
