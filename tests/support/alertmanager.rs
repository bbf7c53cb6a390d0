use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;

use crate::collector::http_client;
use crate::free_ports;

const PROGRAM: &str = "prometheus-alertmanager";

/// Installs it.
const INSTALL: &str = "tests/end_to_end/install-alertmanager";

/// Long enough for a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// Debian's Prometheus Alertmanager in a folder of its own; gone when dropped.
pub struct Alertmanager {
    /// Its URL.
    pub url: String,
    http: reqwest::Client,
    child: Child,
    folder: tempfile::TempDir,
}

impl Alertmanager {
    /// Starts it on a free port, telling all at once whoever listens at `webhook`, and waits until it is ready.
    ///
    /// # Errors
    /// When it is not installed, or does not become ready.
    pub async fn start(webhook: &str) -> anyhow::Result<Self> {
        let program = installed()?;
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("alertmanager.yml");
        std::fs::write(
            &config,
            format!(
                "route: {{receiver: test, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}\n\
                 receivers: [{{name: test, webhook_configs: [{{url: '{webhook}', send_resolved: true}}]}}]\n"
            ),
        )?;
        let [address] = free_ports()?;
        let child = Command::new(&program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.path().display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("log"))?)
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let alertmanager = Self { url: format!("http://{address}"), http: http_client(), child, folder };
        let ready = format!("{}/-/ready", alertmanager.url);
        let began = Instant::now();
        while !alertmanager.http.get(&ready).send().await.is_ok_and(|reply| reply.status().is_success()) {
            if began.elapsed() > PATIENCE {
                let log = std::fs::read_to_string(alertmanager.folder.path().join("log"))?;
                anyhow::bail!("Alertmanager is not ready:\n{log}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(alertmanager)
    }

    /// What it says of a path of its API.
    ///
    /// # Errors
    /// When it does not answer with JSON.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let reply = self.http.get(format!("{}/api/v2/{path}", self.url)).send().await?;
        Ok(serde_json::from_slice(&reply.bytes().await?)?)
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, which the script installs.
fn installed() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).chain([PathBuf::from("/usr/bin")]);
    let found = places.find_map(|folder| Some(folder.join(PROGRAM)).filter(|program| program.is_file()));
    found.with_context(|| format!("{PROGRAM} is not installed: run {INSTALL} (needs root and apt)"))
}
