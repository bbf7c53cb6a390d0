//! Our own programs, as Cargo builds them to be shipped.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use serde::Deserialize;
use tokio::process::Command;

#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}

/// The binary of a package of the workspace, by a profile of Cargo.toml; when nothing changed that takes a moment.
pub(crate) async fn build(package: &str, profile: &str) -> anyhow::Result<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--profile", profile, "--locked", "--package", package, "--bin", package])
        .args(["--message-format", "json"])
        .current_dir(&workspace)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("cargo does not run")?;
    anyhow::ensure!(output.status.success(), "{package} cannot be built");
    let messages = String::from_utf8_lossy(&output.stdout);
    let built = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    built.filter_map(|message| message.executable).next_back().with_context(|| format!("no binary of {package}"))
}
