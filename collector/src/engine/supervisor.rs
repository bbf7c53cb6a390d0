//! Keeps a server running: starts it again when it ends, ever more slowly when that does not help.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backoff;
use super::lock::DataLock;
use super::server::{Plan, Server};

/// What the supervisor knows of the child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineState {
    /// The server answers.
    Ready,
    /// The server is down and being started again.
    Restarting {
        /// When it went down.
        since: SystemTime,
        /// Which try this is; 1 = first.
        attempt: u32,
        /// Why it is down: how it ended, or why the last try failed.
        last_error: String,
    },
    /// Stopped on request; for good.
    Stopped,
}

/// The task that keeps a server running, and owns the data directory meanwhile.
pub(super) struct Supervisor {
    pub(super) plan: Arc<Plan>,
    pub(super) lock: DataLock,
    pub(super) state: watch::Sender<EngineState>,
    pub(super) pid: watch::Sender<Option<u32>>,
    pub(super) stop: CancellationToken,
}

impl Supervisor {
    /// Runs until told to stop; then the child has ended and the data directory is free.
    pub(super) async fn run(self, server: Server) {
        let mut current = Some(server);
        let mut attempt = 0;
        while let Some(mut server) = current.take() {
            let started = Instant::now();
            let reason = tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    server.stop().await;
                    break;
                }
                reason = server.ended() => reason,
            };
            self.pid.send_replace(None);
            if started.elapsed() >= backoff::STABLE {
                attempt = 0;
            }
            current = self.restart(&mut attempt, reason).await;
        }
        self.pid.send_replace(None);
        drop(self.lock);
        self.state.send_replace(EngineState::Stopped);
    }

    /// Tries until a new server answers; None when told to stop.
    async fn restart(&self, attempt: &mut u32, mut reason: String) -> Option<Server> {
        let since = SystemTime::now();
        loop {
            *attempt = attempt.saturating_add(1);
            let delay = backoff::delay(*attempt);
            tracing::error!(reason, attempt, delay_ms = delay.as_millis(), "engine down; restarting it");
            self.state.send_replace(EngineState::Restarting { since, attempt: *attempt, last_error: reason });
            let outcome = tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                outcome = async { tokio::time::sleep(delay).await; Server::start(&self.plan).await } => outcome,
            };
            match outcome {
                Ok(server) => {
                    self.pid.send_replace(server.pid());
                    self.state.send_replace(EngineState::Ready);
                    tracing::info!(attempt, url = %self.plan.endpoint().url, "engine ready again");
                    return Some(server);
                }
                Err(error) => reason = with_sources(&error),
            }
        }
    }
}

/// An error and all it came from, in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
