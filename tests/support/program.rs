use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"))
}

/// The `ordertrace` binary of this build. Cargo builds binaries for the tests of their own
/// package only, so it is asked here; when nothing changed that takes a moment.
///
/// # Panics
/// When it cannot be built.
#[expect(clippy::panic, clippy::expect_used, reason = "a test without the program under test cannot go on")]
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let build = Command::new(env!("CARGO"))
            .args(["build", "--package", "ordertrace", "--bin", "ordertrace", "--message-format", "json"])
            .current_dir(workspace())
            .output()
            .expect("cargo runs");
        let messages = String::from_utf8_lossy(&build.stdout);
        let built = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
        let executable = built.filter_map(|message| message.executable).next_back();
        executable.unwrap_or_else(|| panic!("ordertrace was not built: {}", String::from_utf8_lossy(&build.stderr)))
    })
}

#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}
