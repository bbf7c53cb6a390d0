//! What the spool holds, in memory, and what is to be delivered next.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use ordertrace_otlp::Signal;

use super::account::{Account, DropReason, Stream};
use super::batch::{Batch, Gathered, Settlement};
use super::checkpoint::Checkpoint;
use super::disk::SEQUENCE_LIMIT;
use super::record::Head;
use super::segment::{Lane, Load, Out, Segment};
use super::settings::{SpoolSettings, WhenFull};

/// One batch in so many is of the oldest segment, the others of the newest where it has any:
/// what is fresh does not wait behind a backlog, and the backlog shrinks all the same.
const TURNS: u64 = 4;

#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Oldest first; the last may still be written.
    pub(super) segments: VecDeque<Segment>,
    /// Batches that are being delivered although their segment was dropped.
    orphans: Vec<Orphan>,
    gone: Vec<Gone>,
    /// Number of the next record to be written.
    pub(super) next_sequence: u64,
    /// Whether the last segment is still being written.
    pub(super) last_is_open: bool,
    pub(super) account: Account,
    pub(super) damaged_records: u64,
    /// Batches taken.
    turn: u64,
    /// Grows with every change that a checkpoint has to hold.
    version: u64,
    saved_version: u64,
}

#[derive(Debug)]
struct Orphan {
    first: u64,
    signal: Signal,
    out: Out,
    /// Why its segment was dropped.
    reason: DropReason,
}

/// A segment that is done with, as long as its file may still be there.
#[derive(Debug)]
struct Gone {
    first: u64,
    bytes: u64,
    /// A checkpoint on disk says so.
    is_recorded: bool,
}

/// Where the records of a batch are to be looked for.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) first: u64,
    pub(super) signal: Signal,
    pub(super) numbers: Range<u64>,
    pub(super) offsets: Range<u64>,
    /// The batch was out before and has these bounds.
    pub(super) is_again: bool,
}

impl Ledger {
    /// What recovery found.
    pub(super) fn recovered(segments: VecDeque<Segment>, account: Account, next_sequence: u64) -> Self {
        Self { segments, account, next_sequence, ..Self::default() }
    }

    /// Of all files that may be there.
    pub(super) fn bytes(&self) -> u64 {
        self.gone.iter().fold(self.live_bytes(), |sum, gone| sum + gone.bytes)
    }

    fn live_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Records that are not settled.
    pub(super) fn records(&self) -> u64 {
        let orphaned: u64 = self.orphans.iter().map(|orphan| orphan.out.load.records).sum();
        self.segments.iter().fold(orphaned, |sum, segment| sum + segment.records())
    }

    pub(super) fn oldest_at_ns(&self) -> Option<u64> {
        let unsettled = self.segments.iter().find(|segment| segment.records() > 0);
        unsettled.map(|segment| segment.started_at_ns)
    }

    /// Items that are not settled.
    pub(super) fn spooled(&self) -> BTreeMap<Stream, u64> {
        let mut sums = BTreeMap::new();
        let mut add = |signal, load: &Load| {
            for (sender, items) in &load.items {
                *sums.entry(Stream { signal, sender: sender.clone() }).or_default() += items;
            }
        };
        for (signal, lane) in self.segments.iter().flat_map(|segment| Signal::ALL.into_iter().zip(&segment.lanes)) {
            add(signal, &lane.unread);
            lane.out.iter().for_each(|out| add(signal, &out.load));
        }
        self.orphans.iter().for_each(|orphan| add(orphan.signal, &orphan.out.load));
        sums
    }

    /// Adds records that are on disk, at the end of the last segment.
    pub(super) fn append(&mut self, heads: &[Head], bytes: u64) {
        let Some(segment) = self.segments.back_mut() else { return };
        for head in heads {
            segment.note(head.sequence, head.accepted_at_ns);
            segment.lane(head.signal).unread.add(&head.sender, head.items, head.payload_bytes);
            self.account.accept(head.signal, &head.sender, u64::from(head.items));
        }
        segment.bytes += bytes;
    }

    /// Where to look for the next batch, best first.
    pub(super) fn places(&self, limit_bytes: u64) -> Vec<Place> {
        let mut places = Vec::new();
        for (segment, signal, lane) in self.lanes(0..self.segments.len()) {
            places.extend(lane.out.iter().filter(|out| !out.is_held).map(|out| Place {
                first: segment.first,
                signal,
                numbers: out.numbers.clone(),
                offsets: out.offset..segment.bytes,
                is_again: true,
            }));
        }
        let last = self.segments.len().saturating_sub(1);
        let (fresh, backlog) = (last..self.segments.len(), 0..last);
        let order: [Range<usize>; 2] = if self.turn % TURNS == TURNS - 1 { [backlog, fresh] } else { [fresh, backlog] };
        let lanes = order.into_iter().flat_map(|range| self.lanes(range));
        places.extend(lanes.filter(|(.., lane)| lane.is_ready(limit_bytes)).map(|(segment, signal, lane)| Place {
            first: segment.first,
            signal,
            numbers: lane.until..SEQUENCE_LIMIT,
            offsets: lane.offset..segment.bytes,
            is_again: false,
        }));
        places
    }

    /// The lanes of some segments; each turn another signal is first.
    fn lanes(&self, range: Range<usize>) -> impl Iterator<Item = (&Segment, Signal, &Lane)> {
        let start = usize::try_from(self.turn % 3).unwrap_or(0);
        self.segments.range(range).flat_map(move |segment| {
            (start..start + 3).map(move |at| (segment, Signal::ALL[at % 3], &segment.lanes[at % 3]))
        })
    }

    /// Hands out what was found at a place. `None` when there was nothing but damage, or the
    /// segment was dropped meanwhile.
    pub(super) fn take(&mut self, place: &Place, found: Gathered) -> Option<Batch> {
        let segment = self.segments.iter_mut().find(|segment| segment.first == place.first)?;
        let has_grown = segment.bytes > place.offsets.end;
        let lane = segment.lane(place.signal);
        let load = Load::of(&found.records);
        let numbers = match (place.is_again, found.records.last()) {
            (true, _) => place.numbers.clone(),
            (false, Some(last)) => {
                found.records.first().map_or(last.sequence, |first| first.sequence)..last.sequence + 1
            }
            (false, None) => lane.until..lane.until,
        };
        let mut lost = Load::default();
        if place.is_again {
            let at = lane.out.iter().position(|out| out.numbers == numbers && !out.is_held)?;
            let mut out = lane.out.swap_remove(at);
            lost = std::mem::replace(&mut out.load, load.clone());
            lost.subtract(&load);
        } else {
            lane.unread.subtract(&load);
            lane.until = lane.until.max(numbers.end);
            lane.offset = found.end_offset;
            if found.is_end && !has_grown {
                lost = std::mem::take(&mut lane.unread);
            }
            self.turn += 1;
        }
        if load.records > 0 {
            let offset = found.start_offset;
            lane.out.push(Out { numbers: numbers.clone(), offset, load, is_held: true });
        }
        self.damaged_records += lost.records;
        for (sender, items) in &lost.items {
            self.account.drop(place.signal, sender, DropReason::Damaged, *items);
        }
        self.version += 1;
        let batch = Batch { signal: place.signal, records: found.records, first: place.first, numbers };
        (!batch.records.is_empty()).then_some(batch)
    }

    /// Makes a batch that could not be handed out wait for the next who asks.
    pub(super) fn give_back(&mut self, batch: &Batch) {
        if let Some(out) = self.out(batch) {
            out.is_held = false;
        }
    }

    fn out(&mut self, batch: &Batch) -> Option<&mut Out> {
        let segment = self.segments.iter_mut().find(|segment| segment.first == batch.first)?;
        segment.lane(batch.signal).out.iter_mut().find(|out| out.numbers == batch.numbers)
    }

    /// Puts two batches that are out in the place of one.
    pub(super) fn split(&mut self, whole: &Batch, halves: [&Batch; 2]) {
        let out = |offset, half: &Batch| Out {
            numbers: half.numbers.clone(),
            offset,
            load: Load::of(&half.records),
            is_held: true,
        };
        self.version += 1;
        if let Some(old) = self.out(whole) {
            let offset = old.offset;
            let [left, right] = halves.map(|half| out(offset, half));
            *old = left;
            if let Some(segment) = self.segments.iter_mut().find(|segment| segment.first == whole.first) {
                segment.lane(whole.signal).out.push(right);
            }
        } else if let Some(at) = self.orphans.iter().position(|orphan| orphan.is(whole)) {
            let Orphan { reason, .. } = self.orphans.swap_remove(at);
            let of = |half| Orphan { first: whole.first, signal: whole.signal, out: out(0, half), reason };
            self.orphans.extend(halves.map(of));
        }
    }

    /// Takes a batch off the account.
    pub(super) fn settle(&mut self, batch: &Batch, settlement: Settlement) {
        let segment = self.segments.iter_mut().find(|segment| segment.first == batch.first);
        let outs = segment.map(|segment| &mut segment.lane(batch.signal).out);
        let at = outs.as_ref().and_then(|outs| outs.iter().position(|out| out.numbers == batch.numbers));
        if let (Some(outs), Some(at)) = (outs, at) {
            outs.swap_remove(at);
        } else if let Some(at) = self.orphans.iter().position(|orphan| orphan.is(batch)) {
            self.orphans.swap_remove(at);
        } else {
            return;
        }
        let (reason, mut lost) = match settlement {
            Settlement::Taken { rejected_items } => (DropReason::Rejected, rejected_items),
            Settlement::Refused => (DropReason::Refused, u64::MAX),
        };
        for record in &batch.records {
            let items = u64::from(record.items);
            let dropped = items.min(lost);
            lost -= dropped;
            self.account.drop(batch.signal, &record.sender, reason, dropped);
            self.account.send(batch.signal, &record.sender, items - dropped);
        }
        self.version += 1;
    }

    /// Drops what the policy allows to drop, so that `wanted_bytes` more fit once the files of
    /// what is gone are removed.
    pub(super) fn make_room(&mut self, wanted_bytes: u64, settings: &SpoolSettings) {
        let fits = |ledger: &Self| ledger.live_bytes() + wanted_bytes <= settings.limit_bytes;
        if !fits(self) && self.segments.back().is_some_and(|last| last.records() == 0) {
            // Nothing but settled records in the open segment.
            self.last_is_open = false;
            self.retire();
        }
        while !fits(self) && settings.when_full == WhenFull::DropOldest && self.drop_oldest(DropReason::Full) {}
    }

    /// Drops the oldest segment and counts what is lost with it.
    pub(super) fn drop_oldest(&mut self, reason: DropReason) -> bool {
        let Some(segment) = self.segments.pop_front() else { return false };
        self.last_is_open &= !self.segments.is_empty();
        for (signal, lane) in Signal::ALL.into_iter().zip(segment.lanes) {
            let mut lost = vec![lane.unread];
            for out in lane.out {
                if out.is_held {
                    self.orphans.push(Orphan { first: segment.first, signal, out, reason });
                } else {
                    lost.push(out.load);
                }
            }
            for (sender, items) in lost.iter().flat_map(|load| &load.items) {
                self.account.drop(signal, sender, reason, *items);
            }
        }
        self.bury(segment.first, segment.bytes);
        true
    }

    /// Whether the oldest segment has nothing younger than `limit_ns`.
    pub(super) fn oldest_is_before(&self, limit_ns: u64) -> bool {
        self.segments.front().is_some_and(|segment| segment.end > segment.first && segment.youngest_at_ns < limit_ns)
    }

    /// Lets the segments go of which nothing is left to deliver; whether there were any.
    pub(super) fn retire(&mut self) -> bool {
        let last = self.segments.back().filter(|_| self.last_is_open).map(|segment| segment.first);
        let is_done = |segment: &Segment| segment.records() == 0 && Some(segment.first) != last;
        let done = self.segments.iter().filter(|segment| is_done(segment));
        let done: Vec<_> = done.map(|segment| (segment.first, segment.bytes)).collect();
        self.segments.retain(|segment| !is_done(segment));
        done.iter().for_each(|(first, bytes)| self.bury(*first, *bytes));
        !done.is_empty()
    }

    /// The segment's file is to be removed.
    pub(super) fn bury(&mut self, first: u64, bytes: u64) {
        self.gone.push(Gone { first, bytes, is_recorded: false });
        self.version += 1;
    }

    /// Files that may be removed: those of segments that a checkpoint on disk calls gone.
    pub(super) fn removable(&self) -> Vec<u64> {
        self.gone.iter().filter(|gone| gone.is_recorded).map(|gone| gone.first).collect()
    }

    pub(super) fn removed(&mut self, firsts: &[u64]) {
        self.gone.retain(|gone| !firsts.contains(&gone.first));
    }

    /// What has to be written now, and under which version; `None` when it is on disk already.
    pub(super) fn unsaved(&self) -> Option<(u64, Checkpoint)> {
        (self.version != self.saved_version).then(|| (self.version, self.checkpoint()))
    }

    pub(super) fn saved(&mut self, version: u64, checkpoint: &Checkpoint) {
        self.saved_version = version;
        for gone in &mut self.gone {
            gone.is_recorded |= checkpoint.gone.contains(&gone.first);
        }
    }

    fn checkpoint(&self) -> Checkpoint {
        // Should this process end now, orphans are lost with their segments.
        let mut account = self.account.clone();
        for Orphan { signal, out, reason, .. } in &self.orphans {
            for (sender, items) in &out.load.items {
                account.drop(*signal, sender, *reason, *items);
            }
        }
        Checkpoint {
            next_sequence: self.next_sequence,
            segments: self.segments.iter().filter_map(Segment::progress).collect(),
            gone: self.gone.iter().map(|gone| gone.first).collect(),
            account: account.to_entries(),
        }
    }
}

impl Orphan {
    fn is(&self, batch: &Batch) -> bool {
        self.first == batch.first && self.signal == batch.signal && self.out.numbers == batch.numbers
    }
}
