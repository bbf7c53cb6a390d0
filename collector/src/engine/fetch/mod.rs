//! Fetching the library: npm downloads, the hash is compared, the library moves into the cache in one rename.

mod cache;
mod npm;
#[cfg(test)]
mod tests;

pub(super) use cache::Cache;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::Instant;

use super::package::{Package, PackageError};
use super::progress::{Advance, Progress, Step};

/// How often a lock held by another fetching process is tried again.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

/// Why the library could not be fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The cache folder could not be used.
    #[error("the cache at {} could not be {action}; check its permissions and the free space", path.display())]
    Cache {
        /// What was tried: a past participle.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// Another process has been fetching all the time.
    #[error("another process has been fetching into the cache for {waited_s} s; it holds {}", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long it was waited for, in seconds.
        waited_s: u64,
    },
    /// There is no npm.
    #[error("`{}` is not installed", npm.display())]
    NpmMissing {
        /// The program that was looked for.
        npm: PathBuf,
    },
    /// npm could not be run.
    #[error("`{}` could not be run", npm.display())]
    NpmRun {
        /// The program.
        npm: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// npm failed or brought nothing.
    #[error("`npm pack {spec}` {outcome}; it said:\n{output}")]
    Npm {
        /// Name and version of the package.
        spec: String,
        /// How it ended.
        outcome: String,
        /// The last lines of its stderr.
        output: String,
    },
    /// What npm brought is not what was pinned, or could not be unpacked.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The runtime shut down in the middle.
    #[error("unpacking the engine was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
}

/// One fetch of one package into one cache.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) package: &'static Package,
    pub(super) cache: Cache,
    /// The npm program; looked up in PATH when it has no slash.
    pub(super) npm: PathBuf,
    /// Most time for waiting and downloading.
    pub(super) timeout: Duration,
}

impl Fetch {
    /// The path of the library in the cache, fetched unless another process did so while this one waited.
    pub(super) async fn run(&self, progress: &dyn Progress) -> Result<PathBuf, FetchError> {
        let deadline = Instant::now() + self.timeout;
        let lock = self.lock(deadline).await?;
        if self.cache.is_complete() {
            return Ok(self.cache.library_path());
        }
        self.cache.sweep()?;
        let workplace = self.cache.workplace()?;
        let packed = npm::pack(&self.npm, self.package, workplace.path(), deadline, progress).await?;
        self.install(packed, workplace, lock, progress).await
    }

    async fn lock(&self, deadline: Instant) -> Result<File, FetchError> {
        let mut told = false;
        loop {
            if let Some(lock) = self.cache.try_lock()? {
                return Ok(lock);
            }
            if !told {
                tracing::info!(lock = %self.cache.lock_path().display(), "another process is fetching the engine; waiting for it");
                told = true;
            }
            if Instant::now() >= deadline {
                return Err(FetchError::Locked { path: self.cache.lock_path(), waited_s: self.timeout.as_secs() });
            }
            tokio::time::sleep(LOCK_INTERVAL).await;
        }
    }

    /// Verifies, unpacks and moves into place on a blocking thread, which owns folder and lock: both last as long as
    /// the work even when the caller stops waiting.
    async fn install(
        &self,
        packed: PathBuf,
        workplace: TempDir,
        lock: File,
        progress: &dyn Progress,
    ) -> Result<PathBuf, FetchError> {
        let (package, cache) = (self.package, self.cache.clone());
        let begin = Advance { step: Step::Verify, done_bytes: 0, total_bytes: package.packed_bytes };
        let (sender, mut receiver) = watch::channel(begin);
        let work = tokio::task::spawn_blocking(move || {
            let outcome = install(package, &cache, &packed, workplace.path(), &sender);
            // The order matters: the folder goes while the lock is still held.
            drop(workplace);
            drop(lock);
            outcome
        });
        while receiver.changed().await.is_ok() {
            let advance = *receiver.borrow_and_update();
            progress.advance(advance);
        }
        work.await.map_err(FetchError::Interrupted)?
    }
}

fn install(
    package: &Package,
    cache: &Cache,
    packed: &Path,
    workplace: &Path,
    sender: &watch::Sender<Advance>,
) -> Result<PathBuf, FetchError> {
    let report = |advance| {
        sender.send_replace(advance);
    };
    package.verify(packed, report)?;
    let unpacked = workplace.join("libchdb.so");
    package.unpack(packed, &unpacked, report)?;
    cache.adopt(&unpacked)
}
