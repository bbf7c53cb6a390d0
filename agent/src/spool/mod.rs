//! Telemetry on disk between its acceptance and its delivery.
//!
//! A spool is a directory of segments, append-only files of checksummed records, and of a
//! checkpoint that says how far their delivery is and what became of everything accepted. A
//! record is one OTLP export request, opaque, under a sequence number that no other has.
//!
//! # Invariants
//! 1. [`Spool::append`] returns `Ok` only when the record is on disk (`fdatasync`). Appends
//!    that wait together share one sync.
//! 2. A record is handed out only when it is on disk.
//! 3. Of a segment, each signal's records are handed out in the order of their numbers, in
//!    batches. Several batches may be out at a time; each is settled by itself. Of four
//!    batches three are of the newest segment, where it has any, and one of the oldest.
//! 4. What [`Spool::freeze`] once returned as a batch is handed out again after a restart or
//!    a crash, the same records, unless it was settled: the batch's bounds are on disk before
//!    its records are handed out. A receiver can therefore recognise a batch sent twice.
//!    [`Spool::split`] puts two batches in the place of one that the receiver refused.
//! 5. A record that was torn or altered on disk is left out and counted; it never prevents
//!    the start or the delivery of any other record.
//! 6. The segments together never exceed the limit. At the limit new records are refused, or
//!    the oldest segment is dropped and counted.
//! 7. A segment whose youngest record is older than the maximal age is dropped and counted.
//! 8. A segment's file is removed only when each of its records is settled or counted as
//!    dropped, and a checkpoint that says so is on disk. That needs no room on the disk.
//! 9. A file is never appended to after a restart or after a failed write or sync: what lies
//!    behind a torn record could be lost with it, and what a failed sync left in memory is
//!    not what is on disk. No number is given out again.
//! 10. For every signal and sender, accepted = sent + dropped + what is in the spool, at any
//!     moment. How far delivery is and the account of it are one checkpoint, replaced in one
//!     step, so this holds after any crash as well.
//!
//! # What the account says after a crash
//! - What was accepted is exact: records that are younger than the checkpoint are counted
//!   when they are found.
//! - A batch that was out is counted as sent when the next process has sent it; a receiver
//!   that had it already recognises it (invariant 4).
//! - Of a record that is damaged before a checkpoint knew of it, the items are not known: it
//!   is in the count of damaged records only, and not among what was accepted.
//! - A record whose sender was told that storing failed, or was told nothing, may be there
//!   nevertheless; then it is counted as accepted and delivered. Its sender sends it again.

mod account;
mod batch;
mod checkpoint;
mod disk;
mod error;
mod files;
mod ledger;
mod record;
mod recovery;
mod scan;
mod segment;
mod settings;
mod store;
mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};

pub use account::{Counts, DropReason, Stream};
pub use batch::{Batch, Settlement};
pub use error::{AppendError, SpoolError};
use files::Directory;
use ordertrace_otlp::Signal;
pub use record::{PAYLOAD_LIMIT_BYTES, Record};
pub use settings::{SpoolSettings, WhenFull};
use store::{Look, Store};
use writer::{Request, Writer};

/// Appends that may wait for the disk at once; further ones wait for their turn.
const WAITING: usize = 256;

/// What is in a spool, and what became of everything that ever was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Bytes of all segments.
    pub bytes: u64,
    /// Records not settled yet.
    pub pending_records: u64,
    /// When the oldest of them was accepted, or one of its neighbours that is settled; Unix
    /// time in nanoseconds.
    pub oldest_at_ns: Option<u64>,
    /// Damaged records left out since the spool was opened.
    pub damaged_records: u64,
    /// Every stream's items, also those of earlier processes.
    pub streams: BTreeMap<Stream, Counts>,
}

/// A handle for appending and reading; clones share one spool.
#[derive(Clone, Debug)]
pub struct Spool {
    requests: mpsc::Sender<Request>,
    store: Arc<Store<Directory>>,
    /// Told after every change of what is in the spool.
    changes: watch::Sender<()>,
}

impl Spool {
    /// Opens the spool and finds what an earlier process left in it. The returned thread ends
    /// when the last clone of the spool is gone.
    ///
    /// Reads every segment: call it where blocking is allowed.
    ///
    /// # Errors
    /// [`SpoolError`] when the directory cannot be used; damaged contents are no error.
    pub fn open(settings: SpoolSettings) -> Result<(Self, JoinHandle<()>), SpoolError> {
        let dir = settings.dir.clone();
        let store = Arc::new(Store::open(Directory::open(&dir)?, settings)?);
        let (requests, queue) = mpsc::channel(WAITING);
        let changes = watch::Sender::new(());
        let (writer, told) = (Writer::new(Arc::clone(&store)), changes.clone());
        let thread = std::thread::Builder::new()
            .name("spool-writer".to_owned())
            .spawn(move || writer.run(queue, &told))
            .map_err(|source| SpoolError::io("start the writer of", &dir, source))?;
        Ok((Self { requests, store, changes }, thread))
    }

    /// Stores a request of `items` spans, log records or points; returns when it is on disk.
    ///
    /// # Errors
    /// [`AppendError`]: it is not stored, and the sender is to try again.
    pub async fn append(
        &self,
        signal: Signal,
        sender: &str,
        items: u32,
        accepted_at_ns: u64,
        payload: Bytes,
    ) -> Result<(), AppendError> {
        let record = Record { sequence: 0, signal, sender: sender.into(), items, accepted_at_ns, payload };
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request::Append { record, answer }).await.map_err(|_| AppendError::Closed)?;
        answered.await.map_err(|_| AppendError::Closed)?
    }

    /// Drops what is older than the settings allow at `now_ns` (Unix time in nanoseconds).
    pub async fn expire(&self, now_ns: u64) {
        // A spool that is closing drops nothing any more.
        let _ = self.requests.send(Request::Expire { now_ns }).await;
    }

    /// The next batch: records of one signal and one segment, up to `limit_bytes`, at least
    /// one. Waits while there is none. It is not handed out again until it is settled or the
    /// spool is opened again. When the future is dropped, nothing is handed out.
    ///
    /// # Errors
    /// [`SpoolError`] when the disk cannot be read or the checkpoint not be written.
    pub async fn freeze(&self, limit_bytes: u64) -> Result<Batch, SpoolError> {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if !self.store.has_next(limit_bytes) {
                // The sender lives as long as `self`: this wakes for the next change.
                drop(changes.changed().await);
                continue;
            }
            let parcel = Parcel { spool: self.clone(), look: Look::Nothing };
            match self.blocking(move |store| parcel.fill(store.look(limit_bytes)?)).await?.open() {
                Look::Batch(batch) => return Ok(batch),
                Look::Hole => self.changed(),
                // Another took it.
                Look::Nothing => {}
            }
        }
    }

    /// Takes a batch off the spool.
    ///
    /// # Errors
    /// [`SpoolError`] when the checkpoint cannot be written or a segment not be removed; the
    /// batch is settled all the same.
    pub async fn settle(&self, batch: Batch, settlement: Settlement) -> Result<(), SpoolError> {
        let result = self.blocking(move |store| store.settle(&batch, settlement)).await;
        self.changed();
        result
    }

    /// The two halves of a batch that the receiver refused as a whole, which are out in its
    /// place from now on; `None` for a single record.
    ///
    /// # Errors
    /// [`SpoolError`] when the checkpoint cannot be written. It may be tried again.
    pub async fn split(&self, batch: &Batch) -> Result<Option<[Batch; 2]>, SpoolError> {
        let batch = batch.clone();
        self.blocking(move |store| store.split(&batch)).await
    }

    /// Writes down how far delivery is, so that nothing settled is delivered again.
    ///
    /// # Errors
    /// [`SpoolError`] when the checkpoint cannot be written.
    pub async fn save(&self) -> Result<(), SpoolError> {
        self.blocking(Store::save).await
    }

    /// What is in it and what became of what is no longer in it.
    pub fn tally(&self) -> Tally {
        let ledger = self.store.ledger();
        Tally {
            bytes: ledger.bytes(),
            pending_records: ledger.records(),
            oldest_at_ns: ledger.oldest_at_ns(),
            damaged_records: ledger.damaged_records,
            streams: ledger.account.streams().clone(),
        }
    }

    /// The name that a sender is counted under; so many are told apart, no more.
    pub fn sender(&self, name: &str) -> Arc<str> {
        self.store.ledger().account.sender(name)
    }

    /// Where and how much it stores.
    pub fn settings(&self) -> &SpoolSettings {
        &self.store.settings
    }

    /// Whether a new record of usual size would be refused now.
    pub fn is_full(&self) -> bool {
        let settings = &self.store.settings;
        settings.when_full == WhenFull::Refuse && self.store.ledger().bytes() >= settings.limit_bytes
    }

    /// Waits until every stored record is settled; returns at once when that is so.
    pub async fn emptied(&self) {
        let mut changes = self.changes.subscribe();
        while self.store.ledger().records() > 0 {
            // The sender lives as long as `self`.
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn changed(&self) {
        self.changes.send_replace(());
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store<Directory>) -> Result<T, SpoolError> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let store = Arc::clone(&self.store);
        let joined = tokio::task::spawn_blocking(move || work(&store)).await;
        joined.unwrap_or_else(|error| {
            Err(SpoolError::io("work on", &self.store.settings.dir, std::io::Error::other(error)))
        })
    }
}

/// A batch on its way from the thread that read it to the task that asked for it. If that
/// task is gone, the batch waits for the next.
struct Parcel {
    spool: Spool,
    look: Look,
}

impl Parcel {
    fn fill(mut self, look: Look) -> Result<Self, SpoolError> {
        self.look = look;
        Ok(self)
    }

    fn open(mut self) -> Look {
        std::mem::replace(&mut self.look, Look::Nothing)
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        if let Look::Batch(batch) = &self.look {
            self.spool.store.ledger().give_back(batch);
            self.spool.changed();
        }
    }
}

#[cfg(test)]
mod tests;
