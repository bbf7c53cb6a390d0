use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::binary;

/// Long enough for the engine to be fetched on a machine that has none.
const START_TIMEOUT: Duration = Duration::from_secs(300);

/// `ordertrace collector` with an embedded ClickHouse in a folder of its own; gone when
/// dropped.
pub struct CollectorProcess {
    /// OTLP/gRPC.
    pub otlp_grpc: SocketAddr,
    /// OTLP/HTTP.
    pub otlp_http: SocketAddr,
    /// HTTP API.
    pub api: SocketAddr,
    child: Child,
    _folder: tempfile::TempDir,
}

impl CollectorProcess {
    /// Starts it with `settings` (YAML) on free ports and waits until it is ready.
    ///
    /// # Errors
    /// When it ends before it is ready, with what it said.
    pub async fn start(settings: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("collector.yaml");
        // Recordings are of a fixed day: nothing may expire.
        let retention = "retention: {journeys_days: 0, events_days: 0, readings_days: 0}\n";
        std::fs::write(&file, format!("{retention}{settings}"))?;
        let mut child = Command::new(binary())
            .args(["collector", "--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--api", "127.0.0.1:0"])
            .arg("--config")
            .arg(&file)
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .env("ORDERTRACE_LOG_FORMAT", "json")
            .env_remove("ORDERTRACE_LOG")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("ordertrace collector does not start")?;
        let log = child.stderr.take().context("no standard error")?;
        let mut lines = BufReader::new(log).lines();
        let mut said = String::new();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                let entry: Value = serde_json::from_str(&line).unwrap_or_default();
                if entry["message"] == "collector ready" {
                    return Ok(entry);
                }
                said.push_str(&line);
                said.push('\n');
            }
            anyhow::bail!("the collector ended before it was ready:\n{said}")
        };
        let entry = tokio::time::timeout(START_TIMEOUT, ready).await.context("the collector was never ready")??;
        let address = |field: &str| -> anyhow::Result<SocketAddr> {
            entry[field].as_str().unwrap_or_default().parse().with_context(|| format!("{field} in {entry}"))
        };
        // A full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self {
            otlp_grpc: address("otlp_grpc")?,
            otlp_http: address("otlp_http")?,
            api: address("api")?,
            child,
            _folder: folder,
        })
    }

    /// Process id.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Runs `ordertrace` with `arguments` against it: exit code and standard output.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub async fn ordertrace(&self, arguments: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
        let output = Command::new(binary())
            .args(["--collector", &format!("http://{}", self.api)])
            .args(arguments)
            .env("XDG_CONFIG_HOME", "/nonexistent")
            .stdin(Stdio::null())
            .output()
            .await?;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
    }
}
