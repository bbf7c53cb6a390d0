//! Every file operation of the spool.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::SpoolError;

const SEGMENT: &str = "seg";
const POSITION: &str = "position";
const POSITION_NEXT: &str = "position.new";
const LOCK: &str = "lock";

/// The directory, locked while this lives.
#[derive(Debug)]
pub(super) struct Disk {
    dir: PathBuf,
    _lock: File,
}

/// A segment that is being written.
#[derive(Debug)]
pub(super) struct SegmentFile {
    file: File,
    path: PathBuf,
}

impl Disk {
    pub(super) fn open(dir: &Path) -> Result<Self, SpoolError> {
        std::fs::create_dir_all(dir).map_err(|source| io("create", dir, source))?;
        let path = dir.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| io("create", &path, source))?;
        match rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { dir: dir.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(SpoolError::InUse { dir: dir.to_owned() }),
            Err(errno) => Err(io("lock", &path, errno.into())),
        }
    }

    /// First sequence numbers and lengths of all segments, oldest first.
    pub(super) fn segments(&self) -> Result<Vec<(u64, u64)>, SpoolError> {
        let entries = std::fs::read_dir(&self.dir).map_err(|source| io("list", &self.dir, source))?;
        let mut segments = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| io("list", &self.dir, source))?;
            let path = entry.path();
            let first = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
            if let (Some(first), true) = (first, path.extension().is_some_and(|ext| ext == SEGMENT)) {
                let length = entry.metadata().map_err(|source| io("inspect", &path, source))?.len();
                segments.push((first, length));
            }
        }
        segments.sort_unstable();
        Ok(segments)
    }

    /// A new, empty segment whose name is on disk when this returns.
    pub(super) fn create(&self, first: u64) -> Result<SegmentFile, SpoolError> {
        let path = self.segment_path(first);
        // A file of that name holds no record that is not settled, else its first number
        // would be taken.
        let file = File::create(&path).map_err(|source| io("create", &path, source))?;
        self.sync_dir()?;
        Ok(SegmentFile { file, path })
    }

    pub(super) fn open_segment(&self, first: u64) -> Result<File, SpoolError> {
        let path = self.segment_path(first);
        File::open(&path).map_err(|source| io("open", &path, source))
    }

    /// Up to `length` bytes of a segment from `offset`; fewer at its end.
    pub(super) fn read(&self, first: u64, offset: u64, length: u64) -> Result<Vec<u8>, SpoolError> {
        let path = self.segment_path(first);
        let mut file = self.open_segment(first)?;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.take(length).read_to_end(&mut bytes))
            .map_err(|source| io("read", &path, source))?;
        Ok(bytes)
    }

    pub(super) fn remove(&self, first: u64) -> Result<(), SpoolError> {
        let path = self.segment_path(first);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(io("remove", &path, source)),
            _ => Ok(()),
        }
    }

    pub(super) fn read_position(&self) -> Result<Option<String>, SpoolError> {
        let path = self.dir.join(POSITION);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(io("read", &path, source)),
        }
    }

    /// Replaces the position in one step: after a crash either the old or the new one is there.
    pub(super) fn write_position(&self, text: &str) -> Result<(), SpoolError> {
        let (next, path) = (self.dir.join(POSITION_NEXT), self.dir.join(POSITION));
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&next)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&next, &path)
        };
        write().map_err(|source| io("replace", &path, source))?;
        self.sync_dir()
    }

    fn sync_dir(&self) -> Result<(), SpoolError> {
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(|source| io("sync", &self.dir, source))
    }

    fn segment_path(&self, first: u64) -> PathBuf {
        self.dir.join(format!("{first:020}.{SEGMENT}"))
    }
}

impl SegmentFile {
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        self.file.write_all(bytes).map_err(|source| io("write", &self.path, source))
    }

    pub(super) fn sync(&self) -> Result<(), SpoolError> {
        self.file.sync_data().map_err(|source| io("sync", &self.path, source))
    }

    /// Takes back what a failed write may have left behind `length`.
    pub(super) fn cut(&self, length: u64) -> Result<(), SpoolError> {
        self.file.set_len(length).map_err(|source| io("truncate", &self.path, source))
    }
}

fn io(action: &'static str, path: &Path, source: std::io::Error) -> SpoolError {
    SpoolError::Io { action, path: path.to_owned(), source }
}
