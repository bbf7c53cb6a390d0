//! The agents that are compared: each receives OTLP on loopback and passes it on to a sink.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use ordertrace_tests::{Profile, build};
use tokio::process::Command;

use crate::load::{Compression, Receiver};
use crate::peers;
use crate::process::{Program, free_port};

/// An agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Agent {
    /// ordertrace-agent, through its spool
    Ordertrace,
    /// Rotel with its OTLP exporter
    Rotel,
}

/// An agent whose binary is there.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    pub(crate) agent: Agent,
    pub(crate) version: String,
    binary: PathBuf,
}

impl Agent {
    /// Its name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ordertrace => "ordertrace",
            Self::Rotel => "rotel",
        }
    }

    /// Builds or installs it. `ours`: an agent to take instead of the one built here.
    pub(crate) async fn install(self, ours: Option<&Path>) -> anyhow::Result<Installed> {
        let (binary, version) = match self {
            Self::Ordertrace => {
                let binary = ours_or_built(ours).await?;
                let version = peers::version(&binary, &["--version"]).await?;
                (binary, version)
            }
            Self::Rotel => {
                let binary = peers::install("rotel").await?;
                let version = peers::version(&binary, &["version"]).await?;
                (binary, format!("rotel {version}"))
            }
        };
        Ok(Installed { agent: self, version, binary })
    }
}

/// The ordertrace-agent to measure.
pub(crate) async fn ours_or_built(ours: Option<&Path>) -> anyhow::Result<PathBuf> {
    match ours {
        Some(path) => Ok(path.to_owned()),
        None => tokio::task::spawn_blocking(|| build("ordertrace-agent", Profile::Slim)).await?,
    }
}

/// Starts `ordertrace-agent` with settings (YAML) beside those of its spool and export; `folder` gets its files.
pub(crate) async fn start_ours(
    binary: &Path,
    folder: &Path,
    sink: SocketAddr,
    compression: Compression,
    settings: &str,
    listens: SocketAddr,
) -> anyhow::Result<Program> {
    let path = folder.join("agent.yaml");
    let (spool, compression) = (folder.join("spool"), compression.name());
    let text = format!(
        "spool: {{dir: '{}'}}\nexport: {{endpoint: 'http://{sink}', protocol: grpc, compression: {compression}}}\n{settings}",
        spool.display(),
    );
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    let mut command = Command::new(binary);
    command.arg("--config").arg(path);
    Program::start("ordertrace-agent", command, folder, listens).await
}

impl Installed {
    /// Starts it; `folder` gets its files.
    pub(crate) async fn start(
        &self,
        folder: &Path,
        sink: SocketAddr,
        compression: Compression,
    ) -> anyhow::Result<(Program, Receiver)> {
        let receiver = Receiver { grpc: free_port()?, http: free_port()? };
        let Receiver { grpc, http } = receiver;
        let program = match self.agent {
            Agent::Ordertrace => {
                let settings = format!("receiver: {{grpc: '{grpc}', http: '{http}'}}\n");
                start_ours(&self.binary, folder, sink, compression, &settings, grpc).await?
            }
            Agent::Rotel => {
                let mut command = Command::new(&self.binary);
                command
                    .args(["start", "--otlp-grpc-endpoint", &grpc.to_string()])
                    .args(["--otlp-http-endpoint", &http.to_string()])
                    .args(["--exporter", "otlp", "--otlp-exporter-protocol", "grpc"])
                    .args(["--otlp-exporter-endpoint", &format!("http://{sink}")])
                    .args(["--otlp-exporter-compression", compression.name()]);
                Program::start("rotel", command, folder, grpc).await?
            }
        };
        Ok((program, receiver))
    }
}
