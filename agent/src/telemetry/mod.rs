//! What the agent says of itself: every event that is counted, as a method, and the metrics
//! behind them.
//!
//! For each signal, accepted + recovered = sent + pending + dropped, at any moment at which
//! no item is between two of these.

mod stats;

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::signal::Signal;
use crate::spool::Tally;
pub use stats::{SignalStats, Stats};

/// Why items were not taken in; the sender was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// The spool is full or its disk failed: the sender retries.
    NoRoom,
    /// Not OTLP.
    Malformed,
    /// Over the size limit.
    TooLarge,
    /// A content type or coding that is not spoken here.
    Unsupported,
}

/// Why accepted items were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Drop {
    /// Dropped from the full spool to make room.
    SpoolFull,
    /// The collector refused the request for good.
    Refused,
    /// The collector took the request but for these items.
    Rejected,
}

/// Why the span of a proxied exchange was not made; the exchange itself went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CaptureLoss {
    /// Capture was behind.
    Busy,
    /// The spool did not take it.
    NoRoom,
    /// A fault in capture itself.
    Fault,
}

/// How a proxied exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProxyEnd {
    /// The upstream answered and the answer was passed on whole.
    Answered,
    /// No answer came, or it broke off.
    Failed,
}

macro_rules! names {
    ($type:ty { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            /// As a metric label.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
        impl EncodeLabelValue for $type {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
                EncodeLabelValue::encode(&self.name(), encoder)
            }
        }
    };
}

names!(Refusal { NoRoom => "no_room", Malformed => "malformed", TooLarge => "too_large", Unsupported => "unsupported" });
names!(Drop { SpoolFull => "spool_full", Refused => "refused", Rejected => "rejected" });
names!(CaptureLoss { Busy => "busy", NoRoom => "no_room", Fault => "fault" });
names!(ProxyEnd { Answered => "answered", Failed => "failed" });

impl EncodeLabelValue for Signal {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        EncodeLabelValue::encode(&self.name(), encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSignal {
    signal: Signal,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    signal: Signal,
    reason: Refusal,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Dropped {
    signal: Signal,
    reason: Drop,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lost {
    reason: CaptureLoss,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Proxied {
    route: String,
    end: ProxyEnd,
}

/// The agent's counters. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    accepted: Family<OfSignal, Counter>,
    refused: Family<Refused, Counter>,
    sent: Family<OfSignal, Counter>,
    dropped: Family<Dropped, Counter>,
    retries: Family<OfSignal, Counter>,
    proxied: Family<Proxied, Counter>,
    capture_lost: Family<Lost, Counter>,
}

impl Meter {
    /// Items are on disk.
    pub fn accepted(&self, signal: Signal, items: u64) {
        self.accepted.get_or_create(&OfSignal { signal }).inc_by(items);
    }

    /// A request was refused; `items` is 1 where they could not be counted.
    pub fn refused(&self, signal: Signal, reason: Refusal, items: u64) {
        self.refused.get_or_create(&Refused { signal, reason }).inc_by(items);
    }

    /// The collector has them.
    pub fn sent(&self, signal: Signal, items: u64) {
        self.sent.get_or_create(&OfSignal { signal }).inc_by(items);
    }

    /// Items will never be delivered.
    pub fn dropped(&self, signal: Signal, reason: Drop, items: u64) {
        if items > 0 {
            self.dropped.get_or_create(&Dropped { signal, reason }).inc_by(items);
        }
    }

    /// A request to the collector failed and will be made again in `delay`.
    pub fn retried(&self, signal: Signal, reason: &str, delay: Duration) {
        self.retries.get_or_create(&OfSignal { signal }).inc();
        tracing::debug!(signal = signal.name(), reason, delay_ms = delay.as_millis(), "export is tried again");
    }

    /// An exchange went through the proxy.
    pub fn proxied(&self, route: &str, end: ProxyEnd) {
        self.proxied.get_or_create(&Proxied { route: route.to_owned(), end }).inc();
    }

    /// An exchange went through the proxy without a span.
    pub fn capture_lost(&self, reason: CaptureLoss, spans: u64) {
        self.capture_lost.get_or_create(&Lost { reason }).inc_by(spans);
    }

    /// All counts at this moment.
    pub fn stats(&self, tally: &Tally) -> Stats {
        stats::read(self, tally)
    }

    /// Prometheus text exposition (OpenMetrics 1.0.0).
    pub fn exposition(&self, tally: &Tally) -> String {
        let mut registry = Registry::with_prefix("ordertrace_agent");
        registry.register("accepted_items", "Spans, log records and points stored", self.accepted.clone());
        registry.register("refused_items", "Items whose sender was told to retry or mend", self.refused.clone());
        registry.register("sent_items", "Items the collector accepted", self.sent.clone());
        registry.register("dropped_items", "Accepted items that were given up", self.dropped.clone());
        registry.register("export_retries", "Export requests made again", self.retries.clone());
        registry.register("proxied_requests", "Exchanges through the handoff proxy", self.proxied.clone());
        registry.register("capture_lost_spans", "Exchanges that left no span", self.capture_lost.clone());
        let pending = Family::<OfSignal, Gauge>::default();
        for signal in Signal::ALL {
            let items = tally.pending[usize::from(signal.tag())];
            pending.get_or_create(&OfSignal { signal }).set(i64::try_from(items).unwrap_or(i64::MAX));
        }
        registry.register("spool_items", "Items waiting in the spool", pending);
        for (name, help, value) in [
            ("spool_bytes", "Bytes of all spool segments", tally.bytes),
            ("spool_records", "Requests waiting in the spool", tally.pending_records),
            ("spool_damaged_records", "Damaged records left out since start", tally.damaged_records),
        ] {
            let gauge = Gauge::<i64>::default();
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
            registry.register(name, help, gauge);
        }
        let mut text = String::new();
        // Writing to a string fails only when a label's encoder does, and these do not.
        if encode(&mut text, &registry).is_err() {
            text.clear();
        }
        text
    }
}
