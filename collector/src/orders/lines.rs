//! Lines of the orders list that need not be put together again.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use lru::LruCache;
use ordertrace_api::keys::Key;
use ordertrace_api::order::OrderSummary;

use super::recent::Activity;

/// Keys whose lines are kept; a journey has news under some three of them.
const KEPT: NonZeroUsize = NonZeroUsize::new(5_000).unwrap();

/// Spans without a strong key come without news of their own: within this time after its
/// last news a journey may grow unnoticed.
const SETTLING_MS: i64 = 30_000;

/// Until then its line is put together again when it is older than this.
const FRESH: Duration = Duration::from_secs(2);

#[derive(Clone, Debug)]
struct Line {
    /// Of the news that it includes.
    stored_at_ms: i64,
    made_at: Instant,
    settled: bool,
    /// `None`: a journey that is not on the list.
    summary: Option<OrderSummary>,
}

/// Lines by each of the keys under which their journeys had news.
#[derive(Debug)]
pub(super) struct Lines(LruCache<Key, Line>);

impl Default for Lines {
    fn default() -> Self {
        // Grows as needed: an idle collector holds none.
        let mut lines = LruCache::unbounded();
        lines.resize(KEPT);
        Self(lines)
    }
}

impl Lines {
    /// The line that includes the news of `activity`, if there is one at `now`.
    pub(super) fn get(&mut self, activity: &Activity, now: Instant) -> Option<Option<OrderSummary>> {
        let line = self.0.get(&activity.key)?;
        let includes = line.stored_at_ms == activity.stored_at_ms;
        let fresh = line.settled || now.saturating_duration_since(line.made_at) < FRESH;
        (includes && fresh).then(|| line.summary.clone())
    }

    /// Keeps a line that was made at `now` and includes the news of `activity`.
    pub(super) fn put(&mut self, activity: &Activity, summary: Option<OrderSummary>, now: Instant) {
        let line = Line {
            stored_at_ms: activity.stored_at_ms,
            made_at: now,
            settled: activity.age_ms >= SETTLING_MS,
            summary,
        };
        self.0.put(activity.key.clone(), line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(stored_at_ms: i64, age_ms: i64) -> Activity {
        Activity { key: Key::global("order", "A").unwrap(), stored_at_ms, age_ms }
    }

    #[test]
    fn a_line_serves_until_there_is_news() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        lines.put(&activity(1_000, SETTLING_MS), None, now);
        let much_later = now + Duration::from_secs(3600);
        assert_eq!(lines.get(&activity(1_000, 0), much_later), Some(None));
        assert_eq!(lines.get(&activity(1_001, 0), now), None);
    }

    #[test]
    fn the_line_of_a_journey_that_may_still_grow_serves_for_a_moment() {
        let (mut lines, now) = (Lines::default(), Instant::now());
        lines.put(&activity(1_000, SETTLING_MS - 1), None, now);
        assert_eq!(lines.get(&activity(1_000, 0), now + Duration::from_millis(1_999)), Some(None));
        assert_eq!(lines.get(&activity(1_000, 0), now + FRESH), None);
    }
}
