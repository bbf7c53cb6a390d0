//! The cache folder: `<cache>/<version>/libchdb.so`, a marker with its size beside it, and a lock.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::package::Package;
use super::FetchError;

/// What the folders of unfinished fetches are called.
const WORKPLACE_PREFIX: &str = "fetch-";

/// The folder of one version in the cache.
#[derive(Clone, Debug)]
pub(in super::super) struct Cache {
    folder: PathBuf,
    library_bytes: u64,
}

impl Cache {
    pub(in super::super) fn new(cache_dir: &Path, package: &Package) -> Self {
        Self { folder: cache_dir.join(package.version), library_bytes: package.library_bytes }
    }

    pub(in super::super) fn library_path(&self) -> PathBuf {
        self.folder.join("libchdb.so")
    }

    /// Written only after the hash matched; its content is the library's size.
    fn marker_path(&self) -> PathBuf {
        self.folder.join("libchdb.so.verified")
    }

    pub(super) fn lock_path(&self) -> PathBuf {
        self.folder.join("fetch.lock")
    }

    /// Whether a verified library of the right size is there. Hashing 566 MB at every start would cost more than starting.
    pub(in super::super) fn is_complete(&self) -> bool {
        let marked =
            fs::read_to_string(self.marker_path()).is_ok_and(|text| text.trim() == self.library_bytes.to_string());
        marked && fs::metadata(self.library_path()).is_ok_and(|data| data.is_file() && data.len() == self.library_bytes)
    }

    /// The lock, unless another process (or another fetch in this one) has it.
    pub(super) fn try_lock(&self) -> Result<Option<File>, FetchError> {
        fs::create_dir_all(&self.folder).map_err(failed("created", &self.folder))?;
        let path = self.lock_path();
        let file = File::options().create(true).append(true).open(&path).map_err(failed("opened", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed("locked", &path)(source)),
        }
    }

    /// Removes what killed fetches left. Only for who holds the lock.
    pub(super) fn sweep(&self) -> Result<(), FetchError> {
        for entry in fs::read_dir(&self.folder).map_err(failed("read", &self.folder))? {
            let entry = entry.map_err(failed("read", &self.folder))?;
            if entry.file_name().to_string_lossy().starts_with(WORKPLACE_PREFIX) && entry.path().is_dir() {
                fs::remove_dir_all(entry.path()).map_err(failed("removed", &entry.path()))?;
            }
        }
        Ok(())
    }

    /// A folder on the same file system, removed when dropped.
    pub(super) fn workplace(&self) -> Result<TempDir, FetchError> {
        tempfile::Builder::new()
            .prefix(WORKPLACE_PREFIX)
            .tempdir_in(&self.folder)
            .map_err(failed("written", &self.folder))
    }

    /// Moves a verified, unpacked library into place.
    pub(super) fn adopt(&self, unpacked: &Path) -> Result<PathBuf, FetchError> {
        let library = self.library_path();
        let marker = self.marker_path();
        // No marker while a library it does not speak of may be in place.
        match fs::remove_file(&marker) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("removed", &marker)(error)),
            _ => {}
        }
        fs::rename(unpacked, &library).map_err(failed("renamed", &library))?;
        fs::write(&marker, self.library_bytes.to_string()).map_err(failed("written", &marker))?;
        Ok(library)
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FetchError {
    let path = path.to_owned();
    move |source| FetchError::Cache { action, path, source }
}
