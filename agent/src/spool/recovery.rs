//! Finding what an earlier process left.

use super::SpoolError;
use super::disk::Disk;
use super::ledger::{Ledger, Segment};
use super::position::Position;
use super::record::{Decoded, Record, decode, next_marker};

/// Reads the position and every segment. Damage is counted, never an error.
pub(super) fn recover(disk: &Disk) -> Result<Ledger, SpoolError> {
    let text = disk.read_position()?;
    let position = text.as_deref().and_then(Position::parse);
    if text.is_some() && position.is_none() {
        tracing::warn!("the spool's position is damaged; what is in the spool is delivered again from its start");
    }
    let position = position.unwrap_or_default();
    let mut ledger = Ledger { position, saved: position, ..Ledger::default() };
    let segments = disk.segments()?;
    for (at, (first, bytes)) in segments.iter().enumerate() {
        let before = segments.get(at + 1).map_or(u64::MAX, |(next_first, _)| *next_first);
        let content = disk.read(*first, 0, *bytes)?;
        let mut segment = Segment { bytes: *bytes, synced_bytes: *bytes, ..Segment::empty(*first) };
        let scan = scan(&content, *first..before, |offset, record| {
            if record.sequence >= ledger.position.next {
                if segment.pending_records == 0 {
                    segment.read_bytes = offset;
                }
                segment.add(&record);
            } else {
                segment.end = record.sequence + 1;
            }
        });
        if scan.lost > 0 {
            tracing::warn!(segment = first, lost_records = scan.lost, "a spool segment is damaged");
            ledger.damaged_records += scan.lost;
        }
        ledger.next_sequence = ledger.next_sequence.max(segment.end);
        if segment.pending_records == 0 {
            disk.remove(*first)?;
        } else {
            ledger.segments.push_back(segment);
        }
    }
    // Numbers that were given out before must not come again, even if nothing is left.
    let promised = ledger.position.frozen_until.unwrap_or(ledger.position.next);
    ledger.next_sequence = ledger.next_sequence.max(promised);
    ledger.mark_recovered();
    Ok(ledger)
}

/// What a scan had to leave out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Records lost: by the gap in their numbers, or one where that is not known.
    pub(super) lost: u64,
}

/// Hands each whole record in `content` whose number is within `numbers` and in order to
/// `found`, with its offset. A damaged place is skipped up to the next whole record.
pub(super) fn scan(content: &[u8], numbers: std::ops::Range<u64>, mut found: impl FnMut(u64, Record)) -> Scan {
    let mut result = Scan::default();
    let mut expected = numbers.start;
    let mut damaged = false;
    let mut offset = 0;
    while offset < content.len() {
        match decode(&content[offset..]) {
            Decoded::Record(record, length) if record.sequence >= expected && numbers.contains(&record.sequence) => {
                if damaged {
                    result.lost += (record.sequence - expected).max(1);
                    damaged = false;
                }
                expected = record.sequence + 1;
                found(offset as u64, record);
                offset += length;
            }
            // A whole record out of order is the rest of a refused write.
            Decoded::Record(_, length) => offset += length,
            Decoded::Damaged => {
                damaged = true;
                offset += next_marker(&content[offset..]);
            }
        }
    }
    result.lost += u64::from(damaged);
    result
}
