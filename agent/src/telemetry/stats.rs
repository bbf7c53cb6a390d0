use super::{CaptureLoss, Drop, Dropped, Lost, Meter, OfSignal, Proxied, ProxyEnd, Refusal, Refused};
use crate::signal::Signal;
use crate::spool::Tally;

/// What became of one signal's items since the agent started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalStats {
    /// Which.
    pub signal: Signal,
    /// Stored in the spool.
    pub accepted: u64,
    /// Found in the spool at start.
    pub recovered: u64,
    /// Waiting in the spool now.
    pub spooled: u64,
    /// Accepted by the collector.
    pub sent: u64,
    /// Given up, by reason; only reasons that occurred.
    pub dropped: Vec<(&'static str, u64)>,
    /// Never taken in, by reason; only reasons that occurred.
    pub refused: Vec<(&'static str, u64)>,
}

/// What the agent counted since it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Traces, logs, metrics.
    pub signals: Vec<SignalStats>,
    /// Exchanges through the proxy that left no span, by reason; only reasons that occurred.
    pub capture_lost: Vec<(&'static str, u64)>,
    /// Damaged spool records that were left out.
    pub damaged_records: u64,
    /// Bytes of all spool segments.
    pub spool_bytes: u64,
}

impl Stats {
    /// One signal's counts.
    pub fn of(&self, signal: Signal) -> Option<&SignalStats> {
        self.signals.iter().find(|stats| stats.signal == signal)
    }
}

impl Meter {
    /// Exchanges through the proxy on `route` that ended so.
    pub fn proxied_count(&self, route: &str, end: ProxyEnd) -> u64 {
        self.proxied.get(&Proxied { route: route.to_owned(), end }).map_or(0, |counter| counter.get())
    }
}

pub(super) fn read(meter: &Meter, tally: &Tally) -> Stats {
    let signals = Signal::ALL.into_iter().map(|signal| of_signal(meter, tally, signal)).collect();
    let lost = [CaptureLoss::Busy, CaptureLoss::NoRoom, CaptureLoss::Fault]
        .map(|reason| (reason.name(), meter.capture_lost.get(&Lost { reason }).map_or(0, |counter| counter.get())));
    Stats { signals, capture_lost: occurred(lost), damaged_records: tally.damaged_records, spool_bytes: tally.bytes }
}

fn of_signal(meter: &Meter, tally: &Tally, signal: Signal) -> SignalStats {
    let at = usize::from(signal.tag());
    let dropped = [Drop::Refused, Drop::Rejected].map(|reason| {
        (reason.name(), meter.dropped.get(&Dropped { signal, reason }).map_or(0, |counter| counter.get()))
    });
    let refused = [Refusal::NoRoom, Refusal::Malformed, Refusal::TooLarge, Refusal::Unsupported].map(|reason| {
        (reason.name(), meter.refused.get(&Refused { signal, reason }).map_or(0, |counter| counter.get()))
    });
    let spool_full = [(Drop::SpoolFull.name(), tally.dropped[at])];
    SignalStats {
        signal,
        accepted: meter.accepted.get(&OfSignal { signal }).map_or(0, |counter| counter.get()),
        recovered: tally.recovered[at],
        spooled: tally.pending[at],
        sent: meter.sent.get(&OfSignal { signal }).map_or(0, |counter| counter.get()),
        dropped: occurred(dropped.into_iter().chain(spool_full)),
        refused: occurred(refused),
    }
}

fn occurred(counts: impl IntoIterator<Item = (&'static str, u64)>) -> Vec<(&'static str, u64)> {
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}
