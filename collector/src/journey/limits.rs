//! Where putting a journey together stops.

use ordertrace_api::journey::LimitReached;

/// Bounds of one journey's closure. Reached ones are reported, never silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JourneyLimits {
    /// Strong keys.
    pub keys: usize,
    /// Traces.
    pub traces: usize,
    /// Spans over all traces.
    pub spans: usize,
    /// Traces, or other keys, that one key leads to.
    pub fan_out: usize,
}

impl JourneyLimits {
    /// Places where keys were seen that are read at once; a span may bear several keys.
    pub(super) fn places(&self) -> usize {
        self.spans.saturating_mul(4)
    }
}

impl Default for JourneyLimits {
    fn default() -> Self {
        Self { keys: 2_000, traces: 5_000, spans: 200_000, fan_out: 1_000 }
    }
}

/// The limits that were reached, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Reached(Vec<LimitReached>);

impl Reached {
    /// Notes that `limit` of `value` stopped the search.
    pub(super) fn note(&mut self, limit: &str, value: usize, detail: String) {
        if !self.0.iter().any(|reached| reached.limit == limit) {
            self.0.push(LimitReached { limit: limit.to_owned(), value: value as u64, detail });
        }
    }

    /// Whether none was.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was reached, in order.
    pub(super) fn into_vec(self) -> Vec<LimitReached> {
        self.0
    }
}
