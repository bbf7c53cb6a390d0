//! Finding what an earlier process left.

use std::collections::VecDeque;

use ordertrace_otlp::Signal;

use super::SpoolError;
use super::account::Account;
use super::checkpoint::{Checkpoint, Slots};
use super::disk::{Disk, SEQUENCE_LIMIT};
use super::files::Files;
use super::ledger::Ledger;
use super::record::Head;
use super::scan::{Scan, Step};
use super::segment::{Load, Out, Segment};
use crate::cause::with_causes;

/// Reads the checkpoint and every segment. Damage is counted, never an error.
pub(super) fn recover<F: Files>(disk: &Disk<F>) -> Result<(Ledger, Slots<F>), SpoolError> {
    let (slots, found) = Slots::open(disk)?;
    if found.is_damaged {
        tracing::warn!("the spool's checkpoint is damaged; what is in the spool is delivered again from its start");
    }
    let checkpoint = found.checkpoint;
    let mut recovery = Recovery {
        account: Account::from_entries(checkpoint.account.clone()),
        next_sequence: checkpoint.next_sequence,
        damaged_records: 0,
        checkpoint,
    };
    let mut segments = VecDeque::new();
    let mut done = Vec::new();
    let files = disk.segments()?;
    for (at, (first, bytes)) in files.iter().enumerate() {
        let limit = files.get(at + 1).map_or(SEQUENCE_LIMIT, |(next_first, _)| *next_first);
        // A file that is to be removed must never be mistaken for a later one of its name.
        recovery.next_sequence = recovery.next_sequence.max(first + 1).min(SEQUENCE_LIMIT - 1);
        if recovery.checkpoint.gone.contains(first) {
            done.push((*first, *bytes));
            continue;
        }
        match recovery.segment(disk, *first, limit, *bytes) {
            Ok(segment) if segment.records() == 0 => done.push((*first, *bytes)),
            Ok(segment) => segments.push_back(segment),
            Err(error) => {
                tracing::error!(
                    error = with_causes(&error),
                    "a spool segment cannot be read; it stays for the next start"
                );
                recovery.damaged_records += 1;
                // Whatever numbers it holds must not come again.
                recovery.next_sequence =
                    recovery.next_sequence.max(first.saturating_add(*bytes + 1)).min(SEQUENCE_LIMIT - 1);
            }
        }
    }
    let mut ledger = Ledger::recovered(segments, recovery.account, recovery.next_sequence);
    ledger.damaged_records = recovery.damaged_records;
    let spooled = ledger.spooled();
    ledger.account.balance(&spooled);
    done.into_iter().for_each(|(first, bytes)| ledger.bury(first, bytes));
    Ok((ledger, slots))
}

struct Recovery {
    checkpoint: Checkpoint,
    account: Account,
    next_sequence: u64,
    damaged_records: u64,
}

impl Recovery {
    fn segment<F: Files>(&mut self, disk: &Disk<F>, first: u64, limit: u64, bytes: u64) -> Result<Segment, SpoolError> {
        let mut segment = Segment { bytes, ..Segment::empty(first) };
        for signal in Signal::ALL {
            if let Some(progress) = self.checkpoint.lane(first, signal) {
                let lane = segment.lane(signal);
                lane.until = progress.until;
                let out = |(start, end): &(u64, u64)| Out {
                    numbers: *start..*end,
                    offset: u64::MAX,
                    load: Load::default(),
                    is_held: false,
                };
                lane.out = progress.out.iter().map(out).collect();
            }
        }
        // What an earlier process wrote may not be on disk yet.
        disk.refresh(first)?;
        let mut scan = Scan::new(disk, first, first..limit, 0..bytes);
        let mut lost_records = 0;
        // Set by damage, to the number that should have come.
        let mut missing_from = None;
        loop {
            match scan.next()? {
                Step::End => break,
                Step::Stray => {}
                Step::Damage => {
                    missing_from.get_or_insert(segment.end);
                }
                Step::Head(head, offset) => {
                    if let Some(expected) = missing_from.take() {
                        lost_records += (head.sequence - expected).max(1);
                    }
                    segment.note(head.sequence, head.accepted_at_ns);
                    match scan.record(head.clone())? {
                        Some(_) => self.note(&mut segment, &head, offset),
                        None => lost_records += 1,
                    }
                }
            }
        }
        lost_records += u64::from(missing_from.is_some());
        if lost_records > 0 {
            tracing::warn!(segment = first, lost_records, "a spool segment is damaged");
            self.damaged_records += lost_records;
        }
        for lane in &mut segment.lanes {
            lane.out.retain(|out| out.load.records > 0);
        }
        self.next_sequence = self.next_sequence.max(segment.end).min(SEQUENCE_LIMIT - 1);
        Ok(segment)
    }

    /// Puts a whole record where the checkpoint says that it belongs.
    fn note(&mut self, segment: &mut Segment, head: &Head, offset: u64) {
        let sender = self.account.sender(&head.sender);
        if head.sequence >= self.checkpoint.next_sequence {
            self.account.accept(head.signal, &sender, u64::from(head.items));
        }
        let lane = segment.lane(head.signal);
        if head.sequence >= lane.until {
            if lane.unread.records == 0 {
                lane.offset = offset;
            }
            lane.unread.add(&sender, head.items, head.payload_bytes);
        } else if let Some(out) = lane.out.iter_mut().find(|out| out.numbers.contains(&head.sequence)) {
            out.offset = out.offset.min(offset);
            out.load.add(&sender, head.items, head.payload_bytes);
        }
    }
}
