//! One engine per data directory.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::EngineError;

/// Most bytes read of what another owner wrote into its lock file.
const OWNER_BYTES: u64 = 200;

/// The right to use a data directory; given back when dropped or when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct DataLock {
    _file: File,
}

impl DataLock {
    /// Creates the data directory when missing and takes its lock.
    pub(super) fn acquire(data_dir: &Path) -> Result<Self, EngineError> {
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| EngineError::DataDir { action, path, source }
        };
        DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(failed("created", data_dir))?;
        let path = data_dir.join("engine.lock");
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true);
        let mut file = options.open(&path).map_err(failed("opened", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(EngineError::DataDirInUse { path: data_dir.to_owned(), owner: owner(&file) });
            }
            Err(TryLockError::Error(source)) => return Err(failed("locked", &path)(source)),
        }
        let record = |file: &mut File| {
            file.set_len(0)?;
            writeln!(file, "process {}", std::process::id())
        };
        record(&mut file).map_err(failed("written", &path))?;
        Ok(Self { _file: file })
    }
}

/// What the owner wrote. It may not have come to that yet.
fn owner(file: &File) -> String {
    let mut text = String::new();
    match file.take(OWNER_BYTES).read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "another process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_refused_with_the_pid_of_the_first_until_it_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("deep/data");
        let first = DataLock::acquire(&data_dir).unwrap();
        let message = DataLock::acquire(&data_dir).unwrap_err().to_string();
        assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
        assert!(message.contains(data_dir.to_str().unwrap()), "{message}");
        drop(first);
        DataLock::acquire(&data_dir).unwrap();
    }
}
