//! One life of the child process, from its start to its end.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStdin, Command};
use tokio::time::Instant;

use super::config::{END_KEEP_ALIVE, Files, KEEP_ALIVE};
use super::log::ServerLog;
use super::output::{Reader, Tail};
use super::port::Ports;
use super::{Endpoint, EngineError, USER, child, config};

/// Between two questions whether the server answers.
const PROBE_INTERVAL: Duration = Duration::from_millis(20);

/// Most time one such question may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Most time a server may take to end once asked to; what is then unflushed is only what it never acknowledged.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Variables the child is given; nobody's credentials or ClickHouse settings get into it by accident.
const KEPT_VARIABLES: &[&str] = &["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// Everything the child is started with; the same at every restart.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) executable: PathBuf,
    pub(super) library: PathBuf,
    pub(super) data_dir: PathBuf,
    pub(super) password: String,
    pub(super) max_memory_bytes: u64,
    pub(super) ready_timeout: Duration,
    pub(super) ports: Ports,
}

impl Plan {
    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint {
            url: format!("http://127.0.0.1:{}", self.ports.http),
            user: USER.to_owned(),
            password: self.password.clone(),
            tcp_port: self.ports.tcp,
        }
    }

    /// Arguments of the child: what `engine::child` wants, then what ClickHouse wants.
    fn arguments(&self, files: &Files) -> Vec<OsString> {
        let option = |name: &str, path: &PathBuf| {
            let mut text = OsString::from(name);
            text.push(path);
            text
        };
        vec![
            child::SUBCOMMAND.into(),
            self.library.clone().into(),
            files.lock.clone().into(),
            "--multiquery".into(),
            option("--path=", &files.store),
            option("--config-file=", &files.server),
            "--listen_host=127.0.0.1".into(),
            format!("--http_port={}", self.ports.http).into(),
            format!("--tcp_port={}", self.ports.tcp).into(),
            "--logger.console".into(),
            "--log-level=warning".into(),
            "--query".into(),
            format!("SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; {KEEP_ALIVE}").into(),
        ]
    }
}

/// A child process that answers.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    // The child ends when this pipe closes; it is never written to. Out of `child`, whose `wait` would close it.
    stdin: Option<ChildStdin>,
    client: clickhouse::Client,
    tail: Tail,
    log: ServerLog,
    reader: Option<Reader>,
}

impl Server {
    /// Starts the child and waits until it answers. On failure no child is left.
    pub(super) async fn start(plan: &Plan) -> Result<Self, EngineError> {
        let files = config::write(&plan.data_dir, &plan.password, plan.max_memory_bytes)?;
        let mut child = spawn(plan, &files)?;
        let tail = Tail::default();
        let log = ServerLog::default();
        let passed = log.clone();
        let reader = child.stderr.take().map(|stderr| tail.clone().follow(stderr, move |line| passed.pass(line)));
        let stdin = child.stdin.take();
        // A stopping server waits for idle connections: these are not kept.
        let client = plan.endpoint().client().with_header("connection", "close");
        let mut server = Self { child, stdin, client, tail, log, reader };
        match server.wait_ready(plan).await {
            Ok(()) => Ok(server),
            Err(error) => {
                server.kill().await;
                Err(error)
            }
        }
    }

    async fn wait_ready(&mut self, plan: &Plan) -> Result<(), EngineError> {
        let deadline = Instant::now() + plan.ready_timeout;
        let client = self.client.clone();
        loop {
            let source = tokio::select! {
                biased;
                status = self.child.wait() => {
                    let status = status.map_err(|source| EngineError::Spawn { executable: plan.executable.clone(), source })?;
                    return Err(self.died(plan, status).await);
                }
                answer = probe(&client) => match answer {
                    Ok(()) => return Ok(()),
                    Err(source) => source,
                },
            };
            if Instant::now() >= deadline {
                return Err(EngineError::NotReady {
                    library: plan.library.clone(),
                    url: plan.endpoint().url,
                    timeout_s: plan.ready_timeout.as_secs(),
                    output: self.tail.text(),
                    source: Box::new(source),
                });
            }
            tokio::time::sleep(PROBE_INTERVAL).await;
        }
    }

    async fn died(&mut self, plan: &Plan, status: ExitStatus) -> EngineError {
        EngineError::Died {
            library: plan.library.clone(),
            data_dir: plan.data_dir.clone(),
            status,
            output: self.last_words().await,
        }
    }

    /// The last lines of an ended child.
    async fn last_words(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.finish().await;
        }
        self.tail.text()
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the child ends by itself, and says how. Safe to drop and call again.
    pub(super) async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => {
                let words = self.last_words().await;
                let last = words.lines().last().unwrap_or_default();
                format!("the engine's process ended with {status}; its last line: {last}")
            }
            Err(error) => format!("the engine's process cannot be watched: {error}"),
        }
    }

    /// Ends the server gracefully if it lets itself be asked, by force otherwise.
    pub(super) async fn stop(mut self) {
        self.log.expect_end();
        let graceful = async {
            self.client.query(END_KEEP_ALIVE).execute().await?;
            Ok::<_, clickhouse::error::Error>(self.child.wait().await)
        };
        match tokio::time::timeout(STOP_TIMEOUT, graceful).await {
            Ok(Ok(Ok(status))) => tracing::info!(%status, "engine stopped"),
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the engine's process cannot be watched; killing it"),
            Ok(Err(error)) => tracing::warn!(%error, "the engine cannot be asked to stop; killing it"),
            Err(_) => tracing::warn!(timeout_s = STOP_TIMEOUT.as_secs(), "the engine did not stop in time; killing it"),
        }
        self.kill().await;
    }

    /// Ends the child by force, if it still runs, and reaps it.
    async fn kill(&mut self) {
        self.stdin = None;
        let runs = self.child.id().is_some();
        if runs && let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "the engine's process could not be killed");
        }
        if let Some(reader) = self.reader.take() {
            reader.finish().await;
        }
    }
}

fn spawn(plan: &Plan, files: &Files) -> Result<Child, EngineError> {
    let kept = KEPT_VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    // Under the name that this program goes by, not that of the link to it.
    let name = std::env::args_os().next().unwrap_or_else(|| plan.executable.clone().into_os_string());
    Command::new(&plan.executable)
        .arg0(name)
        .args(plan.arguments(files))
        .env_clear()
        .envs(kept)
        // The server takes its time zone from here and nowhere else; stored times are UTC.
        .env("TZ", "UTC")
        // The server also reads a users.xml of its working directory: this one is ours.
        .current_dir(&plan.data_dir)
        // A Ctrl-C in the terminal is for the parent, which then stops the child gracefully.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| EngineError::Spawn { executable: plan.executable.clone(), source })
}

async fn probe(client: &clickhouse::Client) -> Result<(), clickhouse::error::Error> {
    let question = client.query("SELECT 1").fetch_one::<u8>();
    match tokio::time::timeout(PROBE_TIMEOUT, question).await {
        Ok(answer) => answer.map(drop),
        Err(_) => Err(clickhouse::error::Error::TimedOut),
    }
}
