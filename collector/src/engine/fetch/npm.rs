//! `npm pack` of one package, watched.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::super::output::Tail;
use super::super::package::Package;
use super::super::progress::{Advance, Progress, Step};
use super::FetchError;

/// How often the growing download is looked at.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// Runs npm in `workplace` and returns the packed file it brought.
pub(super) async fn pack(
    npm: &Path,
    package: &Package,
    workplace: &Path,
    deadline: Instant,
    progress: &dyn Progress,
) -> Result<PathBuf, FetchError> {
    let mut child = spawn(npm, package, workplace)?;
    let tail = Tail::default();
    let reader = child.stderr.take().map(|stderr| tail.clone().follow(stderr, is_telling));
    let ended = watch(&mut child, package, workplace, deadline, progress).await;
    if let Some(reader) = reader {
        reader.finish().await;
    }
    let failed = |outcome: String| FetchError::Npm { spec: package.spec(), outcome, output: tail.text() };
    match ended {
        Err(source) => Err(FetchError::NpmRun { npm: npm.to_owned(), source }),
        Ok(None) => Err(failed("took too long and was stopped".to_owned())),
        Ok(Some(status)) if !status.success() => Err(failed(format!("failed with {status}"))),
        Ok(Some(_)) => match packed_file(workplace) {
            Ok(Some(path)) => Ok(path),
            Ok(None) => Err(failed("brought no .tgz file".to_owned())),
            Err(source) => Err(FetchError::Cache { action: "read", path: workplace.to_owned(), source }),
        },
    }
}

fn spawn(npm: &Path, package: &Package, workplace: &Path) -> Result<Child, FetchError> {
    let cache = workplace.join("npm-cache");
    Command::new(npm)
        .arg("pack")
        .arg(package.spec())
        .arg("--pack-destination")
        .arg(workplace)
        // npm streams the download into its cache: a cache of our own can be watched growing, and goes with the folder.
        .arg("--cache")
        .arg(cache)
        .args(["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"])
        .current_dir(workplace)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => FetchError::NpmMissing { npm: npm.to_owned() },
            _ => FetchError::NpmRun { npm: npm.to_owned(), source },
        })
}

/// Waits for npm, telling how far it is; None when it was stopped at the deadline.
async fn watch(
    child: &mut Child,
    package: &Package,
    workplace: &Path,
    deadline: Instant,
    progress: &dyn Progress,
) -> io::Result<Option<std::process::ExitStatus>> {
    let total_bytes = package.packed_bytes;
    loop {
        let folder = workplace.to_owned();
        let size = tokio::task::spawn_blocking(move || folder_bytes(&folder)).await.unwrap_or(0);
        progress.advance(Advance { step: Step::Download, done_bytes: size.min(total_bytes), total_bytes });
        tokio::select! {
            status = child.wait() => return status.map(Some),
            () = tokio::time::sleep_until(deadline) => {
                child.kill().await?;
                return Ok(None);
            }
            () = tokio::time::sleep(WATCH_INTERVAL) => {}
        }
    }
}

/// Bytes of all files below a folder. Files come and go meanwhile: what cannot be read counts nothing.
fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => folder_bytes(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

fn packed_file(folder: &Path) -> io::Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tgz") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// npm's warnings speak of its configuration and not of a failure.
fn is_telling(line: &str) -> bool {
    !line.to_ascii_lowercase().starts_with("npm warn")
}
