//! Peers and the scripts that install them, `peers/NAME`: pinned versions, checked, into a cache folder.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use tokio::process::Command;

/// Runs the install script of a peer, which prints the path of the binary.
pub(crate) async fn install(name: &str) -> anyhow::Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name);
    let output = Command::new(&script)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .with_context(|| format!("{} does not run", script.display()))?;
    anyhow::ensure!(output.status.success(), "{} failed with {}", script.display(), output.status);
    let path =
        String::from_utf8(output.stdout).with_context(|| format!("the path that {} prints", script.display()))?;
    Ok(PathBuf::from(path.trim_end()))
}

/// What a program says of its version: its output for `arguments`, in one line.
pub(crate) async fn version(program: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .with_context(|| format!("{} does not run", program.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" "))
}
