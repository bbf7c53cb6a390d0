//! The collectors that are compared: each receives OTLP and writes into the ClickHouse it is given.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::ValueEnum;
use ordertrace_tests::{Profile, build};
use reqwest::Client;
use tokio::process::Command;
use tokio::time::Instant;

use crate::database::Database;
use crate::load::Receiver;
use crate::peers;
use crate::process::{Program, free_port};

/// How long our collector may take until it is ready.
const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// The largest request that peers are told to take, in MiB; by default some take 4.
const LARGEST_REQUEST_MIB: &str = "64";

/// A collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Collector {
    /// ordertrace-collector
    Ordertrace,
    /// Rotel as it comes
    Rotel,
    /// Rotel with batches of 50,000 spans, inserted synchronously
    RotelTuned,
    /// The OpenTelemetry Collector with clickhouseexporter, batches of 50,000 spans
    Otelcol,
}

/// A collector whose binary is there.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    pub(crate) collector: Collector,
    pub(crate) version: String,
    binary: PathBuf,
}

/// A collector that receives.
pub(crate) struct Running {
    pub(crate) program: Program,
    pub(crate) receiver: Receiver,
    /// Where its HTTP API answers, when it is ours.
    pub(crate) api: Option<String>,
}

impl Collector {
    /// Its name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ordertrace => "ordertrace",
            Self::Rotel => "rotel",
            Self::RotelTuned => "rotel-tuned",
            Self::Otelcol => "otelcol",
        }
    }

    /// The database it writes into.
    pub(crate) fn database(self) -> &'static str {
        match self {
            Self::Ordertrace => "ordertrace",
            Self::Rotel | Self::RotelTuned | Self::Otelcol => "otel",
        }
    }

    /// What counts the spans it has stored with hardly any work for ClickHouse: it is asked while others are measured.
    pub(crate) fn stored(self) -> &'static str {
        match self {
            Self::Ordertrace => "SELECT sum(length(span.id)) FROM ordertrace.spans",
            Self::Rotel | Self::RotelTuned | Self::Otelcol => "SELECT count() FROM otel.otel_traces",
        }
    }

    /// Builds or installs it. `ours`: a collector to take instead of the one built here.
    pub(crate) async fn install(self, ours: Option<&Path>) -> anyhow::Result<Installed> {
        let (binary, arguments): (_, &[&str]) = match self {
            Self::Ordertrace => match ours {
                Some(path) => (path.to_owned(), &["--version"]),
                None => {
                    let building = tokio::task::spawn_blocking(|| build("ordertrace-collector", Profile::Release));
                    (building.await??, &["--version"])
                }
            },
            Self::Rotel | Self::RotelTuned => (peers::install("rotel").await?, &["version"]),
            Self::Otelcol => (peers::install("otelcol").await?, &["--version"]),
        };
        let said = peers::version(&binary, arguments).await?;
        let version = match self {
            Self::Rotel | Self::RotelTuned => format!("rotel {said}"),
            Self::Ordertrace | Self::Otelcol => said,
        };
        Ok(Installed { collector: self, version, binary })
    }
}

impl Installed {
    /// Makes the schema, if that is not the collector's own business, and starts it. `folder` gets its files.
    pub(crate) async fn start(&self, database: &Database, folder: &Path) -> anyhow::Result<Running> {
        self.start_with(database, folder, None).await
    }

    /// The same; ours with these settings, which then evaluates.
    pub(crate) async fn start_with(
        &self,
        database: &Database,
        folder: &Path,
        settings: Option<&str>,
    ) -> anyhow::Result<Running> {
        let receiver = Receiver { grpc: free_port()?, http: free_port()? };
        let mut command = Command::new(&self.binary);
        let mut api = None;
        match self.collector {
            Collector::Ordertrace => {
                api = Some(ordertrace(&mut command, database, receiver)?);
                // Detection costs by orders, not by spans, and none of the peers has it.
                command.args(["--detection", if settings.is_some() { "true" } else { "false" }]);
                if let Some(settings) = settings {
                    let path = folder.join("collector.yaml");
                    std::fs::write(&path, settings)?;
                    command.arg("--config").arg(path);
                }
            }
            Collector::Rotel => rotel(&mut command, database, receiver).await?,
            Collector::RotelTuned => {
                rotel(&mut command, database, receiver).await?;
                command.args(["--batch-max-size", "50000", "--batch-timeout", "1s"]);
                command.args(["--clickhouse-exporter-async-insert", "false"]);
            }
            Collector::Otelcol => {
                let path = folder.join("otelcol.yaml");
                std::fs::write(&path, otelcol(database, receiver))?;
                command.arg("--config").arg(path);
            }
        }
        let program = Program::start(self.collector.name(), command, folder, receiver.grpc).await?;
        if let Some(api) = &api {
            let ready = wait_ready(&format!("{api}{}", ordertrace_api::routes::READYZ)).await;
            ready.with_context(|| program.said())?;
        }
        Ok(Running { program, receiver, api })
    }
}

/// Where its HTTP API answers.
fn ordertrace(command: &mut Command, database: &Database, receiver: Receiver) -> anyhow::Result<String> {
    let api = free_port()?;
    let endpoint = database.endpoint();
    command
        .args(["--otlp-grpc", &receiver.grpc.to_string()])
        .args(["--otlp-http", &receiver.http.to_string()])
        .args(["--api", &api.to_string()])
        .args(["--clickhouse-url", &endpoint.url, "--clickhouse-user", &endpoint.user])
        .env("ORDERTRACE_CLICKHOUSE_PASSWORD", &endpoint.password);
    Ok(format!("http://{api}"))
}

async fn rotel(command: &mut Command, database: &Database, receiver: Receiver) -> anyhow::Result<()> {
    database.run(include_str!("../peers/otel_traces.sql")).await?;
    let endpoint = database.endpoint();
    command
        .args(["start", "--otlp-grpc-endpoint", &receiver.grpc.to_string()])
        .args(["--otlp-http-endpoint", &receiver.http.to_string()])
        .args(["--otlp-grpc-max-recv-msg-size-mib", LARGEST_REQUEST_MIB])
        .args(["--exporter", "clickhouse", "--clickhouse-exporter-endpoint", &endpoint.url])
        .args(["--clickhouse-exporter-user", &endpoint.user])
        .env("ROTEL_CLICKHOUSE_EXPORTER_PASSWORD", &endpoint.password);
    Ok(())
}

/// As its README recommends: batches in the exporter's queue, the native protocol. It makes its own schema.
fn otelcol(database: &Database, receiver: Receiver) -> String {
    let endpoint = database.endpoint();
    let (user, password, tcp_port) = (&endpoint.user, &endpoint.password, endpoint.tcp_port);
    let Receiver { grpc, http } = receiver;
    format!(
        "receivers:
  otlp:
    protocols:
      grpc: {{endpoint: '{grpc}', max_recv_msg_size_mib: {LARGEST_REQUEST_MIB}}}
      http: {{endpoint: '{http}'}}
exporters:
  clickhouse:
    endpoint: tcp://127.0.0.1:{tcp_port}
    username: '{user}'
    password: '{password}'
    database: otel
    timeout: 60s
    sending_queue:
      sizer: items
      queue_size: 400000
      block_on_overflow: true
      batch: {{min_size: 50000, max_size: 50000, flush_timeout: 1s}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    traces: {{receivers: [otlp], exporters: [clickhouse]}}
"
    )
}

async fn wait_ready(url: &str) -> anyhow::Result<()> {
    let client = Client::new();
    let deadline = Instant::now() + READY_TIMEOUT;
    loop {
        let answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
        match answer {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() >= deadline => return Err(error).context("it never became ready"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
