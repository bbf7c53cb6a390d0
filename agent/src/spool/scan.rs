//! Walking over a segment, record by record, past any damage, in bounded memory.

use std::ops::Range;

use bytes::Bytes;

use super::SpoolError;
use super::disk::Disk;
use super::files::Files;
use super::record::{HEAD_LIMIT_BYTES, Head, MARKER, Record};

/// Read at a time, so that small records do not cost a system call each.
const WINDOW_BYTES: u64 = 256 * 1024;

/// What comes next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A record's head and the offset it begins at. Its payload may be read or passed over.
    Head(Head, u64),
    /// A place that is no record was passed over.
    Damage,
    /// The rest of a write that failed: whole, but of a number that cannot be here.
    Stray,
    End,
}

/// A place in a segment.
pub(super) struct Scan<'d, F: Files> {
    disk: &'d Disk<F>,
    first: u64,
    /// Numbers that may come.
    numbers: Range<u64>,
    offset: u64,
    end: u64,
    window_start: u64,
    window: Vec<u8>,
    payload_start: u64,
}

impl<'d, F: Files> Scan<'d, F> {
    /// The segment `first` between two offsets, which hold records of these numbers.
    pub(super) fn new(disk: &'d Disk<F>, first: u64, numbers: Range<u64>, offsets: Range<u64>) -> Self {
        let Range { start: offset, end } = offsets;
        Self { disk, first, numbers, offset, end, window_start: offset, window: Vec::new(), payload_start: offset }
    }

    /// The offset behind what was passed last.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn next(&mut self) -> Result<Step, SpoolError> {
        if self.offset >= self.end {
            return Ok(Step::End);
        }
        let start = self.offset;
        let Some(head) = Head::decode(self.bytes_at(start, HEAD_LIMIT_BYTES as u64)?) else {
            self.skip_damage()?;
            return Ok(Step::Damage);
        };
        self.payload_start = start + head.bytes;
        let end = self.payload_start + head.payload_bytes;
        if end > self.end {
            // Torn: nothing is written behind a torn record.
            self.offset = self.end;
            return Ok(Step::Damage);
        }
        self.offset = end;
        if !self.numbers.contains(&head.sequence) {
            return Ok(Step::Stray);
        }
        self.numbers.start = head.sequence + 1;
        Ok(Step::Head(head, start))
    }

    /// The record of the head that came last; `None` when its payload is damaged.
    pub(super) fn record(&mut self, head: Head) -> Result<Option<Record>, SpoolError> {
        let length = head.payload_bytes;
        let payload = if length > WINDOW_BYTES {
            self.disk.read(self.first, self.payload_start, length)?.into()
        } else {
            Bytes::copy_from_slice(self.bytes_at(self.payload_start, length)?)
        };
        Ok(head.with(payload))
    }

    /// Goes to the next marker behind this place.
    fn skip_damage(&mut self) -> Result<(), SpoolError> {
        self.offset += 1;
        while self.offset < self.end {
            let offset = self.offset;
            let bytes = self.bytes_at(offset, WINDOW_BYTES)?;
            let found = bytes.windows(MARKER.len()).position(|window| window == MARKER);
            match found {
                Some(at) => {
                    self.offset += at as u64;
                    return Ok(());
                }
                None if (bytes.len() as u64) < WINDOW_BYTES => self.offset = self.end,
                // A marker may begin in the last bytes of the window.
                None => self.offset += (bytes.len() - (MARKER.len() - 1)) as u64,
            }
        }
        Ok(())
    }

    /// `length` bytes from `offset`, fewer at the end.
    fn bytes_at(&mut self, offset: u64, length: u64) -> Result<&[u8], SpoolError> {
        let length = length.min(self.end.saturating_sub(offset));
        let is_within = offset >= self.window_start && offset + length <= self.window_start + self.window.len() as u64;
        if !is_within {
            let wanted = length.max(WINDOW_BYTES).min(self.end - offset);
            self.window = self.disk.read(self.first, offset, wanted)?;
            self.window_start = offset;
        }
        let at = usize::try_from(offset - self.window_start).unwrap_or(usize::MAX);
        let window = self.window.get(at..).unwrap_or_default();
        Ok(window.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(window))
    }
}
