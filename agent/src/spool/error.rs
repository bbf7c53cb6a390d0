//! What goes wrong with a spool.

use std::path::{Path, PathBuf};

/// Why a spool cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// A file operation failed.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried: "create", "sync", …
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process has it open.
    #[error("spool {dir} is in use by another process; give each agent a directory of its own")]
    InUse {
        /// The directory.
        dir: PathBuf,
    },
}

impl SpoolError {
    pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}

/// Why a record was not stored; the sender may try again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// No room within the limit.
    #[error("the spool is full ({limit_bytes} bytes); it empties when the collector accepts again")]
    Full {
        /// The limit.
        limit_bytes: u64,
    },
    /// The record alone is larger than a spool may be.
    #[error("a record of {record_bytes} bytes exceeds the spool's limit of {limit_bytes} bytes")]
    TooLarge {
        /// Its length.
        record_bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// The disk did not take it.
    #[error("the spool's disk failed: {reason}")]
    Disk {
        /// What the operating system said.
        reason: String,
    },
    /// The spool is being closed.
    #[error("the spool is closing")]
    Closed,
}
