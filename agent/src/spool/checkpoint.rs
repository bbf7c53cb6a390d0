//! How far delivery is, and the account of it, as they stand on disk.
//!
//! Two files of fixed length are written in turn, in place, so that one of them is whole at
//! any moment and that a full disk does not keep the spool from being emptied. Both carry a
//! generation and a checksum; the younger whole one counts.

use ordertrace_otlp::Signal;
use serde::{Deserialize, Serialize};

use super::SpoolError;
use super::account::Entry;
use super::disk::{Disk, SEQUENCE_LIMIT};
use super::files::Files;

const NAMES: [&str; 2] = ["checkpoint-0", "checkpoint-1"];
/// Bytes that each file has from the start.
const RESERVED_BYTES: usize = 64 * 1024;
/// Longer ones are none.
const LIMIT_BYTES: u64 = 64 << 20;
const FORMAT: &str = "ordertrace-spool 2";
const FIRST_LINE_BYTES: usize = 100;

/// A spool's state that is not in its segments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// Records of lower numbers are in `account`.
    pub(super) next_sequence: u64,
    /// Segments of which something was handed out.
    pub(super) segments: Vec<Progress>,
    /// Segments that are done with, though their files may still be there.
    pub(super) gone: Vec<u64>,
    pub(super) account: Vec<Entry>,
}

/// How far the delivery of a segment is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) first: u64,
    pub(super) lanes: Vec<LaneProgress>,
}

/// How far the delivery of one signal of a segment is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LaneProgress {
    pub(super) signal: Signal,
    /// Lower numbers were handed out.
    pub(super) until: u64,
    /// Those of them that are not settled, batch by batch: from, up to but not including.
    pub(super) out: Vec<(u64, u64)>,
}

impl Checkpoint {
    pub(super) fn lane(&self, first: u64, signal: Signal) -> Option<&LaneProgress> {
        let segment = self.segments.iter().find(|segment| segment.first == first)?;
        segment.lanes.iter().find(|lane| lane.signal == signal)
    }

    fn is_possible(&self) -> bool {
        let lanes = self.segments.iter().flat_map(|segment| &segment.lanes);
        let mut numbers = lanes.flat_map(|lane| {
            let bounds = lane.out.iter().flat_map(|(start, end)| [*start, *end]);
            bounds.chain([lane.until])
        });
        self.next_sequence < SEQUENCE_LIMIT
            && self.gone.iter().all(|first| *first < SEQUENCE_LIMIT)
            && numbers.all(|number| number < SEQUENCE_LIMIT)
    }
}

/// The two files.
#[derive(Debug)]
pub(super) struct Slots<F: Files> {
    files: [F::File; 2],
    /// Which is written next; the other holds the last one that is known to be on disk.
    next: usize,
    generation: u64,
}

/// What the two files held.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) checkpoint: Checkpoint,
    /// There was one, and it cannot be read.
    pub(super) is_damaged: bool,
}

impl<F: Files> Slots<F> {
    /// Opens the files, and makes and fills them where they are missing.
    pub(super) fn open(disk: &Disk<F>) -> Result<(Self, Found), SpoolError> {
        let mut youngest: Option<(u64, usize, Checkpoint)> = None;
        let mut is_written = false;
        let mut open = |slot: usize| -> Result<F::File, SpoolError> {
            let name = NAMES[slot];
            let failed = |action| move |source| disk.error(action, name, source);
            let mut file = disk.files.open(name, false).map_err(failed("create"))?;
            // What an earlier process wrote may not be on disk, and the other file is
            // overwritten next.
            disk.files.refresh(name).map_err(failed("sync"))?;
            let bytes = disk.files.read(name, 0, LIMIT_BYTES).map_err(failed("read"))?;
            is_written |= bytes.iter().any(|byte| *byte != 0);
            if let Some((generation, checkpoint)) = parse(&bytes)
                && youngest.as_ref().is_none_or(|(other, ..)| generation > *other)
            {
                youngest = Some((generation, slot, checkpoint));
            }
            if let Some(missing) = RESERVED_BYTES.checked_sub(bytes.len()).filter(|missing| *missing > 0) {
                disk.files.write(&mut file, bytes.len() as u64, &vec![0; missing]).map_err(failed("write"))?;
                disk.files.sync(&file).map_err(failed("sync"))?;
            }
            Ok(file)
        };
        let files = [open(0)?, open(1)?];
        disk.sync_names()?;
        Ok(match youngest {
            Some((generation, slot, checkpoint)) => {
                (Self { files, next: 1 - slot, generation }, Found { checkpoint, is_damaged: false })
            }
            None => {
                let found = Found { checkpoint: Checkpoint::default(), is_damaged: is_written };
                (Self { files, next: 0, generation: 0 }, found)
            }
        })
    }

    /// Writes a checkpoint; it is on disk when this returns. After an error either this or the
    /// one before it is found.
    pub(super) fn write(&mut self, disk: &Disk<F>, checkpoint: &Checkpoint) -> Result<(), SpoolError> {
        let slot = self.next;
        let failed = |action| move |source| disk.error(action, NAMES[slot], source);
        self.generation += 1;
        let text = to_text(self.generation, checkpoint).map_err(|error| failed("encode")(error.into()))?;
        let file = &mut self.files[slot];
        disk.files.write(file, 0, text.as_bytes()).map_err(failed("write"))?;
        disk.files.sync(file).map_err(failed("sync"))?;
        // Only now: the other file must stay whole until this one is.
        self.next = 1 - slot;
        Ok(())
    }
}

fn to_text(generation: u64, checkpoint: &Checkpoint) -> serde_json::Result<String> {
    let body = serde_json::to_string(checkpoint)?;
    let checksum = checksum(generation, body.as_bytes());
    Ok(format!("{FORMAT} {generation} {} {checksum:08x}\n{body}\n", body.len()))
}

/// `None` when the bytes do not begin with what [`to_text`] made.
fn parse(bytes: &[u8]) -> Option<(u64, Checkpoint)> {
    let line_end = bytes.iter().take(FIRST_LINE_BYTES).position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(bytes.get(..line_end)?).ok()?;
    let mut fields = line.strip_prefix(FORMAT)?.strip_prefix(' ')?.split(' ');
    let generation: u64 = fields.next()?.parse().ok()?;
    let length: usize = fields.next()?.parse().ok()?;
    let expected = u32::from_str_radix(fields.next()?, 16).ok()?;
    let body = bytes.get(line_end + 1..)?.get(..length)?;
    if generation >= SEQUENCE_LIMIT || checksum(generation, body) != expected {
        return None;
    }
    let checkpoint: Checkpoint = serde_json::from_slice(body).ok()?;
    checkpoint.is_possible().then_some((generation, checkpoint))
}

fn checksum(generation: u64, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&generation.to_le_bytes());
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(next_sequence: u64) -> Checkpoint {
        let lanes = vec![LaneProgress { signal: Signal::Logs, until: 9, out: vec![(4, 6), (7, 9)] }];
        Checkpoint { next_sequence, segments: vec![Progress { first: 3, lanes }], gone: vec![1, 2], account: vec![] }
    }

    proptest::proptest! {
        #[test]
        fn text_form_round_trips_and_a_flipped_byte_is_noticed(
            next_sequence in 0..SEQUENCE_LIMIT, generation in 0..SEQUENCE_LIMIT, at: proptest::sample::Index, bit in 0..7,
        ) {
            let mut bytes = to_text(generation, &example(next_sequence)).unwrap().into_bytes();
            let whole = bytes.len() - 1;
            bytes.extend_from_slice(b"what a longer one left");
            let read = Some((generation, example(next_sequence)));
            proptest::prop_assert_eq!(&parse(&bytes), &read);
            bytes[at.index(whole)] ^= 1_u8 << bit;
            // Only the checksum's letters may change their case without changing its value.
            let found = parse(&bytes);
            proptest::prop_assert!(found.is_none() || found == read);
        }
    }
}
