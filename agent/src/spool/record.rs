//! How a record lies on disk.
//!
//! ```text
//! marker 4 | crc32 4 | payload length 4 | sequence 8 | accepted at 8 | items 4 | signal 1 | payload
//! ```
//! Little-endian; the checksum covers everything behind itself. The marker lets a reader find
//! the next record behind a damaged one.

use bytes::Bytes;

use crate::signal::Signal;

/// Bytes in front of the payload.
pub(super) const HEAD_BYTES: usize = 33;
const MARKER: [u8; 4] = [0xd7, 0x4f, 0x54, 0x0a];

/// One OTLP export request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in the spool.
    pub sequence: u64,
    /// What it carries.
    pub signal: Signal,
    /// Spans, log records or points in it.
    pub items: u32,
    /// When it was accepted, Unix time in nanoseconds.
    pub accepted_at_ns: u64,
    /// The encoded request.
    pub payload: Bytes,
}

impl Record {
    /// Length on disk in bytes.
    pub(super) fn length(&self) -> u64 {
        (HEAD_BYTES + self.payload.len()) as u64
    }

    /// Appends the encoded record to `out`; `None` when the payload is too long for its field.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Option<()> {
        let length = u32::try_from(self.payload.len()).ok()?;
        let start = out.len();
        out.extend_from_slice(&MARKER);
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.accepted_at_ns.to_le_bytes());
        out.extend_from_slice(&self.items.to_le_bytes());
        out.push(self.signal.tag());
        out.extend_from_slice(&self.payload);
        let checksum = crc32fast::hash(&out[start + 8..]).to_le_bytes();
        out[start + 4..start + 8].copy_from_slice(&checksum);
        Some(())
    }
}

/// What begins at some place of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// A whole record, and its length on disk.
    Record(Record, usize),
    /// No record, or a damaged one.
    Damaged,
}

/// Reads the record that begins at the start of `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    read(bytes).map_or(Decoded::Damaged, |(record, length)| Decoded::Record(record, length))
}

fn read(bytes: &[u8]) -> Option<(Record, usize)> {
    let mut rest = bytes.strip_prefix(&MARKER)?;
    let checksum = u32::from_le_bytes(take(&mut rest)?);
    let payload_length = u32::from_le_bytes(take(&mut rest)?) as usize;
    let sequence = u64::from_le_bytes(take(&mut rest)?);
    let accepted_at_ns = u64::from_le_bytes(take(&mut rest)?);
    let items = u32::from_le_bytes(take(&mut rest)?);
    let [tag] = take(&mut rest)?;
    let payload = rest.get(..payload_length)?;
    let length = HEAD_BYTES + payload_length;
    if crc32fast::hash(bytes.get(8..length)?) != checksum {
        return None;
    }
    let payload = Bytes::copy_from_slice(payload);
    Some((Record { sequence, signal: Signal::from_tag(tag)?, items, accepted_at_ns, payload }, length))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

/// How many bytes to skip from a damaged place to the next marker, at least one.
pub(super) fn next_marker(bytes: &[u8]) -> usize {
    let found = bytes.windows(MARKER.len()).skip(1).position(|window| window == MARKER);
    found.map_or(bytes.len(), |at| at + 1)
}
