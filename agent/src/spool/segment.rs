//! What one segment holds, in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ordertrace_otlp::Signal;

use super::checkpoint::{LaneProgress, Progress};
use super::record::Record;

/// An amount of records of one signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) records: u64,
    /// Of payloads.
    pub(super) bytes: u64,
    /// Items by sender.
    pub(super) items: BTreeMap<Arc<str>, u64>,
}

impl Load {
    pub(super) fn of<'r>(records: impl IntoIterator<Item = &'r Record>) -> Self {
        let mut load = Self::default();
        for record in records {
            load.add(&record.sender, record.items, record.payload.len() as u64);
        }
        load
    }

    pub(super) fn add(&mut self, sender: &Arc<str>, items: u32, bytes: u64) {
        self.records += 1;
        self.bytes += bytes;
        *self.items.entry(Arc::clone(sender)).or_default() += u64::from(items);
    }

    pub(super) fn subtract(&mut self, other: &Self) {
        self.records = self.records.saturating_sub(other.records);
        self.bytes = self.bytes.saturating_sub(other.bytes);
        for (sender, items) in &other.items {
            if let Some(left) = self.items.get_mut(sender) {
                *left = left.saturating_sub(*items);
            }
        }
        self.items.retain(|_, left| *left > 0);
    }
}

/// A batch that was handed out and is not settled.
#[derive(Clone, Debug)]
pub(super) struct Out {
    /// The signal's records with these numbers.
    pub(super) numbers: Range<u64>,
    /// Where the first of them begins.
    pub(super) offset: u64,
    pub(super) load: Load,
    /// Somebody delivers it now; else it was out when an earlier process ended.
    pub(super) is_held: bool,
}

/// The records of one signal.
#[derive(Debug)]
pub(super) struct Lane {
    /// Records of lower numbers were handed out.
    pub(super) until: u64,
    /// The other records begin here or behind.
    pub(super) offset: u64,
    pub(super) unread: Load,
    pub(super) out: Vec<Out>,
}

impl Lane {
    /// Whether a new batch may be taken. One that is not full waits while another is out:
    /// more will have come until then.
    pub(super) fn is_ready(&self, limit_bytes: u64) -> bool {
        self.unread.records > 0 && (self.out.is_empty() || self.unread.bytes >= limit_bytes)
    }

    pub(super) fn records(&self) -> u64 {
        self.out.iter().fold(self.unread.records, |sum, out| sum + out.load.records)
    }
}

#[derive(Debug)]
pub(super) struct Segment {
    /// Number of its first record; its file's name.
    pub(super) first: u64,
    /// One more than the number of its last record.
    pub(super) end: u64,
    /// Bytes that are known to be on disk.
    pub(super) bytes: u64,
    /// When its first and its youngest record were accepted, Unix time in nanoseconds.
    pub(super) started_at_ns: u64,
    pub(super) youngest_at_ns: u64,
    /// By signal, in the order of [`Signal::ALL`].
    pub(super) lanes: [Lane; 3],
}

impl Segment {
    pub(super) fn empty(first: u64) -> Self {
        let lanes = [(); 3].map(|()| Lane { until: first, offset: 0, unread: Load::default(), out: Vec::new() });
        Self { first, end: first, bytes: 0, started_at_ns: u64::MAX, youngest_at_ns: 0, lanes }
    }

    pub(super) fn lane(&mut self, signal: Signal) -> &mut Lane {
        &mut self.lanes[usize::from(signal.tag())]
    }

    /// Takes note of a record, whoever has it now.
    pub(super) fn note(&mut self, sequence: u64, accepted_at_ns: u64) {
        self.end = sequence + 1;
        self.started_at_ns = self.started_at_ns.min(accepted_at_ns);
        self.youngest_at_ns = self.youngest_at_ns.max(accepted_at_ns);
    }

    /// Records that are not settled.
    pub(super) fn records(&self) -> u64 {
        self.lanes.iter().map(Lane::records).sum()
    }

    /// What is to be remembered of its delivery, if that has begun.
    pub(super) fn progress(&self) -> Option<Progress> {
        let lanes = Signal::ALL.into_iter().zip(&self.lanes).filter(|(_, lane)| lane.until > self.first);
        let lanes: Vec<_> = lanes
            .map(|(signal, lane)| {
                let out = lane.out.iter().map(|out| (out.numbers.start, out.numbers.end)).collect();
                LaneProgress { signal, until: lane.until, out }
            })
            .collect();
        (!lanes.is_empty()).then_some(Progress { first: self.first, lanes })
    }
}
