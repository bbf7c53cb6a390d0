use std::collections::{BTreeMap, BTreeSet};

use ordertrace_api::agent::StreamStatus;
use ordertrace_api::status::Count;
use ordertrace_otlp::Signal;

use super::{CaptureLoss, CapturedReadings, Lost, Meter, Proxied, ProxyEnd, ReadingEnd};
use crate::spool::{Stream, Tally};

/// What became of one signal's items: accepted = sent + spooled + dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalStats {
    /// Stored in the spool, also by earlier processes.
    pub accepted: u64,
    /// Waiting in the spool now.
    pub spooled: u64,
    /// Accepted by the collector.
    pub sent: u64,
    /// Given up, by reason; only reasons that occurred.
    pub dropped: Vec<(&'static str, u64)>,
    /// Never taken in since the agent started, by reason; only reasons that occurred.
    pub refused: Vec<(&'static str, u64)>,
}

/// What the agent counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// By signal, in the order of [`Signal::ALL`].
    signals: [SignalStats; 3],
    /// Exchanges through the proxy that left no span, by reason; only reasons that occurred.
    pub capture_lost: Vec<(&'static str, u64)>,
    /// Damaged spool records that were left out since the agent started.
    pub damaged_records: u64,
    /// Bytes of all spool segments.
    pub spool_bytes: u64,
}

impl Stats {
    /// One signal's counts.
    pub fn of(&self, signal: Signal) -> &SignalStats {
        &self.signals[usize::from(signal.tag())]
    }
}

impl Meter {
    /// Exchanges through the proxy on `route` that ended so.
    pub fn proxied_count(&self, route: &str, end: ProxyEnd) -> u64 {
        self.proxied.get(&Proxied { route: route.to_owned(), end }).map_or(0, |counter| counter.get())
    }

    /// Items of bodies on `route` that ended so.
    pub fn captured_readings_count(&self, route: &str, end: ReadingEnd) -> u64 {
        let labels = CapturedReadings { route: route.to_owned(), end };
        self.captured_readings.get(&labels).map_or(0, |counter| counter.get())
    }

    /// All counts at this moment.
    pub fn stats(&self, tally: &Tally) -> Stats {
        let lost = [CaptureLoss::Busy, CaptureLoss::NoRoom, CaptureLoss::Fault]
            .map(|reason| (reason.name(), self.capture_lost.get(&Lost { reason }).map_or(0, |counter| counter.get())));
        Stats {
            signals: Signal::ALL.map(|signal| self.signal(signal, tally)),
            capture_lost: occurred(lost),
            damaged_records: tally.damaged_records,
            spool_bytes: tally.bytes,
        }
    }

    fn signal(&self, signal: Signal, tally: &Tally) -> SignalStats {
        let mut stats = SignalStats::default();
        let mut dropped = BTreeMap::new();
        for (_, counts) in tally.streams.iter().filter(|(stream, _)| stream.signal == signal) {
            stats.accepted += counts.accepted;
            stats.spooled += counts.spooled();
            stats.sent += counts.sent;
            for (reason, items) in &counts.dropped {
                *dropped.entry(*reason).or_insert(0) += items;
            }
        }
        let mut refused = BTreeMap::new();
        for (_, reasons) in self.refusals().iter().filter(|(stream, _)| stream.signal == signal) {
            for (reason, items) in reasons {
                *refused.entry(*reason).or_insert(0) += items;
            }
        }
        stats.dropped = dropped.into_iter().map(|(reason, items)| (reason.name(), items)).collect();
        stats.refused = refused.into_iter().map(|(reason, items)| (reason.name(), items)).collect();
        stats
    }

    /// Every sender's counts, signal by signal.
    pub fn stream_status(&self, tally: &Tally) -> Vec<StreamStatus> {
        let refusals = self.refusals();
        let streams: BTreeSet<&Stream> = tally.streams.keys().chain(refusals.keys()).collect();
        let count = |name: &str, count: u64| Count { name: name.to_owned(), count };
        let status = |stream: &Stream| {
            let counts = tally.streams.get(stream).cloned().unwrap_or_default();
            let refused = refusals.get(stream).into_iter().flatten();
            StreamStatus {
                signal: stream.signal.name().to_owned(),
                sender: stream.sender.to_string(),
                accepted: counts.accepted,
                sent: counts.sent,
                spooled: counts.spooled(),
                dropped: counts.dropped.iter().map(|(reason, items)| count(reason.name(), *items)).collect(),
                refused: refused.map(|(reason, items)| count(reason.name(), *items)).collect(),
            }
        };
        streams.into_iter().map(status).collect()
    }
}

fn occurred(counts: impl IntoIterator<Item = (&'static str, u64)>) -> Vec<(&'static str, u64)> {
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}
