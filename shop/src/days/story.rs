use jiff::{SignedDuration, Timestamp};

use crate::chance::Seed;

/// The ids, amounts and times of one order.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) seed: Seed,
    pub(super) index: u32,
    pub(super) placed_at: Timestamp,
    pub(super) order: String,
    /// What the order is worth, in cents.
    pub(super) cents: u64,
    /// Units ordered: at least two.
    pub(super) units: u64,
}

impl Story {
    pub(super) fn new(seed: Seed, index: u32, begins_at: Timestamp, spacing_ms: u64) -> Self {
        let name = index.to_string();
        let mut chance = seed.chance(&["story", &name]);
        let spacing = SignedDuration::from_millis(i64::try_from(spacing_ms).unwrap_or(0));
        Self {
            seed,
            index,
            placed_at: begins_at.saturating_add(spacing).unwrap_or(begins_at),
            order: seed.order_code(&name),
            cents: chance.between(1_000, 50_000),
            units: chance.between(2, 9),
        }
    }

    /// A moment so many milliseconds after the order was placed.
    pub(super) fn after_ms(&self, ms: u64) -> Timestamp {
        let duration = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
        self.placed_at.saturating_add(duration).unwrap_or(self.placed_at)
    }

    /// An id of the order, by what it is for.
    pub(super) fn id(&self, what: &str) -> String {
        format!("{what}-{}", self.seed.chance(&["id", what, &self.index.to_string()]).code(10))
    }
}
