use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::Context;
use serde::Deserialize;

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"))
}

/// How Cargo builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// As tests are built.
    Dev,
    /// Optimised.
    Release,
}

impl Profile {
    /// That with which this was compiled.
    pub fn of_this_program() -> Self {
        if cfg!(debug_assertions) { Self::Dev } else { Self::Release }
    }
}

/// The `ordertrace` binary of this build. Cargo builds binaries for the tests of their own
/// package only, so it is asked here; when nothing changed that takes a moment.
///
/// # Panics
/// When it cannot be built.
#[expect(clippy::panic, reason = "a test without the program under test cannot go on")]
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| build(Profile::Dev).unwrap_or_else(|error| panic!("{error:#}")))
}

/// Has Cargo build the `ordertrace` binary; its path.
///
/// # Errors
/// When it cannot be built, with what the compiler said.
pub fn build(profile: Profile) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "ordertrace", "--bin", "ordertrace", "--message-format", "json"]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    let build = cargo.current_dir(workspace()).output().context("cargo does not run")?;
    let messages = String::from_utf8_lossy(&build.stdout);
    let built = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let executable = built.filter_map(|message| message.executable).next_back();
    executable.with_context(|| format!("ordertrace was not built: {}", String::from_utf8_lossy(&build.stderr)))
}

#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}
