//! What is under test: two agents, two collectors and the ClickHouse of both, real processes on loopback, with
//! networks between them that can be troubled.
//!
//! ```text
//! agent 0 ──gRPC── link ──► collector 0 ── link ──┐
//!                                                 ├──► ClickHouse
//! agent 1 ──HTTP── link ──► collector 1 ── link ──┘
//! ```

mod clickhouse;
mod disk;
mod process;
mod programs;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ordertrace_tests::free_ports;
use tokio::sync::Mutex;

pub(crate) use self::clickhouse::ClickHouse;
pub(crate) use self::disk::SmallDisk;
pub(crate) use self::process::{Process, memory_bytes};
use crate::network::Link;

/// The folder of a spool on the small disk.
const SPOOL: &str = "spool";

/// Where somebody receives OTLP, and says how it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receiver {
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    /// The collector's HTTP API, the agent's metrics.
    pub(crate) status: SocketAddr,
}

/// All of it. Processes end when it is dropped.
pub(crate) struct World {
    pub(crate) clickhouse: Mutex<ClickHouse>,
    pub(crate) client: ::clickhouse::Client,
    pub(crate) collectors: [Mutex<Process>; 2],
    pub(crate) agents: [Mutex<Process>; 2],
    /// Of the collectors.
    pub(crate) collector_at: [Receiver; 2],
    /// Of the agents.
    pub(crate) agent_at: [Receiver; 2],
    /// From each agent to a collector.
    pub(crate) export: [Link; 2],
    /// From each collector to ClickHouse.
    pub(crate) store: [Link; 2],
    /// Under the spool of agent 1.
    pub(crate) disk: Option<SmallDisk>,
    /// Which collector each agent's link leads to.
    exports_to: Mutex<[usize; 2]>,
    folder: tempfile::TempDir,
}

impl World {
    /// Starts everything below `root`. With a `small_disk`, agent 1 has its spool on one that can be filled.
    pub(crate) async fn start(root: &Path, ordertrace: &Path, small_disk: bool) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("faults-").tempdir_in(root)?;
        let path = folder.path();
        let clickhouse = ClickHouse::start(&path.join("clickhouse")).await?;
        let endpoint = clickhouse.endpoint().clone();
        let client = endpoint.client().with_database(programs::DATABASE);
        let store = [Link::start(clickhouse.address()).await?, Link::start(clickhouse.address()).await?];
        let ports = free_ports::<12>()?;
        let receiver = |first: usize| -> anyhow::Result<Receiver> {
            let port = |at: usize| ports.get(at).copied().context("too few ports");
            Ok(Receiver { grpc: port(first)?, http: port(first + 1)?, status: port(first + 2)? })
        };
        let collector_at = [receiver(0)?, receiver(3)?];
        let agent_at = [receiver(6)?, receiver(9)?];
        let export = [Link::start(collector_at[0].grpc).await?, Link::start(collector_at[1].http).await?];
        let disk = if small_disk { Some(SmallDisk::mount(&path.join("small-disk")).await?) } else { None };
        let spool_of_1 = disk.as_ref().map_or_else(|| path.join("spool-1"), |disk| disk.path().join(SPOOL));
        let collector = |number: usize| {
            let at = collector_at[number];
            programs::collector(ordertrace, path, number, at, store[number].address(), &endpoint)
        };
        let agent = |number: usize, protocol, spool: PathBuf| {
            programs::agent(ordertrace, path, number, agent_at[number], protocol, export[number].address(), &spool)
        };
        let mut collectors = [collector(0)?, collector(1)?];
        let mut agents = [agent(0, "grpc", path.join("spool-0"))?, agent(1, "http/protobuf", spool_of_1)?];
        for process in collectors.iter_mut().chain(&mut agents) {
            process.start().await?;
        }
        let [collector_0, collector_1] = collectors;
        let [agent_0, agent_1] = agents;
        Ok(Self {
            clickhouse: Mutex::new(clickhouse),
            client,
            collectors: [Mutex::new(collector_0), Mutex::new(collector_1)],
            agents: [Mutex::new(agent_0), Mutex::new(agent_1)],
            collector_at,
            agent_at,
            export,
            store,
            disk,
            exports_to: Mutex::new([0, 1]),
            folder,
        })
    }

    /// The agent's exports go to the other collector from now on.
    pub(crate) async fn swap(&self, agent: usize) {
        let mut exports_to = self.exports_to.lock().await;
        let collector = 1 - exports_to[agent];
        exports_to[agent] = collector;
        let at = self.collector_at[collector];
        self.export[agent].lead_to(if agent == 0 { at.grpc } else { at.http });
    }

    /// Complains of processes that ended by themselves.
    pub(crate) async fn check_alive(&self) -> anyhow::Result<()> {
        for process in self.collectors.iter().chain(&self.agents) {
            process.lock().await.check_alive()?;
        }
        Ok(())
    }

    /// Stops everything and removes its files.
    pub(crate) async fn stop(self) {
        self.end().await;
    }

    /// Stops everything; the folder with logs and data, which stays.
    pub(crate) async fn keep(self) -> PathBuf {
        self.end().await.keep()
    }

    /// Stops everything; its folder.
    async fn end(self) -> tempfile::TempDir {
        for process in self.agents.into_iter().chain(self.collectors) {
            process.into_inner().kill().await;
        }
        self.clickhouse.into_inner().stop().await;
        if let Some(disk) = self.disk
            && let Err(error) = disk.save(SPOOL, &self.folder.path().join("spool-1"))
        {
            eprintln!("the spool on the small disk is not kept: {error}");
        }
        self.folder
    }
}
