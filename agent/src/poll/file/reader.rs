//! One visit to all files of a source, on a thread where blocking is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::header::Header;
use super::records::{Cut, Cutter, Format, endless};
use super::{FileError, FileMark, FileSource, Stamp, Step, step};
use crate::clock::now_ns;
use crate::poll::config::FileChange;
use crate::poll::gathering::{Chunk, Gathering};
use crate::poll::report::Left;

/// Most files of one source.
const FILES: usize = 10_000;
/// Bytes that are read at once.
const BLOCK_BYTES: usize = 128 * 1024;
/// Bytes by which a beginning and an end are recognised.
const EDGE_BYTES: u64 = 4096;

/// How far each file was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileMarks(BTreeMap<PathBuf, FileMark>);

impl FileMarks {
    pub(super) fn set(&mut self, path: PathBuf, mark: FileMark) {
        self.0.insert(path, mark);
    }

    /// Forgets files that are gone.
    pub(super) fn keep(&mut self, paths: &BTreeSet<PathBuf>) {
        self.0.retain(|path, _| paths.contains(path));
    }
}

/// What a visit says on its way; in this order, a mark behind the readings up to it.
#[derive(Debug)]
pub(super) enum Message {
    Readings(Chunk),
    Reached(PathBuf, FileMark),
    Present(BTreeSet<PathBuf>),
}

/// One visit.
#[derive(Debug)]
pub(super) struct Visit {
    source: FileSource,
    marks: FileMarks,
    gathering: Gathering,
    messages: mpsc::Sender<Message>,
}

/// What ends a file early.
enum Break {
    /// Something is wrong.
    Error(FileError),
    /// It is being written to.
    Unsettled,
    /// Nobody listens any more.
    Unheard,
}

impl From<FileError> for Break {
    fn from(error: FileError) -> Self {
        Self::Error(error)
    }
}

impl Visit {
    pub(super) fn new(
        source: FileSource,
        marks: FileMarks,
        gathering: Gathering,
        messages: mpsc::Sender<Message>,
    ) -> Self {
        Self { source, marks, gathering, messages }
    }

    /// Reads what is new in every file. A fault in one does not keep the others from being
    /// read; the first is told.
    pub(super) fn run(mut self) -> Result<Left, FileError> {
        let paths = self.present()?;
        let (mut left, mut fault) = (Left::Complete, None);
        for path in &paths {
            let read = self.file(path);
            // What a file gave before it broke off is no part of the next one.
            let rest = self.gathering.take();
            match read {
                Ok(None) => {}
                Ok(Some(reason)) => left = Left::More(reason),
                Err(Break::Unsettled) => {
                    left = Left::More(format!("{} is being written; it is read when that ends", path.display()));
                }
                Err(Break::Error(error)) => {
                    fault.get_or_insert(error);
                }
                Err(Break::Unheard) => return Ok(left),
            }
            drop(rest);
        }
        // Nobody may listen any more; then nobody needs to know.
        let _ = self.messages.blocking_send(Message::Present(paths));
        fault.map_or(Ok(left), Err)
    }

    fn present(&self) -> Result<BTreeSet<PathBuf>, FileError> {
        let pattern = || self.source.path.clone();
        let found = glob::glob(&self.source.path)
            .map_err(|error| FileError::Read { path: pattern().into(), source: std::io::Error::other(error) })?;
        let mut paths = BTreeSet::new();
        for path in found {
            let path = path.map_err(|error| FileError::Read { path: error.path().to_owned(), source: error.into() })?;
            if path.is_file() {
                paths.insert(path);
            }
            if paths.len() > FILES {
                return Err(FileError::TooMany { path: pattern(), limit: FILES });
            }
        }
        if paths.is_empty() && !self.source.may_be_absent {
            return Err(FileError::Absent { path: pattern() });
        }
        Ok(paths)
    }

    /// Reads what is new in one file; says what is left of it, if anything.
    fn file(&mut self, path: &Path) -> Result<Option<String>, Break> {
        let unreadable = |source| FileError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let stamp = stamp(&file).map_err(unreadable)?;
        let mark = self.marks.0.get(path);
        let same = |mark: &FileMark| edges(&file, mark.offset).is_ok_and(|edges| edges == mark.edges);
        let (start, takes_rest) = match (step(mark, &stamp, self.source.change, same), mark) {
            (Step::Skip, _) => return Ok(None),
            (Step::Onward, Some(mark)) => (*mark, false),
            (Step::Rest, Some(mark)) => (*mark, true),
            (Step::Whole | Step::Onward | Step::Rest, _) => (FileMark::default(), false),
        };
        let reached = Reading { path, file: &file, stamp, mark: FileMark { stamp, ..start } }.run(self, takes_rest)?;
        let unread = stamp.length.saturating_sub(reached);
        let is_unended = unread > 0 && self.source.change == FileChange::Replaced;
        Ok(is_unended.then(|| {
            let path = path.display();
            format!("{path}: its last line has no end yet; it is read when the file stays as it is")
        }))
    }

    fn send(&self, message: Message) -> Result<(), Break> {
        self.messages.blocking_send(message).map_err(|_| Break::Unheard)
    }
}

/// One file that is read.
struct Reading<'f> {
    path: &'f Path,
    file: &'f File,
    stamp: Stamp,
    mark: FileMark,
}

impl Reading<'_> {
    /// Reads to the end of its last record; returns where that is.
    fn run(mut self, visit: &mut Visit, takes_rest: bool) -> Result<u64, Break> {
        let format = visit.source.format.clone();
        let header = match &format {
            Format::Csv { .. } => match self.header(&format, visit.gathering.columns())? {
                Some((header, end)) => {
                    if self.mark.offset == 0 {
                        self.mark = end;
                    }
                    Some(header)
                }
                // Not even a header: nothing was read.
                None => return self.finish(visit),
            },
            Format::JsonLines { .. } => None,
        };
        let mut cutter = Cutter::new(&format, self.mark.lines);
        let (mut block, mut at, mut is_end) = (vec![0; BLOCK_BYTES], self.mark.offset, false);
        while !is_end {
            let length = self.file.read_at(&mut block, at).map_err(|source| self.unreadable(source))?;
            let read_at_ns = now_ns();
            is_end = length == 0;
            if is_end && !takes_rest {
                break;
            }
            let mut used = 0;
            // No input means the end to the cutter.
            while used < length || is_end {
                let (cut, more) =
                    cutter.cut(&block[used..length]).ok_or_else(|| endless(self.path, self.mark.lines))?;
                used += more;
                if cut == Cut::More {
                    break;
                }
                let line = self.mark.lines + 1;
                self.record(visit, &format, header.as_ref(), &cutter, line, read_at_ns);
                self.mark.offset = at + used as u64;
                self.mark.lines = cutter.lines();
                if visit.gathering.is_full() {
                    self.send(visit)?;
                }
            }
            at += length as u64;
        }
        self.finish(visit)
    }

    fn record(
        &self,
        visit: &mut Visit,
        format: &Format,
        header: Option<&Header>,
        cutter: &Cutter,
        line: u64,
        read_at_ns: u64,
    ) {
        let place = || format!("{}:{line}", self.path.display());
        let row = match (format, header) {
            (Format::JsonLines { columns }, _) => {
                let line = cutter.fields().next().unwrap_or_default();
                if line.trim_ascii().is_empty() {
                    return;
                }
                let text = std::str::from_utf8(line).map_err(|_| "is not in UTF-8");
                text.and_then(|text| columns.row(text).map_err(|_| "is no JSON object"))
            }
            (Format::Csv { .. }, Some(header)) => header.row(cutter.fields()),
            (Format::Csv { .. }, None) => return,
        };
        match row {
            Ok(row) => visit.gathering.row(&row, read_at_ns, place),
            Err(reason) => visit.gathering.refuse(|| format!("{}: {reason}", place())),
        }
    }

    /// The header, and the mark behind it; none while its line has no end.
    fn header(&self, format: &Format, columns: &[String]) -> Result<Option<(Header, FileMark)>, Break> {
        let mut cutter = Cutter::new(format, 0);
        let (mut block, mut at) = (vec![0; EDGE_BYTES as usize], 0);
        loop {
            let length = self.file.read_at(&mut block, at).map_err(|source| self.unreadable(source))?;
            if length == 0 {
                return Ok(None);
            }
            let (cut, used) = cutter.cut(&block[..length]).ok_or_else(|| endless(self.path, 0))?;
            at += used as u64;
            if cut == Cut::Record {
                let header = Header::new(cutter.fields(), columns, self.path)?;
                return Ok(Some((header, FileMark { offset: at, lines: cutter.lines(), ..self.mark })));
            }
        }
    }

    /// Sends what was gathered, unless it may be half of what is being written.
    fn send(&mut self, visit: &mut Visit) -> Result<(), Break> {
        let is_replaced = visit.source.change == FileChange::Replaced;
        if is_replaced && stamp(self.file).map_err(|source| self.unreadable(source))? != self.stamp {
            return Err(Break::Unsettled);
        }
        let chunk = visit.gathering.take();
        visit.send(Message::Readings(chunk))?;
        if !is_replaced {
            self.reached(visit)?;
        }
        Ok(())
    }

    fn finish(mut self, visit: &mut Visit) -> Result<u64, Break> {
        self.send(visit)?;
        self.reached(visit)?;
        Ok(self.mark.offset)
    }

    fn reached(&mut self, visit: &Visit) -> Result<(), Break> {
        self.mark.edges = edges(self.file, self.mark.offset).map_err(|source| self.unreadable(source))?;
        visit.send(Message::Reached(self.path.to_owned(), self.mark))
    }

    fn unreadable(&self, source: std::io::Error) -> FileError {
        FileError::Read { path: self.path.to_owned(), source }
    }
}

fn stamp(file: &File) -> std::io::Result<Stamp> {
    let metadata = file.metadata()?;
    Ok(Stamp {
        device: metadata.dev(),
        inode: metadata.ino(),
        length: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
    })
}

/// CRC-32 of the first bytes up to `offset` and of the last before it.
fn edges(file: &File, offset: u64) -> std::io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    for start in [0, offset.saturating_sub(EDGE_BYTES)] {
        let mut bytes = Vec::new();
        let mut part = Part { file, at: start }.take(EDGE_BYTES.min(offset - start));
        part.read_to_end(&mut bytes)?;
        hasher.update(&bytes);
    }
    Ok(hasher.finalize())
}

/// Reads from a place in a file and leaves the file's own place alone.
struct Part<'f> {
    file: &'f File,
    at: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.file.read_at(buffer, self.at)?;
        self.at += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use super::*;
    use crate::poll::config::{CsvConfig, example_polls};
    use crate::poll::plan::Plan;
    use crate::poll::record::Origin;

    /// A visit to a file of so many rows, and what it says on its way.
    fn visit(path: &Path, rows: usize) -> (Visit, mpsc::Receiver<Message>) {
        let text: String = (0..rows).map(|row| format!("S{row},{row}\n")).collect();
        std::fs::write(path, format!("SKU,Cents\n{text}")).unwrap();
        let config = example_polls().remove(1);
        let origin = Origin {
            source: "s".to_owned(),
            system: "erp".to_owned(),
            entities: "inventory".to_owned(),
            interval_ms: 1,
            timeout_ms: 1,
        };
        let gathering = Gathering::new(Arc::new(Plan::new(&config).unwrap()), Arc::new(origin));
        let source = FileSource::csv(&CsvConfig::new(path.to_str().unwrap())).unwrap();
        let (sender, messages) = mpsc::channel(1);
        (Visit::new(source, FileMarks::default(), gathering, sender), messages)
    }

    fn chunks(messages: &mut mpsc::Receiver<Message>) -> (usize, bool) {
        let (mut chunks, mut is_reached) = (0, false);
        while let Some(message) = messages.blocking_recv() {
            match message {
                Message::Readings(_) => chunks += 1,
                Message::Reached(..) => is_reached = true,
                Message::Present(_) => {}
            }
        }
        (chunks, is_reached)
    }

    #[test]
    fn a_file_that_is_written_to_meanwhile_is_not_sent_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("prices.csv");
        let (quiet, mut messages) = visit(&path, 5000);
        let reader = std::thread::spawn(|| quiet.run());
        let (all, is_reached) = chunks(&mut messages);
        assert_eq!(reader.join().unwrap().unwrap(), Left::Complete);
        assert!(all >= 10 && is_reached, "{all}");

        let (disturbed, mut messages) = visit(&path, 5000);
        let reader = std::thread::spawn(|| disturbed.run());
        // The channel holds one more, and the reader waits with a third.
        assert!(matches!(messages.blocking_recv(), Some(Message::Readings(_))));
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"X,1\n").unwrap();
        let (more, is_reached) = chunks(&mut messages);
        assert!(more <= 2 && !is_reached, "{more}");
        let left = reader.join().unwrap().unwrap();
        assert!(matches!(&left, Left::More(reason) if reason.contains("being written")), "{left:?}");
    }

    #[test]
    fn a_reader_that_nobody_hears_ends() {
        let dir = tempfile::tempdir().unwrap();
        let (visit, messages) = visit(&dir.path().join("prices.csv"), 5000);
        drop(messages);
        assert_eq!(visit.run().unwrap(), Left::Complete);
    }
}
