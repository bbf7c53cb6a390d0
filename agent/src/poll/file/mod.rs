//! Files as ERPs export them: CSV and JSON lines; written anew, appended to, half written.
//!
//! - A record counts only when its line is ended. The last line of a file that is replaced
//!   counts without an end when the file has not changed from one poll to the next.
//! - What a file that is replaced gave while it was written to is not sent: it may be half
//!   of one export and half of another.
//! - What was read of an appended file is recognised by its beginning and its end; a file
//!   that begins otherwise is another and is read from its start.

mod change;
mod header;
mod reader;
mod records;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};

pub(super) use change::{FileMark, Stamp, Step, step};
pub(super) use reader::FileMarks;
use reader::{Message, Visit};
pub(super) use records::Format;

use super::config::{CsvConfig, FileChange, JsonLinesConfig};
use super::error::PollError;
use super::gathering::{Gathering, Outlet};
use super::json::{JsonColumns, PointerError};
use super::report::Left;
use super::state::Progress;

/// Why files cannot be polled as configured.
#[derive(Debug, thiserror::Error)]
pub enum FileSetupError {
    /// Not a pattern.
    #[error("path {path:?} is no pattern")]
    Pattern {
        /// What was given.
        path: String,
        /// What is wrong with it.
        source: glob::PatternError,
    },
    /// Not a delimiter.
    #[error("delimiter {given:?} cannot separate fields: write one ASCII character that is no quote and no line end")]
    Delimiter {
        /// What was given.
        given: char,
    },
    /// A column that cannot be.
    #[error(transparent)]
    Pointer(#[from] PointerError),
}

/// What went wrong with files. The next poll tries again.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    /// None there.
    #[error("no file is called {path}; if that is in order, set may_be_absent")]
    Absent {
        /// The pattern.
        path: String,
    },
    /// Too many.
    #[error("more than {limit} files are called {path}; write a narrower pattern, or have old exports removed")]
    TooMany {
        /// The pattern.
        path: String,
        /// The limit.
        limit: usize,
    },
    /// A file operation failed.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The header is another than the configured one.
    #[error("{path}: its header has no column {column:?}{}: nothing is read until the columns are mended", hint(.nearest.as_deref()))]
    Header {
        /// The file.
        path: PathBuf,
        /// What is missing.
        column: String,
        /// What looks like it.
        nearest: Option<String>,
    },
    /// Two columns of one name.
    #[error("{path}: its header has the column {column:?} twice, and which is meant is not known")]
    Ambiguous {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// A record without end.
    #[error("{path}:{line}: the record is longer than {limit_bytes} bytes: an opening quote without its end?")]
    Endless {
        /// The file.
        path: PathBuf,
        /// Where it begins.
        line: u64,
        /// The limit.
        limit_bytes: usize,
    },
    /// The last poll still waits for the file system.
    #[error("reading {path} does not end: the file system hangs")]
    Hangs {
        /// The pattern.
        path: String,
    },
    /// The reader was lost.
    #[error("reading the files ended by a fault")]
    Fault(#[source] tokio::task::JoinError),
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", but {name:?}")).unwrap_or_default()
}

/// Files that are polled.
#[derive(Clone, Debug)]
pub(super) struct FileSource {
    path: String,
    change: FileChange,
    may_be_absent: bool,
    format: Format,
    /// For one thread that reads them.
    alone: Arc<Semaphore>,
}

impl FileSource {
    /// CSV files.
    ///
    /// # Errors
    /// [`FileSetupError`]
    pub(super) fn csv(config: &CsvConfig) -> Result<Self, FileSetupError> {
        let delimiter = u8::try_from(config.delimiter).ok();
        let delimiter = delimiter.filter(|byte| byte.is_ascii() && !b"\"\r\n\0".contains(byte));
        let delimiter = delimiter.ok_or(FileSetupError::Delimiter { given: config.delimiter })?;
        Self::new(&config.path, config.change, config.may_be_absent, Format::Csv { delimiter })
    }

    /// Files of JSON lines with `columns`.
    ///
    /// # Errors
    /// [`FileSetupError`]
    pub(super) fn json_lines(config: &JsonLinesConfig, columns: &[String]) -> Result<Self, FileSetupError> {
        let columns = Arc::new(JsonColumns::new(columns)?);
        Self::new(&config.path, config.change, config.may_be_absent, Format::JsonLines { columns })
    }

    fn new(path: &str, change: FileChange, may_be_absent: bool, format: Format) -> Result<Self, FileSetupError> {
        let invalid = |source| FileSetupError::Pattern { path: path.to_owned(), source };
        glob::Pattern::new(path).map_err(invalid)?;
        let alone = Arc::new(Semaphore::new(1));
        Ok(Self { path: path.to_owned(), change, may_be_absent, format, alone })
    }

    /// Reads what is new, on a thread where blocking is allowed.
    ///
    /// # Errors
    /// [`PollError`]; files that could be read are read all the same.
    pub(super) async fn read(
        &self,
        progress: &mut Progress,
        gathering: Gathering,
        outlet: &mut Outlet,
    ) -> Result<Left, PollError> {
        // A file system may hang, and only one thread may hang with it.
        let Ok(alone) = Arc::clone(&self.alone).try_acquire_owned() else {
            return Err(FileError::Hangs { path: self.path.clone() }.into());
        };
        if !matches!(progress, Progress::Files(_)) {
            *progress = Progress::Files(FileMarks::default());
        }
        let Progress::Files(marks) = progress else { return Ok(Left::Complete) };
        // One chunk waits while another is stored. When this future is dropped, the thread
        // notices with its next chunk.
        let (sender, mut messages) = mpsc::channel(1);
        let visit = Visit::new(self.clone(), marks.clone(), gathering, sender);
        let thread = tokio::task::spawn_blocking(move || {
            let _alone = alone;
            visit.run()
        });
        while let Some(message) = messages.recv().await {
            match message {
                Message::Readings(chunk) => outlet.store(chunk).await?,
                Message::Reached(path, mark) => marks.set(path, mark),
                Message::Present(paths) => marks.keep(&paths),
            }
        }
        Ok(thread.await.map_err(FileError::Fault)??)
    }
}
