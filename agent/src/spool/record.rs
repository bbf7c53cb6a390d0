//! How a record lies on disk.
//!
//! ```text
//! marker 4 | head crc 4 | payload crc 4 | payload length 4 | sequence 8 | accepted at 8 |
//! items 4 | signal 1 | sender length 1 | sender | payload
//! ```
//! Little-endian; the head's checksum covers everything between itself and the payload. With
//! a checksum of its own the head of a damaged payload still tells where the next record
//! begins; the marker lets a reader find it behind a damaged head.

use std::sync::Arc;

use bytes::Bytes;

use ordertrace_otlp::Signal;

/// Bytes in front of the sender.
const FIXED_BYTES: usize = 38;
/// Bytes in front of the payload, at most.
pub(super) const HEAD_LIMIT_BYTES: usize = FIXED_BYTES + u8::MAX as usize;
/// Longest payload. What claims to be longer is damage, which bounds what reading allocates.
pub const PAYLOAD_LIMIT_BYTES: u64 = 64 << 20;
pub(super) const MARKER: [u8; 4] = [0xd7, 0x4f, 0x54, 0x0b];

/// One OTLP export request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in the spool.
    pub sequence: u64,
    /// What it carries.
    pub signal: Signal,
    /// Whose it is, at most 255 bytes.
    pub sender: Arc<str>,
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
        (FIXED_BYTES + self.sender.len() + self.payload.len()) as u64
    }

    /// Appends the encoded record to `out`; `None` when a part is too long for its field.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Option<Head> {
        let length = u32::try_from(self.payload.len()).ok()?;
        let sender_length = u8::try_from(self.sender.len()).ok()?;
        let payload_checksum = crc32fast::hash(&self.payload);
        let start = out.len();
        out.extend_from_slice(&MARKER);
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&payload_checksum.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.accepted_at_ns.to_le_bytes());
        out.extend_from_slice(&self.items.to_le_bytes());
        out.push(self.signal.tag());
        out.push(sender_length);
        out.extend_from_slice(self.sender.as_bytes());
        let checksum = crc32fast::hash(&out[start + 8..]).to_le_bytes();
        out[start + 4..start + 8].copy_from_slice(&checksum);
        let bytes = (out.len() - start) as u64;
        out.extend_from_slice(&self.payload);
        Some(Head {
            payload_checksum,
            payload_bytes: u64::from(length),
            sequence: self.sequence,
            accepted_at_ns: self.accepted_at_ns,
            items: self.items,
            signal: self.signal,
            sender: Arc::clone(&self.sender),
            bytes,
        })
    }
}

/// What stands in front of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    payload_checksum: u32,
    pub(super) payload_bytes: u64,
    pub(super) sequence: u64,
    pub(super) accepted_at_ns: u64,
    pub(super) items: u32,
    pub(super) signal: Signal,
    pub(super) sender: Arc<str>,
    /// Its own length.
    pub(super) bytes: u64,
}

impl Head {
    /// Reads the head that begins at the start of `bytes`, if one does.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&MARKER)?;
        let checksum = u32::from_le_bytes(take(&mut rest)?);
        let payload_checksum = u32::from_le_bytes(take(&mut rest)?);
        let payload_bytes = u64::from(u32::from_le_bytes(take(&mut rest)?));
        let sequence = u64::from_le_bytes(take(&mut rest)?);
        let accepted_at_ns = u64::from_le_bytes(take(&mut rest)?);
        let items = u32::from_le_bytes(take(&mut rest)?);
        let [tag, sender_length] = take(&mut rest)?;
        let length = FIXED_BYTES + usize::from(sender_length);
        let sender = bytes.get(FIXED_BYTES..length)?;
        if payload_bytes > PAYLOAD_LIMIT_BYTES || crc32fast::hash(bytes.get(8..length)?) != checksum {
            return None;
        }
        let sender = Arc::from(std::str::from_utf8(sender).ok()?);
        let signal = Signal::from_tag(tag)?;
        Some(Self {
            payload_checksum,
            payload_bytes,
            sequence,
            accepted_at_ns,
            items,
            signal,
            sender,
            bytes: length as u64,
        })
    }

    /// The whole record, if the payload is what was written.
    pub(super) fn with(self, payload: Bytes) -> Option<Record> {
        let Self { sequence, signal, sender, items, accepted_at_ns, .. } = self;
        let is_whole = payload.len() as u64 == self.payload_bytes && crc32fast::hash(&payload) == self.payload_checksum;
        is_whole.then_some(Record { sequence, signal, sender, items, accepted_at_ns, payload })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}
