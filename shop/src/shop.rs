//! The shop as a whole: bind, connect, run, stop.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::chance::Seed;
use crate::flow::{BLOCK, Driver};
use crate::instrument::OtlpError;
use crate::jobs::Jobs;
use crate::network::{CallError, Directory, ProxiedRoute, Station, World, bind, serve};
use crate::recorder::Recorder;
use crate::services::router;
use crate::settings::{Pace, ShopSettings};
use crate::system::System;
use crate::truth::Truth;

/// What the shop could not do.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// A service found no port.
    #[error("{system} could not listen on a loopback port")]
    Bind {
        /// The service.
        system: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// No HTTP client.
    #[error("{system} got no HTTP client")]
    Client {
        /// The system.
        system: &'static str,
        /// Why.
        source: reqwest::Error,
    },
    /// An edge that does not exist.
    #[error("no two systems of the shop are connected by {0:?}: take a name from proxied_routes()")]
    Edge(String),
    /// The services report already.
    #[error("{system} already reports to an OTLP endpoint: set_otlp may be called once")]
    OtlpSet {
        /// The service.
        system: &'static str,
    },
    /// Telemetry of the services.
    #[error("the telemetry of the shop failed")]
    Otlp(#[from] OtlpError),
    /// Something went wrong that was not planned to.
    #[error("an order did not get to its planned end")]
    Order(#[from] CallError),
    /// A task of the shop panicked, or its runtime is shutting down.
    #[error("a task of the shop ended early")]
    Runtime(#[from] tokio::task::JoinError),
}

/// Thirteen services on loopback ports, and the people who use them.
#[derive(Debug)]
pub struct Shop {
    world: Arc<World>,
    services: Arc<[Arc<Station>]>,
    driver: Driver,
    listeners: TaskTracker,
    next_block: AtomicU64,
}

impl Shop {
    /// Binds all services to loopback ports and starts to serve.
    ///
    /// # Errors
    /// When a port or an HTTP client cannot be had.
    pub async fn bind(settings: ShopSettings) -> Result<Self, ShopError> {
        // reqwest refuses to build any client, even for http:// alone, without a provider
        // of cryptography. An error means that the process has chosen one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut sockets = BTreeMap::new();
        let mut addresses = BTreeMap::new();
        for system in System::SERVICES {
            let (listener, address) =
                bind().await.map_err(|source| ShopError::Bind { system: system.name(), source })?;
            addresses.insert(system, address);
            sockets.insert(system, listener);
        }
        let world = Arc::new(World {
            seed: Seed(settings.seed),
            fault_percent: settings.fault_percent.min(100),
            pace: RwLock::new(settings.pace),
            directory: Directory::new(addresses),
            recorder: Recorder::default(),
            jobs: Jobs::default(),
        });
        let station = |system: System| {
            let station = Station::new(system, Arc::clone(&world));
            station.map(Arc::new).map_err(|source| ShopError::Client { system: system.name(), source })
        };
        let marketplace = station(System::Marketplace)?;
        let mut services = vec![Arc::clone(&marketplace)];
        for system in System::SERVICES.into_iter().filter(|system| *system != System::Marketplace) {
            services.push(station(system)?);
        }
        let services: Arc<[Arc<Station>]> = services.into();
        let listeners = TaskTracker::new();
        for station in services.iter() {
            if let Some(listener) = sockets.remove(&station.system) {
                let stop = world.jobs.stop_token().clone();
                listeners.spawn(serve(listener, router(station), stop, listeners.clone()));
            }
        }
        let probe = reqwest::Client::builder()
            .no_proxy()
            .build()
            .map_err(|source| ShopError::Client { system: "the health check", source })?;
        let driver =
            Driver::new(Arc::clone(&world), station(System::Shopper)?, marketplace, Arc::clone(&services), probe);
        Ok(Self { world, services, driver, listeners, next_block: AtomicU64::new(0) })
    }

    /// The edges between which a handoff proxy must stand for telemetry to be complete.
    pub fn proxied_routes(&self) -> Vec<ProxiedRoute> {
        self.world.directory.proxied_routes()
    }

    /// Where a service itself listens; `None` for a name that is no service's.
    pub fn service_address(&self, system: &str) -> Option<SocketAddr> {
        self.world.directory.service(System::named(system)?)
    }

    /// Makes the callers of an edge dial a proxy. An edge whose address is never set is
    /// dialled directly.
    ///
    /// # Errors
    /// When no edge has that name.
    pub fn set_address(&self, edge_name: &str, address: SocketAddr) -> Result<(), ShopError> {
        if self.world.directory.detour(edge_name, address) {
            return Ok(());
        }
        Err(ShopError::Edge(edge_name.to_owned()))
    }

    /// [`set_address`](Self::set_address) for many edges.
    ///
    /// # Errors
    /// When an edge does not exist.
    pub fn connect<'n>(&self, addresses: impl IntoIterator<Item = (&'n str, SocketAddr)>) -> Result<(), ShopError> {
        addresses.into_iter().try_for_each(|(edge_name, address)| self.set_address(edge_name, address))
    }

    /// Makes the instrumented services report to an OTLP/HTTP endpoint such as
    /// `http://127.0.0.1:4318`. Spans made before are lost.
    ///
    /// # Errors
    /// When the endpoint cannot be used, or one was set before.
    pub fn set_otlp(&self, endpoint: &str) -> Result<(), ShopError> {
        for station in self.services.iter() {
            if !station.instruments.report_to(endpoint)? {
                return Err(ShopError::OtlpSet { system: station.system.name() });
            }
        }
        Ok(())
    }

    /// Runs exactly `count` orders to their end, webhooks and exports included, with
    /// `concurrency` shoppers (1 to 1000) at a time, and tells the truth about them. A
    /// second run continues with other orders.
    ///
    /// # Errors
    /// When something fails that was not planned to.
    pub async fn run_orders(&self, count: u64, concurrency: usize) -> Result<Truth, ShopError> {
        let first_block = self.next_block.fetch_add(count.div_ceil(BLOCK), Ordering::Relaxed);
        let run = self.driver.run(first_block, count, concurrency).await;
        let truth = self.world.recorder.take(self.world.seed.0);
        let failure = self.world.jobs.take_failure();
        run?;
        failure.map_or(Ok(truth), |failure| Err(failure.into()))
    }

    /// Runs orders at a pace until `stop` is cancelled; what is under way then is abandoned.
    /// Keeps no truth, and logs what fails that was not planned to. Not to be mixed with
    /// [`run_orders`](Self::run_orders): after it, only [`flush`](Self::flush) and
    /// [`stop`](Self::stop) make sense.
    pub async fn run_live(&self, pace: Pace, stop: CancellationToken) {
        *self.world.pace.write().unwrap_or_else(PoisonError::into_inner) = pace;
        let first_block = self.next_block.load(Ordering::Relaxed);
        self.driver.live(first_block, pace, &stop).await;
    }

    /// Sends all telemetry that waits to be sent.
    ///
    /// # Errors
    /// When a service's telemetry could not be sent.
    pub async fn flush(&self) -> Result<(), ShopError> {
        let services = Arc::clone(&self.services);
        // The SDK's flush blocks until its own thread has exported.
        let flushed =
            tokio::task::spawn_blocking(move || services.iter().try_for_each(|station| station.instruments.flush()));
        Ok(flushed.await??)
    }

    /// Stops all services, abandoning what is under way, and ends their telemetry.
    ///
    /// # Errors
    /// When the runtime is shutting down.
    pub async fn stop(self) -> Result<(), ShopError> {
        self.world.jobs.stop().await;
        self.listeners.close();
        self.listeners.wait().await;
        let services = self.services;
        tokio::task::spawn_blocking(move || services.iter().for_each(|station| station.instruments.shut_down()))
            .await?;
        Ok(())
    }
}
