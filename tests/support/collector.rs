use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use ordertrace_api::routes;
use ordertrace_api::status::Status;
use serde::de::DeserializeOwned;
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
    http: reqwest::Client,
    child: Child,
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

/// Where a program listens.
struct Addresses {
    otlp_grpc: SocketAddr,
    otlp_http: SocketAddr,
    api: SocketAddr,
}

impl CollectorProcess {
    /// Starts it with `settings` (YAML) on free ports and waits until it is ready.
    ///
    /// # Errors
    /// When it ends before it is ready, with what it said.
    pub async fn start(settings: &str) -> anyhow::Result<Self> {
        Self::start_with(settings, &[]).await
    }

    /// The same, with further environment variables.
    ///
    /// # Errors
    /// When it ends before it is ready, with what it said.
    pub async fn start_with(settings: &str, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("collector.yaml");
        // Recordings are of a fixed day: nothing may expire.
        let retention = "retention: {journeys_days: 0, events_days: 0, readings_days: 0}\n";
        std::fs::write(&file, format!("{retention}{settings}"))?;
        let environment: Vec<(String, String)> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (child, Addresses { otlp_grpc, otlp_http, api }) = launch(folder.path(), &environment).await?;
        Ok(Self { otlp_grpc, otlp_http, api, http: http_client(), child, folder, environment })
    }

    /// Kills it (SIGKILL) and starts it again over the same data, on other ports.
    ///
    /// # Errors
    /// When it ends before it is ready, with what it said.
    pub async fn kill_and_restart(&mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        let (child, Addresses { otlp_grpc, otlp_http, api }) = launch(self.folder.path(), &self.environment).await?;
        (self.child, self.otlp_grpc, self.otlp_http, self.api) = (child, otlp_grpc, otlp_http, api);
        Ok(())
    }

    /// Posts a body of metrics as JSON.
    ///
    /// # Errors
    /// When the collector does not take it.
    pub async fn post_metrics(&self, body: &Value) -> anyhow::Result<()> {
        let url = format!("http://{}/v1/metrics", self.otlp_http);
        let post = self.http.post(url).header("content-type", "application/json").body(body.to_string());
        let reply = post.send().await?;
        anyhow::ensure!(reply.status().is_success(), "{}: {}", reply.status(), reply.text().await?);
        Ok(())
    }

    /// Posts a body to a path of the HTTP API: status and answer.
    ///
    /// # Errors
    /// When the collector does not answer.
    pub async fn post(&self, content_type: &str, path: &str, body: String) -> anyhow::Result<(u16, String)> {
        let url = format!("http://{}{path}", self.api);
        let reply = self.http.post(url).header("content-type", content_type).body(body).send().await?;
        Ok((reply.status().as_u16(), reply.text().await?))
    }

    /// Posts a body of traces.
    ///
    /// # Errors
    /// When the collector does not answer.
    pub async fn post_traces(&self, headers: &[(&str, &str)], body: Vec<u8>) -> anyhow::Result<(u16, Vec<u8>)> {
        let url = format!("http://{}/v1/traces", self.otlp_http);
        let post = headers.iter().fold(self.http.post(url), |post, (name, value)| post.header(*name, *value));
        let reply = post.body(body).send().await?;
        Ok((reply.status().as_u16(), reply.bytes().await?.to_vec()))
    }

    /// Asks the HTTP API; `None` when there is nothing.
    ///
    /// # Errors
    /// When it does not answer, or with something else than a `T`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Option<T>> {
        let reply = self.http.get(format!("http://{}{path}", self.api)).send().await?;
        let status = reply.status().as_u16();
        let body = reply.bytes().await?;
        match status {
            404 => Ok(None),
            200 => Ok(Some(serde_json::from_slice(&body)?)),
            _ => anyhow::bail!("{path}: {status} {}", String::from_utf8_lossy(&body)),
        }
    }

    /// What the API answers, as it is.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn text(&self, path: &str) -> anyhow::Result<String> {
        let reply = self.http.get(format!("http://{}{path}", self.api)).send().await?;
        Ok(reply.error_for_status()?.text().await?)
    }

    /// The HTTP status with which the API answers.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn status_of(&self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<u16> {
        let get = self.http.get(format!("http://{}{path}", self.api));
        let get = headers.iter().fold(get, |get, (name, value)| get.header(*name, *value));
        Ok(get.send().await?.status().as_u16())
    }

    /// Spans that are stored.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn stored_spans(&self) -> anyhow::Result<u64> {
        let status: Status = self.get(routes::STATUS).await?.context("no status")?;
        Ok(status.signals.iter().find(|signal| signal.signal == "traces").map_or(0, |signal| signal.total.stored))
    }

    /// The most memory it ever had resident, in kB.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn peak_memory_kb(&self) -> anyhow::Result<u64> {
        let pid = self.child.id().context("the collector has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        Ok(peak.and_then(|peak| peak.split_whitespace().next()).context("no VmHWM")?.parse()?)
    }

    /// Runs `ordertrace` with `arguments` against it: exit code and standard output.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub async fn ordertrace(&self, arguments: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
        let url = format!("http://{}", self.api);
        run_ordertrace(&[&["--collector", url.as_str()], arguments].concat(), &[]).await
    }
}

/// Runs `ordertrace` with `arguments` and these environment variables: exit code and standard
/// output.
///
/// # Errors
/// When the program cannot be run.
pub async fn run_ordertrace(arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<(Option<i32>, String)> {
    let output = Command::new(binary())
        .args(arguments)
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .await?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// A client, for which a TLS library must have been chosen.
pub(crate) fn http_client() -> reqwest::Client {
    // An error means that another test installed it before, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// Starts it over what is in `folder` and waits until it is ready.
async fn launch(folder: &Path, environment: &[(String, String)]) -> anyhow::Result<(Child, Addresses)> {
    let mut child = Command::new(binary())
        .arg("collector")
        .arg("--config")
        .arg(folder.join("collector.yaml"))
        .arg("--data-dir")
        .arg(folder.join("data"))
        .env("ORDERTRACE_LOG_FORMAT", "json")
        .env_remove("ORDERTRACE_LOG")
        .env_remove("RUST_LOG")
        .envs(["ORDERTRACE_OTLP_GRPC", "ORDERTRACE_OTLP_HTTP", "ORDERTRACE_API"].map(|name| (name, "127.0.0.1:0")))
        .envs(environment.iter().map(|(name, value)| (name, value)))
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
    let addresses =
        Addresses { otlp_grpc: address("otlp_grpc")?, otlp_http: address("otlp_http")?, api: address("api")? };
    Ok((child, addresses))
}
