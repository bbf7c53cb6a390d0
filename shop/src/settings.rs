//! What can be set.

use std::time::Duration;

use crate::chance::Chance;

/// Settings of a shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopSettings {
    /// Equal seeds give equal orders, ids, prices, failures and retries.
    pub seed: u64,
    /// Share of calls, in percent, whose first attempt fails.
    pub fault_percent: u32,
    /// How fast the systems answer.
    pub pace: Pace,
}

impl Default for ShopSettings {
    fn default() -> Self {
        Self { seed: 1, fault_percent: 6, pace: Pace::FAST }
    }
}

/// How fast the systems answer and how often an order arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Shortest and longest time a system takes to answer, in microseconds.
    pub latency_us: (u64, u64),
    /// Pause before a failed call is repeated, in microseconds; doubles with each repetition.
    pub backoff_us: u64,
    /// How long a caller waits for a system that does not answer, in milliseconds.
    pub patience_ms: u64,
    /// Shortest and longest pause between two arrivals of a live run, in milliseconds.
    pub arrival_ms: (u64, u64),
}

impl Pace {
    /// Milliseconds: for tests and benchmarks.
    pub const FAST: Self = Self { latency_us: (200, 3_000), backoff_us: 2_000, patience_ms: 100, arrival_ms: (0, 0) };
    /// As people know it: for watching. One to two orders a second.
    pub const HUMAN: Self =
        Self { latency_us: (20_000, 800_000), backoff_us: 150_000, patience_ms: 1_500, arrival_ms: (300, 1_000) };

    pub(crate) fn latency(self, chance: &mut Chance) -> Duration {
        // Most answers are quick and a few are slow: the smaller of two draws.
        let (low, high) = self.latency_us;
        Duration::from_micros(chance.between(low, high).min(chance.between(low, high)))
    }

    pub(crate) fn backoff(self, attempt: u8) -> Duration {
        Duration::from_micros(self.backoff_us << attempt.min(4))
    }

    pub(crate) fn patience(self) -> Duration {
        Duration::from_millis(self.patience_ms)
    }

    pub(crate) fn arrival(self, chance: &mut Chance) -> Duration {
        Duration::from_millis(chance.between(self.arrival_ms.0, self.arrival_ms.1))
    }
}
