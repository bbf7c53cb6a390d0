//! Saying the same thing not too often.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Due once in every interval.
#[derive(Debug)]
pub(super) struct Throttle {
    every: Duration,
    last: Mutex<Option<Instant>>,
}

impl Throttle {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, last: Mutex::new(None) }
    }

    /// Whether it is time again at `now`; takes the turn if so.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.saturating_duration_since(last) >= self.every);
        if due {
            *last = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_in_every_interval() {
        let throttle = Throttle::new(Duration::from_secs(10));
        let start = Instant::now();
        let due: Vec<_> = [0, 1, 9, 10, 11, 30].map(|s| throttle.is_due(start + Duration::from_secs(s))).into();
        assert_eq!(due, [true, false, false, true, false, true]);
    }
}
