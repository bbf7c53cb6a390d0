//! One program as a child process.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::{Meter, Usage};

/// How long a program may take until it listens.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a program may take to end when asked to.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// Between two looks whether a program listens.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// A running program; killed when dropped.
#[derive(Debug)]
pub(crate) struct Program {
    name: &'static str,
    pid: u32,
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts `command`, whose output goes to `NAME.log` in `folder`, and waits until it listens on `address`.
    pub(crate) async fn start(
        name: &'static str,
        mut command: Command,
        folder: &Path,
        address: SocketAddr,
    ) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("{name} does not start"))?;
        let pid = child.id().with_context(|| format!("{name} has ended already"))?;
        let mut program = Self { name, pid, child, log };
        program.wait_listening(address).await?;
        Ok(program)
    }

    async fn wait_listening(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("{} ended with {status} before it listened:\n{}", self.name, self.said());
            }
            anyhow::ensure!(Instant::now() < deadline, "{} does not listen on {address}:\n{}", self.name, self.said());
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        Ok(())
    }

    /// Its output.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Begins to count what it costs.
    pub(crate) fn meter(&self) -> anyhow::Result<Meter> {
        Ok(Meter::start(self.name, self.pid)?)
    }

    /// What it uses now.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        Ok(self.meter()?.read()?)
    }

    /// Asks it to end, waits for that, kills it when it takes too long.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            kill_process(pid, Signal::TERM).with_context(|| format!("{} cannot be asked to end", self.name))?;
        }
        if tokio::time::timeout(STOP_TIMEOUT, self.child.wait()).await.is_err() {
            self.child.kill().await.with_context(|| format!("{} cannot be killed", self.name))?;
        }
        Ok(())
    }
}
