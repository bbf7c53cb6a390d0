//! The thread that writes: takes all appends that wait, writes them in one go, syncs once,
//! answers them all.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::disk::SegmentFile;
use super::ledger::{Ledger, Segment};
use super::record::Record;
use super::{AppendError, Request, Shared, SpoolError, WhenFull};
use crate::cause::with_causes;

/// A group is closed when it has this many bytes, so that the first in it need not wait for
/// an endless row of others.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

pub(super) struct Writer {
    shared: Arc<Shared>,
    file: Option<SegmentFile>,
}

/// Appends that are written together.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    /// Their payloads are in `bytes` already.
    heads: Vec<Record>,
    requests: Vec<tokio::sync::oneshot::Sender<Result<(), AppendError>>>,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, file: None }
    }

    /// Runs until every handle of the spool is gone.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        while let Some(first) = queue.blocking_recv() {
            let mut group = Group::default();
            self.admit(first, &mut group);
            while group.bytes.len() < GROUP_BYTES
                && let Ok(next) = queue.try_recv()
            {
                self.admit(next, &mut group);
            }
            if group.requests.is_empty() {
                continue;
            }
            let result = self.commit(&group).map_err(|error| AppendError::Disk { reason: with_causes(&error) });
            if let Err(error) = &result {
                tracing::error!(%error, "telemetry could not be spooled");
            }
            for answer in group.requests {
                // A sender that went away needs no answer; its record stays.
                let _ = answer.send(result.clone());
            }
            self.shared.changed();
        }
    }

    /// Takes a request into the group, or answers it with a refusal.
    fn admit(&self, request: Request, group: &mut Group) {
        let Request { mut record, answer } = request;
        let limit_bytes = self.shared.settings.limit_bytes;
        let record_bytes = record.length();
        if record_bytes > limit_bytes {
            let _ = answer.send(Err(AppendError::TooLarge { record_bytes, limit_bytes }));
            return;
        }
        if !self.make_room(group.bytes.len() as u64 + record_bytes) {
            let _ = answer.send(Err(AppendError::Full { limit_bytes }));
            return;
        }
        record.sequence = self.shared.ledger().next_sequence + group.heads.len() as u64;
        if record.encode(&mut group.bytes).is_none() {
            let _ = answer.send(Err(AppendError::TooLarge { record_bytes, limit_bytes: u64::from(u32::MAX) }));
            return;
        }
        record.payload = bytes::Bytes::new();
        group.heads.push(record);
        group.requests.push(answer);
    }

    /// Whether `wanted_bytes` more fit, after dropping what the policy allows to drop.
    fn make_room(&self, wanted_bytes: u64) -> bool {
        let settings = &self.shared.settings;
        let mut removed = Vec::new();
        let fits = {
            let mut ledger = self.shared.ledger();
            let fits = |ledger: &Ledger| ledger.bytes() + wanted_bytes <= settings.limit_bytes;
            if !fits(&ledger) && ledger.is_empty() {
                // Nothing but settled records in the open segment.
                ledger.last_is_open = false;
                removed.extend(ledger.take_settled());
            }
            while !fits(&ledger) && settings.when_full == WhenFull::DropOldest {
                match ledger.drop_oldest() {
                    Some(segment) => removed.push(segment.first),
                    None => break,
                }
            }
            fits(&ledger)
        };
        for first in removed {
            if let Err(error) = self.shared.disk.remove(first) {
                tracing::warn!(error = with_causes(&error), "a dropped spool segment stays on disk");
            }
        }
        fits
    }

    fn commit(&mut self, group: &Group) -> Result<(), SpoolError> {
        self.open_segment()?;
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = file.append(&group.bytes).and_then(|()| file.sync());
        let mut ledger = self.shared.ledger();
        match written {
            Ok(()) => {
                ledger.next_sequence += group.heads.len() as u64;
                if let Some(segment) = ledger.segments.back_mut() {
                    segment.bytes += group.bytes.len() as u64;
                    segment.synced_bytes = segment.bytes;
                    group.heads.iter().for_each(|record| segment.add(record));
                }
                Ok(())
            }
            Err(error) => {
                ledger.last_is_open = false;
                let length = ledger.segments.back().map_or(0, |segment| segment.bytes);
                // What remains if this fails too is out of order and left out on recovery.
                if let Err(error) = file.cut(length) {
                    tracing::warn!(error = with_causes(&error), "a failed write stays on disk");
                }
                Err(error)
            }
        }
    }

    /// Makes sure that the last segment is open and has room.
    fn open_segment(&mut self) -> Result<(), SpoolError> {
        let first = {
            let mut ledger = self.shared.ledger();
            let full = |segment: &Segment| segment.bytes >= self.shared.settings.segment_bytes;
            if ledger.last_is_open && self.file.is_some() && !ledger.segments.back().is_none_or(full) {
                return Ok(());
            }
            ledger.last_is_open = false;
            ledger.next_sequence
        };
        self.file = None;
        self.file = Some(self.shared.disk.create(first)?);
        let mut ledger = self.shared.ledger();
        // A segment that failed before it had a record has the same name.
        ledger.segments.retain(|segment| segment.first != first);
        ledger.segments.push_back(Segment::empty(first));
        ledger.last_is_open = true;
        Ok(())
    }
}
