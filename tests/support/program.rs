use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::Context;
use serde::Deserialize;

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"))
}

/// How Cargo builds: a profile of Cargo.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// As tests are built.
    Dev,
    /// Optimised.
    Release,
    /// As the agent is shipped.
    Slim,
}

impl Profile {
    /// That with which this was compiled.
    pub fn of_this_program() -> Self {
        if cfg!(debug_assertions) { Self::Dev } else { Self::Release }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
            Self::Slim => "slim",
        }
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
    BINARY.get_or_init(|| build("ordertrace", Profile::Dev).unwrap_or_else(|error| panic!("{error:#}")))
}

/// What Cargo tells a program that it runs of the package that the program is of. Build scripts that look at it
/// (ring's does) would run again, and all that hangs on them be compiled again, each time that Cargo is asked from within.
const OF_PACKAGE: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];

/// Has Cargo build the binary of a package of the workspace, which bears its name; its path.
///
/// # Errors
/// When it cannot be built; what the compiler says goes to standard error.
pub fn build(package: &str, profile: Profile) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--profile", profile.name(), "--message-format", "json"]);
    cargo.args(["--package", package, "--bin", package]);
    let of_package = std::env::vars_os().map(|(name, _)| name);
    for name in of_package.filter(|name| OF_PACKAGE.iter().any(|of| name.to_string_lossy().starts_with(of))) {
        cargo.env_remove(name);
    }
    let build = cargo.current_dir(workspace()).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let build = build.context("cargo does not run")?;
    let messages = String::from_utf8_lossy(&build.stdout);
    let built = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let executable = built.filter_map(|message| message.executable).next_back().filter(|_| build.status.success());
    executable.with_context(|| format!("{package} was not built"))
}

#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}
