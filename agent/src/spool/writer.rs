//! The thread that writes: takes all appends that wait, writes them in one go, syncs once,
//! answers them all.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::disk::SegmentFile;
use super::files::Files;
use super::record::{Head, PAYLOAD_LIMIT_BYTES, Record};
use super::segment::Segment;
use super::store::Store;
use super::{AppendError, SpoolError};
use crate::cause::with_causes;

/// A group is closed when it has this many bytes, so that the first in it need not wait for
/// an endless row of others.
const GROUP_BYTES: usize = 8 * 1024 * 1024;
/// A buffer that has grown beyond this is not kept.
const KEPT_BYTES: usize = 256 * 1024;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Request {
    Append { record: Record, answer: oneshot::Sender<Result<(), AppendError>> },
    Expire { now_ns: u64 },
}

pub(super) struct Writer<F: Files> {
    store: Arc<Store<F>>,
    file: Option<SegmentFile<F>>,
}

/// Appends that are written together.
#[derive(Default)]
pub(super) struct Group {
    bytes: Vec<u8>,
    heads: Vec<Head>,
}

impl<F: Files> Writer<F> {
    pub(super) fn new(store: Arc<Store<F>>) -> Self {
        Self { store, file: None }
    }

    /// Runs until every handle of the spool is gone; tells of every change.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Request>, changes: &watch::Sender<()>) {
        let mut group = Group::default();
        let mut answers = Vec::new();
        while let Some(first) = queue.blocking_recv() {
            let mut next = Some(first);
            while let Some(request) = next {
                match request {
                    Request::Append { record, answer } => match self.admit(&mut group, record) {
                        Ok(()) => answers.push(answer),
                        // A sender that went away needs no answer.
                        Err(refusal) => drop(answer.send(Err(refusal))),
                    },
                    Request::Expire { now_ns } => self.store.expire(now_ns),
                }
                next = if group.bytes.len() < GROUP_BYTES { queue.try_recv().ok() } else { None };
            }
            let result = self.commit(&group).map_err(|error| AppendError::Disk { reason: with_causes(&error) });
            if let Err(error) = &result {
                tracing::error!(%error, "telemetry could not be spooled");
            }
            for answer in answers.drain(..) {
                // A sender that went away needs no answer; its record stays.
                let _ = answer.send(result.clone());
            }
            group.clear();
            changes.send_replace(());
        }
    }

    /// Takes a record into the group, or refuses it.
    pub(super) fn admit(&self, group: &mut Group, mut record: Record) -> Result<(), AppendError> {
        record.sender = self.store.ledger().account.sender(&record.sender);
        let limit_bytes = self.store.settings.limit_bytes;
        let record_bytes = record.length();
        for limit_bytes in [limit_bytes, PAYLOAD_LIMIT_BYTES] {
            if record_bytes > limit_bytes {
                return Err(AppendError::TooLarge { record_bytes, limit_bytes });
            }
        }
        if !self.store.make_room(group.bytes.len() as u64 + record_bytes) {
            return Err(AppendError::Full { limit_bytes });
        }
        record.sequence = self.store.ledger().next_sequence + group.heads.len() as u64;
        let head = record.encode(&mut group.bytes);
        group.heads.push(head.ok_or(AppendError::TooLarge { record_bytes, limit_bytes })?);
        Ok(())
    }

    /// Writes a group; its records are on disk when this returns `Ok`.
    pub(super) fn commit(&mut self, group: &Group) -> Result<(), SpoolError> {
        let Some(youngest_at_ns) = group.heads.iter().map(|head| head.accepted_at_ns).max() else { return Ok(()) };
        let offset = self.open_segment(youngest_at_ns)?;
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = self.store.disk.append(file, offset, &group.bytes);
        let mut ledger = self.store.ledger();
        // Numbers never come twice, also if the records are on disk although that failed.
        ledger.next_sequence += group.heads.len() as u64;
        match written {
            Ok(()) => {
                ledger.append(&group.heads, group.bytes.len() as u64);
                Ok(())
            }
            Err(error) => {
                ledger.last_is_open = false;
                drop(ledger);
                if let Err(error) = self.store.disk.cut(file, offset) {
                    tracing::warn!(error = with_causes(&error), "a failed write stays on disk");
                }
                self.file = None;
                Err(error)
            }
        }
    }

    /// Makes sure that the last segment is open and has room; returns its length.
    fn open_segment(&mut self, now_ns: u64) -> Result<u64, SpoolError> {
        let first = {
            let mut ledger = self.store.ledger();
            let settings = &self.store.settings;
            let is_full = |segment: &Segment| {
                segment.bytes >= settings.segment_bytes
                    || now_ns.saturating_sub(segment.started_at_ns) >= settings.segment_age_ns()
            };
            if let Some(last) = ledger.segments.back()
                && ledger.last_is_open
                && self.file.is_some()
                && !is_full(last)
            {
                return Ok(last.bytes);
            }
            ledger.last_is_open = false;
            ledger.next_sequence
        };
        self.file = None;
        self.file = Some(self.store.disk.create(first)?);
        let mut ledger = self.store.ledger();
        // A segment that failed before it had a record has the same name.
        ledger.segments.retain(|segment| segment.first != first);
        ledger.segments.push_back(Segment::empty(first));
        ledger.last_is_open = true;
        Ok(0)
    }
}

impl Group {
    pub(super) fn clear(&mut self) {
        self.heads.clear();
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_BYTES {
            self.bytes = Vec::new();
        }
    }
}
