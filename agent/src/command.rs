//! The `agent` command: `ordertrace-agent -c FILE` and `ordertrace agent -c FILE`.

use std::path::PathBuf;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::agent::Agent;
use crate::config::{Config, apply_overrides};

/// Arguments of the command.
#[derive(Clone, Debug, clap::Args)]
pub struct AgentArgs {
    /// Configuration file (YAML); without one, defaults and the environment count.
    #[arg(short, long, value_name = "FILE", env = "ORDERTRACE_AGENT_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Runs an agent until SIGTERM or SIGINT, then stops it in order.
///
/// # Errors
/// When the configuration cannot be used or the agent cannot start.
pub async fn run(args: AgentArgs) -> anyhow::Result<()> {
    let mut config: Config = match &args.config {
        Some(path) => ordertrace_config::load(path)?,
        None => Config::default(),
    };
    apply_overrides(&mut config, |name| std::env::var(name).ok())?;
    // Before anything listens, so that no signal falls between.
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let routes: Vec<String> = config.routes.iter().map(|route| route.name.clone()).collect();
    let agent = Agent::start(config).await?;
    for name in routes {
        tracing::info!(route = name, address = agent.route_addr(&name).map(tracing::field::display), "route listens");
    }
    for (what, address) in [
        ("OTLP/gRPC", agent.receiver_grpc_addr()),
        ("OTLP/HTTP", agent.receiver_http_addr()),
        ("metrics", agent.metrics_addr()),
    ] {
        if let Some(address) = address {
            tracing::info!(%address, "{what} listens");
        }
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    agent.stop().await;
    Ok(())
}
