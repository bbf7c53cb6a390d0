//! Telemetry on disk between its acceptance and its delivery.
//!
//! A spool is a directory of segments, append-only files of checksummed records. A record is
//! one OTLP export request, opaque, under a sequence number that grows by one.
//!
//! # Invariants
//! 1. [`Spool::append`] returns `Ok` only when the record is on disk (`fdatasync`). Appends
//!    that wait together share one sync.
//! 2. A record is handed to the reader only when it is on disk.
//! 3. Records are delivered in the order of their numbers, each until it is settled.
//! 4. What [`Spool::freeze`] once returned as a batch is returned again, the same records,
//!    until it is settled, also after a crash: the batch's bounds are on disk before its
//!    records are handed out. A receiver can therefore recognise a batch sent twice.
//! 5. A record that was torn or altered on disk is left out and counted; it never prevents
//!    the start or the delivery of any other record.
//! 6. The segments together never exceed the limit by more than one group of appends. At the
//!    limit new records are refused, or the oldest segment is dropped and counted.
//! 7. A segment is deleted only when each of its records is settled or counted as dropped.
//! 8. A file is never appended to after a restart or after a failed write: what lies behind a
//!    torn record could otherwise be lost with it.

mod disk;
mod ledger;
mod position;
mod reader;
mod record;
mod recovery;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};

use crate::signal::Signal;
use disk::Disk;
use ledger::Ledger;
pub use ledger::Tally;
pub use reader::Batch;
pub use record::Record;

/// Appends that may wait for the disk at once; further ones wait for their turn.
const WAITING: usize = 256;

/// Where and how much to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolSettings {
    /// Directory of its own; made if missing.
    pub dir: PathBuf,
    /// All segments together, in bytes.
    pub limit_bytes: u64,
    /// A segment is closed when it has grown to this many bytes.
    pub segment_bytes: u64,
    /// At the limit.
    pub when_full: WhenFull,
}

/// What to do with a new record when the spool is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// Tell the sender to retry.
    #[default]
    Refuse,
    /// Drop the oldest segment.
    DropOldest,
}

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

/// A handle for appending; clones share one spool.
#[derive(Clone, Debug)]
pub struct Spool {
    requests: mpsc::Sender<Request>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Request {
    record: Record,
    answer: oneshot::Sender<Result<(), AppendError>>,
}

/// What appending and reading share.
#[derive(Debug)]
struct Shared {
    disk: Disk,
    settings: SpoolSettings,
    ledger: Mutex<Ledger>,
    /// Told after every change of the ledger.
    changes: watch::Sender<()>,
    /// Serialises reading and settling; a batch is out to one holder at a time.
    reading: tokio::sync::Mutex<()>,
}

impl Shared {
    /// A poisoned lock means a panic elsewhere; the ledger is changed in single steps that
    /// leave it consistent, so it can be used on.
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_replace(());
    }
}

impl Spool {
    /// Opens the spool and finds what an earlier process left in it. The returned thread ends
    /// when the last clone of the spool is gone.
    ///
    /// Reads every segment: call it where blocking is allowed.
    ///
    /// # Errors
    /// [`SpoolError`] when the directory cannot be used; damaged contents are no error.
    pub fn open(settings: SpoolSettings) -> Result<(Self, std::thread::JoinHandle<()>), SpoolError> {
        let disk = Disk::open(&settings.dir)?;
        let ledger = recovery::recover(&disk)?;
        let (requests, queue) = mpsc::channel(WAITING);
        let shared = Arc::new(Shared {
            disk,
            settings,
            ledger: Mutex::new(ledger),
            changes: watch::Sender::new(()),
            reading: tokio::sync::Mutex::new(()),
        });
        let writer = writer::Writer::new(Arc::clone(&shared));
        let thread =
            std::thread::Builder::new().name("spool-writer".to_owned()).spawn(move || writer.run(queue)).map_err(
                |source| SpoolError::Io { action: "start the writer of", path: shared.settings.dir.clone(), source },
            )?;
        Ok((Self { requests, shared }, thread))
    }

    /// Stores a request of `items` spans, log records or points; returns when it is on disk.
    ///
    /// # Errors
    /// [`AppendError`]: it is not stored, and the sender is to try again.
    pub async fn append(
        &self,
        signal: Signal,
        items: u32,
        accepted_at_ns: u64,
        payload: Bytes,
    ) -> Result<(), AppendError> {
        let record = Record { sequence: 0, signal, items, accepted_at_ns, payload };
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { record, answer }).await.map_err(|_| AppendError::Closed)?;
        answered.await.map_err(|_| AppendError::Closed)?
    }

    /// What is in it and what became of what is no longer in it.
    pub fn tally(&self) -> Tally {
        self.shared.ledger().tally()
    }

    /// Whether a new record of usual size would be refused now.
    pub fn is_full(&self) -> bool {
        let settings = &self.shared.settings;
        settings.when_full == WhenFull::Refuse && self.shared.ledger().bytes() >= settings.limit_bytes
    }

    /// Waits until every stored record is settled; returns at once when that is so.
    pub async fn emptied(&self) {
        let mut changes = self.shared.changes.subscribe();
        loop {
            if self.shared.ledger().is_empty() {
                return;
            }
            // The sender lives as long as `self`.
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
