//! Reading batches and settling them.

use std::sync::Arc;

use bytes::Bytes;

use super::record::{Decoded, HEAD_BYTES, Record, decode, next_marker};
use super::{Shared, Spool, SpoolError};
use crate::signal::Signal;

/// Read at a time, so that small records do not cost a system call each.
const WINDOW_BYTES: u64 = 256 * 1024;

/// Records of one signal that are delivered as one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What they carry.
    pub signal: Signal,
    /// In order.
    pub records: Vec<Record>,
    until: u64,
}

impl Batch {
    /// Items in it.
    pub fn items(&self) -> u64 {
        self.records.iter().map(|record| u64::from(record.items)).sum()
    }

    /// Its records as one request: OTLP export requests consist of one repeated field, so
    /// their encodings joined end to end are the encoding of one request (Protocol Buffers,
    /// "Last one wins", on concatenated messages).
    pub fn request(&self) -> Bytes {
        match &self.records[..] {
            [record] => record.payload.clone(),
            records => {
                let length = records.iter().map(|record| record.payload.len()).sum();
                let mut joined = Vec::with_capacity(length);
                records.iter().for_each(|record| joined.extend_from_slice(&record.payload));
                joined.into()
            }
        }
    }
}

/// What a look at the disk gave.
enum Found {
    Batch(Batch),
    Nothing,
    /// Only damaged or dropped records; look again behind them.
    Hole,
}

/// A part of a segment in memory.
struct Window {
    first: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl Spool {
    /// The next batch: the one that is out already, or else consecutive records of one signal
    /// up to `limit_bytes`, at least one. Waits while there is none. The batch is returned
    /// again until it is settled.
    ///
    /// # Errors
    /// [`SpoolError`] when the disk cannot be read or the position not be written.
    pub async fn freeze(&self, limit_bytes: u64) -> Result<Batch, SpoolError> {
        let _reading = self.shared.reading.lock().await;
        let mut changes = self.shared.changes.subscribe();
        loop {
            changes.mark_unchanged();
            match self.blocking(move |shared| shared.look(limit_bytes)).await? {
                Found::Batch(batch) => return Ok(batch),
                Found::Hole => {}
                // The sender lives as long as `self`: this wakes for the next record.
                Found::Nothing => drop(changes.changed().await),
            }
        }
    }

    /// Takes a batch off the spool, whether it was delivered or refused for good.
    ///
    /// # Errors
    /// [`SpoolError`] when the position cannot be written or a segment not be removed; the
    /// batch is settled all the same.
    pub async fn settle(&self, batch: &Batch) -> Result<(), SpoolError> {
        let _reading = self.shared.reading.lock().await;
        let (removed, is_empty) = {
            let mut ledger = self.shared.ledger();
            ledger.settle(&batch.records);
            ledger.advance(batch.until);
            (ledger.take_settled(), ledger.is_empty())
        };
        let result = self.blocking(move |shared| {
            if is_empty {
                // While there is more, the next batch's bounds are written with it.
                shared.save_position()?;
            }
            removed.into_iter().try_for_each(|first| shared.disk.remove(first))
        });
        let result = result.await;
        self.shared.changed();
        result
    }

    /// Replaces a batch that is out by one of its first record alone, because the receiver
    /// refused it as a whole.
    ///
    /// # Errors
    /// [`SpoolError`] when the position cannot be written.
    pub async fn narrow(&self, mut batch: Batch) -> Result<Batch, SpoolError> {
        let _reading = self.shared.reading.lock().await;
        batch.records.truncate(1);
        let until = batch.records.first().map_or(batch.until, |first| first.sequence + 1);
        self.shared.ledger().position.frozen_until = Some(until);
        self.blocking(Shared::save_position).await?;
        Ok(Batch { until, ..batch })
    }

    /// Writes down how far delivery is, so that nothing settled is delivered again.
    ///
    /// # Errors
    /// [`SpoolError`] when the position cannot be written.
    pub async fn save_position(&self) -> Result<(), SpoolError> {
        let _reading = self.shared.reading.lock().await;
        self.blocking(Shared::save_position).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, SpoolError> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let shared = Arc::clone(&self.shared);
        let dir = shared.settings.dir.clone();
        tokio::task::spawn_blocking(move || work(&shared)).await.unwrap_or_else(|error| {
            Err(SpoolError::Io { action: "work on", path: dir, source: std::io::Error::other(error) })
        })
    }
}

impl Shared {
    fn look(&self, limit_bytes: u64) -> Result<Found, SpoolError> {
        let position = self.ledger().position;
        let frozen = position.frozen_until;
        let records = self.gather(position.next, frozen, limit_bytes)?;
        let Some(first) = records.first() else {
            return Ok(match frozen {
                Some(until) => {
                    self.ledger().advance(until);
                    Found::Hole
                }
                None => Found::Nothing,
            });
        };
        let signal = first.signal;
        let until = frozen.unwrap_or_else(|| records.last().map_or(position.next, |last| last.sequence + 1));
        if frozen.is_none() {
            self.ledger().position.frozen_until = Some(until);
            if let Err(error) = self.save_position() {
                self.ledger().position.frozen_until = None;
                return Err(error);
            }
        }
        Ok(Found::Batch(Batch { signal, records, until }))
    }

    fn save_position(&self) -> Result<(), SpoolError> {
        let (position, saved) = {
            let ledger = self.ledger();
            (ledger.position, ledger.saved)
        };
        if position != saved {
            self.disk.write_position(&position.to_text())?;
            self.ledger().saved = position;
        }
        Ok(())
    }

    /// Records from number `next` on: up to `until` when given, else of one signal and
    /// together at most `limit_bytes` long, at least one.
    fn gather(&self, next: u64, until: Option<u64>, limit_bytes: u64) -> Result<Vec<Record>, SpoolError> {
        let mut records: Vec<Record> = Vec::new();
        let mut bytes = 0;
        let places: Vec<(u64, u64, u64)> = {
            let ledger = self.ledger();
            let unread = ledger.segments.iter().filter(|segment| segment.end > next && segment.pending_records > 0);
            unread.map(|segment| (segment.first, segment.read_bytes, segment.synced_bytes)).collect()
        };
        for (first, mut offset, end) in places {
            let mut window = Window { first, start: offset, bytes: Vec::new() };
            while offset < end {
                let Some((record, length)) = self.record_at(&mut window, offset, end)? else {
                    offset += self.skip_damage(first, offset, end)?;
                    continue;
                };
                if record.sequence < next {
                    offset += length;
                    self.remember(first, offset);
                    continue;
                }
                let is_out = match until {
                    Some(until) => record.sequence >= until,
                    None => records.first().is_some_and(|earlier| {
                        earlier.signal != record.signal || bytes + record.payload.len() as u64 > limit_bytes
                    }),
                };
                if is_out {
                    return Ok(records);
                }
                bytes += record.payload.len() as u64;
                offset += length;
                records.push(record);
            }
        }
        Ok(records)
    }

    /// Reading starts behind settled records next time.
    fn remember(&self, first: u64, offset: u64) {
        let mut ledger = self.ledger();
        if let Some(segment) = ledger.segments.iter_mut().find(|segment| segment.first == first) {
            segment.read_bytes = segment.read_bytes.max(offset);
        }
    }

    fn record_at(&self, window: &mut Window, offset: u64, end: u64) -> Result<Option<(Record, u64)>, SpoolError> {
        let Some(head) = self.bytes_at(window, offset, HEAD_BYTES as u64, end)? else { return Ok(None) };
        let Some(field) = head.get(8..12).and_then(|field| field.first_chunk::<4>()) else { return Ok(None) };
        let length = HEAD_BYTES as u64 + u64::from(u32::from_le_bytes(*field));
        let Some(bytes) = self.bytes_at(window, offset, length, end)? else { return Ok(None) };
        Ok(match decode(bytes) {
            Decoded::Record(record, length) => Some((record, length as u64)),
            Decoded::Damaged => None,
        })
    }

    /// `length` bytes from `offset`, read together with some that follow; `None` beyond `end`.
    fn bytes_at<'w>(
        &self,
        window: &'w mut Window,
        offset: u64,
        length: u64,
        end: u64,
    ) -> Result<Option<&'w [u8]>, SpoolError> {
        if offset + length > end {
            return Ok(None);
        }
        let is_within = offset >= window.start && offset + length <= window.start + window.bytes.len() as u64;
        if !is_within {
            let wanted = length.max(WINDOW_BYTES).min(end - offset);
            let Some(bytes) = self.read(window.first, offset, wanted)? else { return Ok(None) };
            (window.start, window.bytes) = (offset, bytes);
        }
        let at = usize::try_from(offset - window.start).unwrap_or(usize::MAX);
        Ok(window.bytes.get(at..).and_then(|rest| rest.get(..usize::try_from(length).ok()?)))
    }

    fn skip_damage(&self, first: u64, offset: u64, end: u64) -> Result<u64, SpoolError> {
        let rest = self.read(first, offset, end - offset)?;
        Ok(rest.map_or(end - offset, |rest| next_marker(&rest).max(1) as u64))
    }

    /// `None` when the segment was dropped to make room in the meantime.
    fn read(&self, first: u64, offset: u64, length: u64) -> Result<Option<Vec<u8>>, SpoolError> {
        match self.disk.read(first, offset, length) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => {
                let is_dropped = !self.ledger().segments.iter().any(|segment| segment.first == first);
                if is_dropped { Ok(None) } else { Err(error) }
            }
        }
    }
}
