//! Segments on disk: their names, and what failed on which file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::SpoolError;
use super::files::Files;

const SEGMENT: &str = "seg";
/// Numbers stay below, so that sums of them cannot overflow.
pub(super) const SEQUENCE_LIMIT: u64 = 1 << 62;

/// The spool's directory.
#[derive(Debug)]
pub(super) struct Disk<F> {
    pub(super) files: F,
    dir: PathBuf,
}

/// A segment that is being written.
#[derive(Debug)]
pub(super) struct SegmentFile<F: Files> {
    file: F::File,
    name: String,
}

impl<F: Files> Disk<F> {
    pub(super) fn new(files: F, dir: &Path) -> Self {
        Self { files, dir: dir.to_owned() }
    }

    /// First sequence numbers and lengths of all segments, oldest first. Other files are none
    /// of the spool's business.
    pub(super) fn segments(&self) -> Result<Vec<(u64, u64)>, SpoolError> {
        let files = self.files.list().map_err(|source| SpoolError::io("list", &self.dir, source))?;
        let numbered = files.into_iter().filter_map(|(name, length)| {
            let first: u64 = name.strip_suffix(SEGMENT)?.strip_suffix('.')?.parse().ok()?;
            (first < SEQUENCE_LIMIT && name == segment_name(first)).then_some((first, length))
        });
        let mut segments: Vec<_> = numbered.collect();
        segments.sort_unstable();
        Ok(segments)
    }

    /// A new, empty segment whose name is on disk when this returns.
    pub(super) fn create(&self, first: u64) -> Result<SegmentFile<F>, SpoolError> {
        let name = segment_name(first);
        // A file of that name holds no record, else its first number would be taken.
        let file = self.files.open(&name, true).map_err(|source| self.error("create", &name, source))?;
        self.sync_names()?;
        Ok(SegmentFile { file, name })
    }

    pub(super) fn append(&self, to: &mut SegmentFile<F>, offset: u64, bytes: &[u8]) -> Result<(), SpoolError> {
        let written = self.files.write(&mut to.file, offset, bytes);
        written.map_err(|source| self.error("write", &to.name, source))?;
        self.files.sync(&to.file).map_err(|source| self.error("sync", &to.name, source))
    }

    /// What is read of a segment after this is on disk.
    pub(super) fn refresh(&self, first: u64) -> Result<(), SpoolError> {
        let name = segment_name(first);
        self.files.refresh(&name).map_err(|source| self.error("sync", &name, source))
    }

    /// Takes back what a failed write may have left behind `length`.
    pub(super) fn cut(&self, file: &mut SegmentFile<F>, length: u64) -> Result<(), SpoolError> {
        let cut = self.files.cut(&mut file.file, length).and_then(|()| self.files.sync(&file.file));
        cut.map_err(|source| self.error("truncate", &file.name, source))
    }

    /// Up to `length` bytes of a segment from `offset`; fewer at its end.
    pub(super) fn read(&self, first: u64, offset: u64, length: u64) -> Result<Vec<u8>, SpoolError> {
        let name = segment_name(first);
        self.files.read(&name, offset, length).map_err(|source| self.error("read", &name, source))
    }

    /// Removes a segment; one that is not there is removed already.
    pub(super) fn remove(&self, first: u64) -> Result<(), SpoolError> {
        let name = segment_name(first);
        match self.files.remove(&name) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(self.error("remove", &name, source)),
            _ => Ok(()),
        }
    }

    pub(super) fn sync_names(&self) -> Result<(), SpoolError> {
        self.files.sync_names().map_err(|source| SpoolError::io("sync", &self.dir, source))
    }

    pub(super) fn error(&self, action: &'static str, name: &str, source: std::io::Error) -> SpoolError {
        SpoolError::io(action, &self.dir.join(name), source)
    }
}

fn segment_name(first: u64) -> String {
    format!("{first:020}.{SEGMENT}")
}
