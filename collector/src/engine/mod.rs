//! The embedded ClickHouse engine: a genuine ClickHouse in a child process, found or fetched, watched and restarted.
//!
//! The server is `libchdb.so` of chDB. A child process (this same executable, re-executed with [`child::SUBCOMMAND`])
//! loads it, so a crash of the database never takes the collector along. To everything else it is a server at a URL:
//! [`Engine::endpoint`]. Embedded only decides who started it.
//!
//! Every binary that may start an engine calls [`child::maybe_run`] first in `main`, before any thread or runtime.

pub mod child;
pub mod library;
pub mod progress;

mod backoff;
mod config;
mod error;
mod fetch;
mod lock;
mod log;
mod output;
mod package;
mod password;
mod port;
mod server;
mod settings;
mod supervisor;

pub use error::EngineError;
pub use fetch::FetchError;
pub use library::{Library, LibraryError};
pub use package::PackageError;
pub use progress::Progress;
pub use settings::{Endpoint, EngineSettings, USER};
pub use supervisor::EngineState;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::lock::DataLock;
use self::port::Ports;
use self::server::{Plan, Server};
use self::supervisor::Supervisor;

/// How often other free ports are tried when somebody takes the chosen ones before the child listens on them.
const PORT_ATTEMPTS: u32 = 5;

/// A running embedded ClickHouse, restarted whenever its process dies.
///
/// Dropping it stops the child too, but nobody waits for that: call [`Engine::stop`] where it matters.
#[derive(Debug)]
pub struct Engine {
    endpoint: Endpoint,
    library: Library,
    state: watch::Receiver<EngineState>,
    pid: watch::Receiver<Option<u32>>,
    task: JoinHandle<()>,
    _stop: DropGuard,
}

impl Engine {
    /// Finds or fetches the library, starts the server and returns once it answers `SELECT 1`.
    ///
    /// # Errors
    ///
    /// [`EngineError`], each naming what was tried and what to do: no library, data directory in use, port taken,
    /// child died at start, no answer in time.
    pub async fn start(settings: EngineSettings, progress: &dyn Progress) -> Result<Self, EngineError> {
        let data_dir = absolute(&settings.data_dir)?;
        let lock = DataLock::acquire(&data_dir)?;
        let library = Library::find(settings.library.as_deref(), settings.cache_dir.as_deref(), progress).await?;
        let executable = match settings.executable {
            Some(path) => absolute(&path)?,
            None => own_executable().map_err(|source| EngineError::OwnExecutable { source })?,
        };
        let password = password::settle(&data_dir, settings.password.as_deref())?;
        let mut plan = Plan {
            executable,
            library: absolute(&library.path)?,
            data_dir,
            password,
            max_memory_bytes: settings.max_memory_bytes,
            ready_timeout: settings.ready_timeout,
            ports: Ports::default(),
        };
        let server = first_start(&mut plan, settings.http_port, settings.tcp_port).await?;
        let endpoint = plan.endpoint();
        tracing::info!(url = %endpoint.url, tcp_port = endpoint.tcp_port, library = %library.path.display(), "engine ready");

        let (state_sender, state) = watch::channel(EngineState::Ready);
        let (pid_sender, pid) = watch::channel(server.pid());
        let stop = CancellationToken::new();
        let supervisor =
            Supervisor { plan: Arc::new(plan), lock, state: state_sender, pid: pid_sender, stop: stop.clone() };
        let task = tokio::spawn(supervisor.run(server));
        Ok(Self { endpoint, library, state, pid, task, _stop: stop.drop_guard() })
    }

    /// Where the server answers; stays the same over restarts of the child.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The library the child runs.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// The supervisor's view of the child, now and as it changes.
    pub fn state(&self) -> watch::Receiver<EngineState> {
        self.state.clone()
    }

    /// The process id of the child, unless it is down at this moment.
    pub fn child_pid(&self) -> Option<u32> {
        *self.pid.borrow()
    }

    /// Stops the server: flushes buffers, waits for it to end, kills it when it takes too long. Frees the data directory.
    pub async fn stop(self) {
        let Self { task, _stop, .. } = self;
        drop(_stop);
        if let Err(error) = task.await {
            tracing::error!(%error, "the engine's supervisor ended abnormally");
        }
    }
}

/// The first start, where a port that somebody took in the meantime may still be changed for another.
async fn first_start(plan: &mut Plan, http_port: u16, tcp_port: u16) -> Result<Server, EngineError> {
    let mut attempt = 1;
    loop {
        plan.ports = Ports::choose(http_port, tcp_port)?;
        match Server::start(plan).await {
            Err(error) if error.is_port_race() && attempt < PORT_ATTEMPTS => {
                tracing::warn!(%error, attempt, "a chosen port was taken before the engine listened; choosing others");
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// The child has another working directory.
fn absolute(path: &Path) -> Result<PathBuf, EngineError> {
    let reason = "it is empty, or relative to a working directory that is gone";
    std::path::absolute(path).map_err(|_| EngineError::Path { path: path.to_owned(), reason })
}

/// This program, also when its file was replaced or removed since it was started: an upgrade must not keep the
/// engine from coming back.
fn own_executable() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { std::env::current_exe() }
}
