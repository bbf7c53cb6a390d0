//! A small disk that can be filled: a tmpfs in a mount namespace of its own.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout, Command};

/// Its size.
const SIZE: &str = "48m";

/// Mounts it, says so, and holds it until standard input closes.
const HOLD: &str = r#"mount -t tmpfs -o "size=$2,mode=0700" tmpfs "$1" && echo mounted && exec cat"#;

/// A disk of its own. Gone with everything on it when dropped.
pub(crate) struct SmallDisk {
    path: PathBuf,
    // The namespace lives as long as this process.
    _holder: Child,
    _says: ChildStdout,
}

impl SmallDisk {
    /// Mounts one at the folder `at`, which only its path shows.
    pub(crate) async fn mount(at: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(at).with_context(|| format!("cannot make {}", at.display()))?;
        let remedy = "the fault of a full disk needs a tmpfs in a user and mount namespace: install util-linux and \
            allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, \
            kernel.apparmor_restrict_unprivileged_userns=0), or run this as root in a container with CAP_SYS_ADMIN";
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", HOLD, "sh"])
            .arg(at)
            .arg(SIZE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context(remedy)?;
        let pid = holder.id().context(remedy)?;
        let mut says = holder.stdout.take().context("no standard output")?;
        let mut word = [0; 8];
        says.read_exact(&mut word).await.context(remedy)?;
        let inside = at.strip_prefix("/").with_context(|| format!("{} is not absolute", at.display()))?;
        let path = Path::new("/proc").join(pid.to_string()).join("root").join(inside);
        Ok(Self { path, _holder: holder, _says: says })
    }

    /// Where it is, for every process of this user.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Copies the files of one of its folders to another place, where they stay.
    pub(super) fn save(&self, folder: &str, to: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(self.path.join(folder))? {
            let entry = entry?;
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }

    /// Leaves no room on it.
    pub(crate) fn fill(&self) -> anyhow::Result<()> {
        let path = self.ballast();
        let mut file = File::create(&path).with_context(|| path.display().to_string())?;
        let zeros = [0; 64 * 1024];
        loop {
            match file.write(&zeros) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error).with_context(|| path.display().to_string()),
            }
        }
    }

    /// Gives the room back.
    pub(crate) fn relieve(&self) -> anyhow::Result<()> {
        let path = self.ballast();
        std::fs::remove_file(&path).with_context(|| path.display().to_string())
    }
}
