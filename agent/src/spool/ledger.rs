//! What the spool holds, in memory.

use std::collections::VecDeque;

use super::position::Position;
use super::record::Record;
use crate::signal::Signal;

/// Items by signal, in the order of [`Signal::ALL`].
type Items = [u64; 3];

/// What is in a spool and what became of what is no longer in it, since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Bytes of all segments.
    pub bytes: u64,
    /// Records not settled yet.
    pub pending_records: u64,
    /// Items not settled yet, by signal in the order of [`Signal::ALL`].
    pub pending: Items,
    /// Items found when the spool was opened.
    pub recovered: Items,
    /// Items dropped to make room.
    pub dropped: Items,
    /// Damaged records that were left out. How many items they held is not known.
    pub damaged_records: u64,
}

#[derive(Debug)]
pub(super) struct Segment {
    /// Number of its first record; its file's name.
    pub(super) first: u64,
    /// One more than the number of its last record.
    pub(super) end: u64,
    pub(super) bytes: u64,
    /// Bytes that are known to be on disk; the reader stops there.
    pub(super) synced_bytes: u64,
    /// Where reading goes on.
    pub(super) read_bytes: u64,
    /// Items not settled, by signal.
    pub(super) pending: Items,
    pub(super) pending_records: u64,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Oldest first; the last may still be written.
    pub(super) segments: VecDeque<Segment>,
    pub(super) position: Position,
    /// The position as it is on disk.
    pub(super) saved: Position,
    /// Number of the next record to be written.
    pub(super) next_sequence: u64,
    /// Whether the last segment is still being written.
    pub(super) last_is_open: bool,
    pub(super) recovered: Items,
    pub(super) dropped: Items,
    pub(super) damaged_records: u64,
}

impl Segment {
    pub(super) fn empty(first: u64) -> Self {
        Self { first, end: first, bytes: 0, synced_bytes: 0, read_bytes: 0, pending: [0; 3], pending_records: 0 }
    }

    /// Adds a record that is on disk and not settled.
    pub(super) fn add(&mut self, record: &Record) {
        self.end = record.sequence + 1;
        self.pending[usize::from(record.signal.tag())] += u64::from(record.items);
        self.pending_records += 1;
    }
}

impl Ledger {
    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.segments.iter().all(|segment| segment.pending_records == 0)
    }

    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally {
            bytes: self.bytes(),
            recovered: self.recovered,
            dropped: self.dropped,
            damaged_records: self.damaged_records,
            ..Tally::default()
        };
        for segment in &self.segments {
            tally.pending_records += segment.pending_records;
            add(&mut tally.pending, &segment.pending);
        }
        tally
    }

    /// Remembers what was found on opening.
    pub(super) fn mark_recovered(&mut self) {
        self.recovered = self.tally().pending;
    }

    /// Takes settled records off the account.
    pub(super) fn settle(&mut self, records: &[Record]) {
        for record in records {
            let holding = self.segments.iter_mut().find(|s| (s.first..s.end).contains(&record.sequence));
            // A segment may have been dropped while its records were out; they are counted there.
            if let Some(segment) = holding {
                let pending = &mut segment.pending[usize::from(record.signal.tag())];
                *pending = pending.saturating_sub(u64::from(record.items));
                segment.pending_records = segment.pending_records.saturating_sub(1);
            }
        }
    }

    /// Moves the reader's place on. Records before it that were never handed out have been
    /// damaged since the spool was opened.
    pub(super) fn advance(&mut self, until: u64) {
        self.position = Position { next: self.position.next.max(until), frozen_until: None };
        let next = self.position.next;
        for segment in self.segments.iter_mut().filter(|segment| segment.end <= next) {
            self.damaged_records += std::mem::take(&mut segment.pending_records);
            segment.pending = [0; 3];
        }
    }

    /// Takes the oldest segment out and counts what was pending in it.
    pub(super) fn drop_oldest(&mut self) -> Option<Segment> {
        if self.segments.len() == 1 && self.last_is_open {
            self.last_is_open = false;
        }
        let segment = self.segments.pop_front()?;
        add(&mut self.dropped, &segment.pending);
        Some(segment)
    }

    /// Takes out the segments of which nothing is left to deliver.
    pub(super) fn take_settled(&mut self) -> Vec<u64> {
        let mut settled = Vec::new();
        while let Some(front) = self.segments.front() {
            let is_open = self.last_is_open && self.segments.len() == 1;
            if is_open || front.end > self.position.next || front.pending_records > 0 {
                break;
            }
            settled.push(front.first);
            self.segments.pop_front();
        }
        settled
    }
}

fn add(sum: &mut Items, items: &Items) {
    for signal in Signal::ALL {
        let at = usize::from(signal.tag());
        sum[at] = sum[at].saturating_add(items[at]);
    }
}
