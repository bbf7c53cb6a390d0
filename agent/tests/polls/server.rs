//! Database servers of the test's own, below a directory of its own, which end with it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Installs what these tests start.
const INSTALL: &str = "agent/tests/polls/install-databases";
/// Database servers refuse to run as root; this user, who owns nothing, will do.
const USER: &str = "nobody";

/// A program of a database, wherever the distribution puts it.
pub(crate) fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folders.chain(std::env::split_paths(&path)).chain(["/usr/sbin".into(), "/usr/bin".into()]);
    let mut found = folders.map(|folder| folder.join(name)).filter(|program| program.is_file());
    found.next().unwrap_or_else(|| panic!("{name} is not installed: run {INSTALL} (needs root and apt)"))
}

/// A directory that the servers' user may use.
pub(crate) fn folder() -> TempDir {
    let dir = TempDir::new().unwrap();
    std::fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
    dir
}

/// `program`, as a user that is not root.
pub(crate) fn command(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", "nogroup", "--clear-groups"]).arg(program);
    command
}

/// Runs to its end; what it said is shown when it failed.
pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; {INSTALL} installs it"));
    let said = String::from_utf8_lossy(&output.stderr);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{shown}\n{said}\n({INSTALL} installs what it needs)",
        output.status
    );
}

/// A running server.
pub(crate) struct Server(Child);

impl Server {
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Panics with its log when it has ended.
    pub(crate) fn assert_runs(&mut self, log: &Path) {
        if let Some(status) = self.0.try_wait().unwrap() {
            panic!("the server ended early, {status}:\n{}", std::fs::read_to_string(log).unwrap_or_default());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGQUIT: both servers leave their children behind after SIGKILL.
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
        }
        let _ = self.0.wait();
    }
}
