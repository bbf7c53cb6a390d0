//! The file operations that the spool asks of an operating system, and the real one's.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::SpoolError;

const LOCK: &str = "lock";

/// Files of one directory, by name. Tests put a model here that forgets, at a crash,
/// everything that POSIX does not promise to keep.
pub(super) trait Files: Debug + Send + Sync + 'static {
    /// An open file.
    type File: Debug + Send;

    /// Names and lengths of the regular files.
    fn list(&self) -> io::Result<Vec<(String, u64)>>;
    /// Opens a file for writing, made if missing; `empty` takes away what is in it.
    fn open(&self, name: &str, empty: bool) -> io::Result<Self::File>;
    /// Writes at `offset`; after an error any part of it may have been written.
    fn write(&self, file: &mut Self::File, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// The file's contents are on disk when this returns.
    fn sync(&self, file: &Self::File) -> io::Result<()>;
    /// Syncs a file, and reads it from the disk from now on, as far as the system can: after
    /// a failed sync its memory shows what the disk never got.
    fn refresh(&self, name: &str) -> io::Result<()>;
    /// Shortens a file.
    fn cut(&self, file: &mut Self::File, length: u64) -> io::Result<()>;
    /// Up to `length` bytes from `offset`; fewer at the file's end.
    fn read(&self, name: &str, offset: u64, length: u64) -> io::Result<Vec<u8>>;
    /// Takes a name away.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Names made and taken away before are so on disk when this returns.
    fn sync_names(&self) -> io::Result<()>;
}

/// A directory of the operating system, locked while this lives.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    pub(super) fn open(path: &Path) -> Result<Self, SpoolError> {
        std::fs::create_dir_all(path).map_err(|source| SpoolError::io("create", path, source))?;
        let lock_path = path.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(|source| SpoolError::io("create", &lock_path, source))?;
        match rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(SpoolError::InUse { dir: path.to_owned() }),
            Err(errno) => Err(SpoolError::io("lock", &lock_path, errno.into())),
        }
    }
}

impl Files for Directory {
    type File = File;

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if let (true, Ok(name)) = (metadata.is_file(), entry.file_name().into_string()) {
                files.push((name, metadata.len()));
            }
        }
        Ok(files)
    }

    fn open(&self, name: &str, empty: bool) -> io::Result<File> {
        OpenOptions::new().create(true).truncate(empty).write(true).open(self.path.join(name))
    }

    fn write(&self, file: &mut File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn refresh(&self, name: &str) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(self.path.join(name))?;
        file.sync_data()?;
        #[cfg(target_os = "linux")]
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        Ok(())
    }

    fn cut(&self, file: &mut File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn read(&self, name: &str, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.path.join(name))?;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(offset))?;
        file.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}
