//! ClickHouse, in a process of its own that can be killed.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use ordertrace_collector::engine::{Endpoint, Engine, EngineSettings, progress};
use ordertrace_tests::free_ports;
use rustix::process::{Pid, Signal, kill_process};

/// Its data, its ports and, while it runs, its process.
pub(crate) struct ClickHouse {
    settings: EngineSettings,
    endpoint: Endpoint,
    address: SocketAddr,
    engine: Option<Engine>,
}

impl ClickHouse {
    /// Starts one with its data in `folder`.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let [http, tcp] = free_ports::<2>()?;
        let mut settings = EngineSettings::new(folder);
        (settings.http_port, settings.tcp_port) = (http.port(), tcp.port());
        settings.ready_timeout = Duration::from_secs(120);
        let engine = Engine::start(settings.clone(), progress::automatic().as_ref()).await?;
        let endpoint = engine.endpoint().clone();
        Ok(Self { settings, endpoint, address: http, engine: Some(engine) })
    }

    /// Where it answers, and as whom to ask.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Its HTTP port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// kill -9. It stays down.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        let Some(engine) = self.engine.take() else { return Ok(()) };
        if let Some(pid) = engine.child_pid().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            kill_process(pid, Signal::KILL).context("ClickHouse cannot be killed")?;
        }
        // Else it would be restarted.
        engine.stop().await;
        Ok(())
    }

    /// Starts it again, on the same data and ports, if it is down.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        if self.engine.is_none() {
            let started = Engine::start(self.settings.clone(), progress::automatic().as_ref()).await;
            self.engine = Some(started.context("ClickHouse does not start again")?);
        }
        Ok(())
    }

    /// Stops it.
    pub(crate) async fn stop(self) {
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}
