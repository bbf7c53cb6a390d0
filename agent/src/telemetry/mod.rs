//! What the agent says of itself: every event that is counted, as a method, and the metrics.
//!
//! For each signal and sender, accepted = sent + spooled + dropped at any moment and after
//! any restart: these counts are the spool's own. What was refused is counted apart, since
//! the process started: its sender was told.

mod exposition;
mod polls;
mod stats;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ordertrace_otlp::Signal;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::spool::Stream;
use polls::PollMeter;
pub use stats::{SignalStats, Stats};

/// Whom a refusal is counted for where the sender is not known.
const UNKNOWN: &str = "unknown";

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

/// What became of an item of a body that is configured to be a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReadingEnd {
    /// It was taken for one.
    Taken,
    /// It was none.
    Refused,
    /// It was one, or may have been, and was lost: capture was behind, or a fault of its own.
    Lost,
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
names!(CaptureLoss { Busy => "busy", NoRoom => "no_room", Fault => "fault" });
names!(ReadingEnd { Taken => "taken", Refused => "refused", Lost => "lost" });
names!(ProxyEnd { Answered => "answered", Failed => "failed" });

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSignal {
    signal: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfStream {
    signal: &'static str,
    sender: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReason {
    signal: &'static str,
    sender: String,
    reason: &'static str,
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

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CapturedReadings {
    route: String,
    end: ReadingEnd,
}

type Refusals = BTreeMap<Stream, BTreeMap<Refusal, u64>>;

/// The agent's counters. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    refused: Arc<Mutex<Refusals>>,
    retries: Family<OfSignal, Counter>,
    proxied: Family<Proxied, Counter>,
    capture_lost: Family<Lost, Counter>,
    captured_readings: Family<CapturedReadings, Counter>,
    unspooled_readings: Counter,
    polls: PollMeter,
}

impl Meter {
    /// A request was refused; `sender` and `items` are `None` and 1 where they are not known.
    pub fn refused(&self, signal: Signal, sender: Option<Arc<str>>, reason: Refusal, items: u64) {
        let sender = sender.unwrap_or_else(|| UNKNOWN.into());
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(Stream { signal, sender }).or_default().entry(reason).or_default() += items;
    }

    fn refusals(&self) -> Refusals {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A request to the collector failed and will be made again in `delay`.
    pub fn retried(&self, signal: Signal, reason: &str, delay: Duration) {
        self.retries.get_or_create(&OfSignal { signal: signal.name() }).inc();
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

    /// So many items of bodies on a route ended so.
    pub fn captured_readings(&self, route: &str, end: ReadingEnd, items: u64) {
        if items > 0 {
            self.captured_readings.get_or_create(&CapturedReadings { route: route.to_owned(), end }).inc_by(items);
        }
    }

    /// Readings of bodies that the spool did not take.
    pub fn unspooled_readings(&self, readings: u64) {
        self.unspooled_readings.inc_by(readings);
    }
}
