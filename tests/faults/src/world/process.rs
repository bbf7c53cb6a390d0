//! A program that is killed and started again.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// How long it may take, over all tries, until it is ready.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Between two tries to start it, as a supervisor would wait.
const RESTART_DELAY: Duration = Duration::from_millis(300);

/// Between two looks whether it is ready.
const LOOK_INTERVAL: Duration = Duration::from_millis(25);

/// How long one look may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// How much of its log is shown when it fails.
const LOG_BYTES: usize = 4_000;

/// A program with its arguments, and its process while there is one.
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Its standard error is appended to this file.
    pub(crate) log: PathBuf,
    /// Answers 200 when it is ready.
    pub(crate) ready_url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) child: Option<Child>,
}

impl Process {
    /// Starts it, as often as it takes until it is ready, unless it runs.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.try_start(deadline).await? {
            anyhow::ensure!(Instant::now() < deadline, "{} does not start; its log ends:\n{}", self.name, self.said());
            tokio::time::sleep(RESTART_DELAY).await;
        }
        Ok(())
    }

    /// Whether it became ready; `false` = it ended before that.
    async fn try_start(&mut self, deadline: Instant) -> anyhow::Result<bool> {
        if self.child.is_none() {
            self.child = Some(self.spawn()?);
        }
        loop {
            if let Some(child) = &mut self.child
                && child.try_wait()?.is_some()
            {
                self.child = None;
                return Ok(false);
            }
            let look = self.http.get(&self.ready_url).timeout(LOOK_TIMEOUT).send().await;
            if look.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(true);
            }
            anyhow::ensure!(
                Instant::now() < deadline,
                "{} does not become ready; its log ends:\n{}",
                self.name,
                self.said()
            );
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.with_context(|| format!("cannot write {}", self.log.display()))?;
        Command::new(&self.program)
            .args(&self.arguments)
            .env_remove("RUST_LOG")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // A Ctrl-C in the terminal is for the suite, which then ends it.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be run", self.program.display()))
    }

    /// kill -9. It stays down.
    pub(crate) async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It fails only for a process that has ended already.
            let _ = child.kill().await;
        }
    }

    /// Complains when it ended by itself.
    pub(crate) fn check_alive(&mut self) -> anyhow::Result<()> {
        let ended = match &mut self.child {
            Some(child) => child.try_wait()?,
            None => anyhow::bail!("{} is down", self.name),
        };
        match ended {
            None => Ok(()),
            Some(status) => anyhow::bail!("{} ended by itself, {status}; its log ends:\n{}", self.name, self.said()),
        }
    }

    /// Its process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// The end of its log.
    fn said(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log[log.floor_char_boundary(log.len().saturating_sub(LOG_BYTES))..].to_owned()
    }
}

/// Resident memory of a process.
pub(crate) fn memory_bytes(pid: u32) -> anyhow::Result<u64> {
    let status = procfs::process::Process::new(pid.cast_signed()).and_then(|process| process.status());
    let status = status.with_context(|| format!("process {pid} cannot be measured; it has probably ended"))?;
    Ok(status.vmrss.unwrap_or(0) * 1024)
}
