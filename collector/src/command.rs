//! `ordertrace collector` and `ordertrace up`: the collector as a command.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::engine::progress;
use crate::service::Collector;
use crate::settings::Settings;

/// Settings that may be given on the command line or in the environment; they win over the
/// configuration file.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CollectorArgs {
    /// Configuration file
    #[arg(short, long, value_name = "FILE", env = "ORDERTRACE_COLLECTOR_CONFIG")]
    pub config: Option<PathBuf>,
    /// Address of the OTLP/gRPC receiver [default: 127.0.0.1:4317]
    #[arg(long, value_name = "ADDRESS", env = "ORDERTRACE_OTLP_GRPC")]
    pub otlp_grpc: Option<SocketAddr>,
    /// Address of the OTLP/HTTP receiver [default: 127.0.0.1:4318]
    #[arg(long, value_name = "ADDRESS", env = "ORDERTRACE_OTLP_HTTP")]
    pub otlp_http: Option<SocketAddr>,
    /// Address of the HTTP API [default: 127.0.0.1:4320]
    #[arg(long, value_name = "ADDRESS", env = "ORDERTRACE_API")]
    pub api: Option<SocketAddr>,
    /// A ClickHouse server to use instead of an embedded one
    #[arg(long, value_name = "URL", env = "ORDERTRACE_CLICKHOUSE_URL")]
    pub clickhouse_url: Option<String>,
    /// ClickHouse user [default: default]
    #[arg(long, value_name = "NAME", env = "ORDERTRACE_CLICKHOUSE_USER")]
    pub clickhouse_user: Option<String>,
    /// ClickHouse password
    #[arg(long, value_name = "PASSWORD", env = "ORDERTRACE_CLICKHOUSE_PASSWORD", hide_env_values = true)]
    pub clickhouse_password: Option<String>,
    /// PEM file of certificate authorities to trust beside the public ones
    #[arg(long, value_name = "FILE", env = "ORDERTRACE_CLICKHOUSE_CA_FILE")]
    pub clickhouse_ca_file: Option<PathBuf>,
    /// Whether this collector looks for findings [default: true]
    #[arg(long, value_name = "BOOL", env = "ORDERTRACE_DETECTION")]
    pub detection: Option<bool>,
    /// Where the embedded ClickHouse keeps its data [default: ordertrace under the XDG data home]
    #[arg(long, value_name = "FOLDER", env = "ORDERTRACE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

impl CollectorArgs {
    /// The settings of the file, or the defaults, with what was given here on top.
    ///
    /// # Errors
    /// When the file cannot be used or the settings contradict each other.
    pub fn settings(self) -> anyhow::Result<Settings> {
        let mut settings = match &self.config {
            Some(path) => Settings::load(path)?,
            None => Settings::default(),
        };
        settings.otlp_grpc = self.otlp_grpc.unwrap_or(settings.otlp_grpc);
        settings.otlp_http = self.otlp_http.unwrap_or(settings.otlp_http);
        settings.api = self.api.unwrap_or(settings.api);
        let clickhouse = &mut settings.clickhouse;
        clickhouse.url = self.clickhouse_url.or(clickhouse.url.take());
        clickhouse.user = self.clickhouse_user.unwrap_or(std::mem::take(&mut clickhouse.user));
        clickhouse.password = self.clickhouse_password.unwrap_or(std::mem::take(&mut clickhouse.password));
        clickhouse.ca_file = self.clickhouse_ca_file.or(clickhouse.ca_file.take());
        clickhouse.embedded.data_dir = self.data_dir.or(clickhouse.embedded.data_dir.take());
        settings.detection.enabled = self.detection.unwrap_or(settings.detection.enabled);
        settings.check()?;
        Ok(settings)
    }
}

/// Runs the collector until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start, or one of its parts ends before it is told to.
pub async fn run(args: CollectorArgs) -> anyhow::Result<()> {
    let settings = args.settings()?;
    // Before anything is counted.
    let _metrics = ordertrace_telemetry::export_metrics("ordertrace-collector")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let starting = async {
        let collector = Collector::start(settings, progress::automatic().as_ref()).await?;
        anyhow::Ok(collector)
    };
    let collector = tokio::select! {
        collector = starting => collector?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    tracing::info!(
        otlp_grpc = %collector.otlp_grpc(),
        otlp_http = %collector.otlp_http(),
        api = %collector.api(),
        clickhouse = collector.clickhouse_url(),
        "collector ready"
    );
    let failed = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        part = collector.part_ended() => Some(part),
    };
    collector.stop().await;
    match failed {
        Some(part) => anyhow::bail!("{part} ended unexpectedly; see the log"),
        None => Ok(()),
    }
}
