//! The spool without threads or tasks: what each operation does to disk and ledger.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::SpoolError;
use super::account::DropReason;
use super::batch::{Batch, Gathered, Settlement};
use super::checkpoint::Slots;
use super::disk::{Disk, SEQUENCE_LIMIT};
use super::files::Files;
use super::ledger::{Ledger, Place};
use super::recovery;
use super::scan::{Scan, Step};
use super::settings::SpoolSettings;
use crate::cause::with_causes;

/// Records of one batch, at most: the collector knows each by itself, which costs it some memory.
const BATCH_RECORDS: usize = 1_000;

/// What appending and reading share. Locks are taken in the order of the fields.
#[derive(Debug)]
pub(super) struct Store<F: Files> {
    pub(super) disk: Disk<F>,
    pub(super) settings: SpoolSettings,
    /// Held from looking for a batch until it is taken.
    looking: Mutex<()>,
    /// Held while a checkpoint is written, so that no older one follows.
    slots: Mutex<Slots<F>>,
    ledger: Mutex<Ledger>,
}

/// What a look for a batch gave.
#[derive(Debug)]
pub(super) enum Look {
    Batch(Batch),
    Nothing,
    /// Only damaged or dropped records; look again.
    Hole,
}

impl<F: Files> Store<F> {
    /// Finds what an earlier process left.
    pub(super) fn open(files: F, settings: SpoolSettings) -> Result<Self, SpoolError> {
        let disk = Disk::new(files, &settings.dir);
        let (ledger, slots) = recovery::recover(&disk)?;
        let store =
            Self { disk, settings, looking: Mutex::default(), slots: Mutex::new(slots), ledger: Mutex::new(ledger) };
        if let Err(error) = store.tidy() {
            tracing::warn!(error = with_causes(&error), "settled spool segments stay on disk");
        }
        Ok(store)
    }

    /// A poisoned lock means a panic elsewhere; the ledger is changed in single steps that
    /// leave it consistent, so it can be used on.
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether [`look`](Self::look) is worth its while.
    pub(super) fn has_next(&self, limit_bytes: u64) -> bool {
        !self.ledger().places(limit_bytes).is_empty()
    }

    /// Takes the next batch. Its bounds are on disk when it is returned.
    pub(super) fn look(&self, limit_bytes: u64) -> Result<Look, SpoolError> {
        let _looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let places = self.ledger().places(limit_bytes);
        let mut failed = None;
        for place in places {
            match self.gather(&place, limit_bytes) {
                Ok(found) => {
                    let (batch, is_done) = {
                        let mut ledger = self.ledger();
                        (ledger.take(&place, found), ledger.retire())
                    };
                    let saved = if is_done { self.tidy() } else { self.save() };
                    let Some(batch) = batch else { return saved.map(|()| Look::Hole) };
                    return match saved {
                        Ok(()) => Ok(Look::Batch(batch)),
                        Err(error) => {
                            self.ledger().give_back(&batch);
                            Err(error)
                        }
                    };
                }
                // One place that cannot be read does not keep the others from being delivered.
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(Look::Nothing), Err)
    }

    /// The records at a place: up to its last number, or else so many as are together at
    /// most `limit_bytes` long, at least one.
    fn gather(&self, place: &Place, limit_bytes: u64) -> Result<Gathered, SpoolError> {
        let Place { first, signal, numbers, offsets, is_again } = place;
        let mut scan = Scan::new(&self.disk, *first, *first..SEQUENCE_LIMIT, offsets.clone());
        let mut found = Gathered { start_offset: offsets.start, ..Gathered::default() };
        let mut bytes = 0;
        loop {
            found.end_offset = scan.offset();
            match scan.next()? {
                Step::End => {
                    found.is_end = true;
                    return Ok(found);
                }
                Step::Damage | Step::Stray => {}
                Step::Head(head, _) if head.sequence >= numbers.end => return Ok(found),
                Step::Head(head, offset) if head.signal == *signal && head.sequence >= numbers.start => {
                    let is_full = bytes + head.payload_bytes > limit_bytes || found.records.len() >= BATCH_RECORDS;
                    if !is_again && !found.records.is_empty() && is_full {
                        return Ok(found);
                    }
                    bytes += head.payload_bytes;
                    if let Some(record) = scan.record(head)? {
                        if found.records.is_empty() {
                            found.start_offset = offset;
                        }
                        found.records.push(record);
                    }
                }
                Step::Head(..) => {}
            }
        }
    }

    /// Takes a batch off the spool.
    pub(super) fn settle(&self, batch: &Batch, settlement: Settlement) -> Result<(), SpoolError> {
        let must_tidy = {
            let mut ledger = self.ledger();
            ledger.settle(batch, settlement);
            // While there is more, the next batch's bounds are written with it.
            ledger.retire() || ledger.records() == 0
        };
        if must_tidy { self.tidy() } else { Ok(()) }
    }

    /// Puts a batch's halves in its place.
    pub(super) fn split(&self, batch: &Batch) -> Result<Option<[Batch; 2]>, SpoolError> {
        let Some(halves) = batch.halves() else { return Ok(None) };
        let [left, right] = &halves;
        self.ledger().split(batch, [left, right]);
        self.save()?;
        Ok(Some(halves))
    }

    /// Drops the segments that hold nothing younger than the settings allow.
    pub(super) fn expire(&self, now_ns: u64) {
        let max_age_ns = u64::try_from(self.settings.max_age.as_nanos()).unwrap_or(u64::MAX);
        let limit_ns = now_ns.saturating_sub(max_age_ns);
        let mut has_dropped = false;
        {
            let mut ledger = self.ledger();
            while ledger.oldest_is_before(limit_ns) {
                has_dropped |= ledger.drop_oldest(DropReason::Expired);
            }
        }
        if has_dropped {
            tracing::warn!("telemetry that was older than spool.max_age was dropped");
            self.tidy_after_drop();
        }
    }

    /// Whether `wanted_bytes` more fit, after dropping what the policy allows to drop.
    pub(super) fn make_room(&self, wanted_bytes: u64) -> bool {
        let fits = || self.ledger().bytes() + wanted_bytes <= self.settings.limit_bytes;
        if fits() {
            return true;
        }
        self.ledger().make_room(wanted_bytes, &self.settings);
        self.tidy_after_drop();
        fits()
    }

    fn tidy_after_drop(&self) {
        if let Err(error) = self.tidy() {
            tracing::warn!(error = with_causes(&error), "dropped spool segments stay on disk");
        }
    }

    /// Writes a checkpoint, then removes the files that it calls gone.
    fn tidy(&self) -> Result<(), SpoolError> {
        self.save()?;
        let removable = self.ledger().removable();
        if !removable.is_empty() {
            removable.iter().try_for_each(|first| self.disk.remove(*first))?;
            self.disk.sync_names()?;
            self.ledger().removed(&removable);
        }
        Ok(())
    }

    /// Writes down how far delivery is, if that has changed.
    pub(super) fn save(&self) -> Result<(), SpoolError> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((version, checkpoint)) = self.ledger().unsaved() else { return Ok(()) };
        slots.write(&self.disk, &checkpoint)?;
        self.ledger().saved(version, &checkpoint);
        Ok(())
    }
}
