//! Records that are delivered together.

use std::ops::Range;

use bytes::Bytes;
use ordertrace_otlp::seam::SEAM;

use super::record::Record;
use ordertrace_otlp::Signal;

/// Records of one signal that are delivered as one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What they carry.
    pub signal: Signal,
    /// In order; at least one.
    pub records: Vec<Record>,
    /// Their segment.
    pub(super) first: u64,
    /// The bounds that are on disk.
    pub(super) numbers: Range<u64>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The receiver has it, but for so many items.
    Taken {
        /// Items it did not take. Of which senders is not said: the first are charged.
        rejected_items: u64,
    },
    /// The receiver refused it for good.
    Refused,
}

/// What a look at the disk gave.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) records: Vec<Record>,
    /// Where the first of them begins.
    pub(super) start_offset: u64,
    /// Where to go on.
    pub(super) end_offset: u64,
    /// There is no more behind them.
    pub(super) is_end: bool,
}

impl Batch {
    /// Items in it.
    pub fn items(&self) -> u64 {
        self.records.iter().map(|record| u64::from(record.items)).sum()
    }

    /// Its records as one request, with seams between them, so that the collector recognises
    /// each that its sender has sent elsewhere as well, or again.
    pub fn request(&self) -> Bytes {
        match &self.records[..] {
            [record] => record.payload.clone(),
            records => {
                let length = records.iter().map(|record| record.payload.len() + SEAM.len()).sum();
                let mut joined = Vec::with_capacity(length);
                for record in records {
                    if !joined.is_empty() {
                        joined.extend_from_slice(&SEAM);
                    }
                    joined.extend_from_slice(&record.payload);
                }
                joined.into()
            }
        }
    }

    /// Its first and its second half; `None` when it has only one record.
    pub(super) fn halves(&self) -> Option<[Self; 2]> {
        let (left, right) = self.records.split_at_checked(self.records.len() / 2)?;
        let middle = right.first()?.sequence;
        left.first()?;
        let half = |records: &[Record], numbers| Self { records: records.to_vec(), numbers, ..*self };
        let Range { start, end } = self.numbers;
        Some([half(left, start..middle), half(right, middle..end)])
    }
}
