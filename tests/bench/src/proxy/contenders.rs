use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::envoy;
use crate::agents;
use crate::load::Compression;
use crate::peers;
use crate::process::{Program, free_port};

/// What stands between caller and upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contender {
    Ordertrace,
    Envoy,
    Direct,
}

/// A contender whose binary is there.
#[derive(Debug)]
pub(super) struct Installed {
    pub(super) contender: Contender,
    pub(super) version: String,
    binary: PathBuf,
}

impl Contender {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ordertrace => "ordertrace",
            Self::Envoy => "envoy",
            Self::Direct => "direct",
        }
    }

    /// Builds or installs it. `ours`: an agent to take instead of the one built here.
    pub(super) async fn install(self, ours: Option<&Path>) -> anyhow::Result<Installed> {
        let binary = match self {
            Self::Ordertrace => agents::ours_or_built(ours).await?,
            Self::Envoy => peers::install("envoy").await?,
            Self::Direct => return Ok(Installed { contender: self, version: String::new(), binary: PathBuf::new() }),
        };
        let version = peers::version(&binary, &["--version"]).await?;
        // Envoy says its path first.
        let version = version.replace(&binary.display().to_string(), "envoy");
        Ok(Installed { contender: self, version, binary })
    }
}

impl Installed {
    /// Starts it before `upstream`, and where it listens; none when there is nothing to start.
    pub(super) async fn start(
        &self,
        folder: &Path,
        upstream: SocketAddr,
        sink: SocketAddr,
    ) -> anyhow::Result<Option<(Program, SocketAddr)>> {
        let listens = free_port()?;
        let program = match self.contender {
            Contender::Direct => return Ok(None),
            Contender::Ordertrace => {
                let settings = format!(
                    "routes: [{{name: storefront-to-payments, from: storefront, to: payments, \
                     listen: '{listens}', upstream: 'http://{upstream}'}}]\n"
                );
                agents::start_ours(&self.binary, folder, sink, Compression::None, &settings, listens).await?
            }
            Contender::Envoy => {
                let path = folder.join("envoy.yaml");
                std::fs::write(&path, envoy::configuration(listens, upstream, sink))?;
                let mut command = Command::new(&self.binary);
                command.arg("--config-path").arg(path).args(["--log-level", "warning", "--disable-hot-restart"]);
                Program::start("envoy", command, folder, listens).await?
            }
        };
        Ok(Some((program, listens)))
    }
}
