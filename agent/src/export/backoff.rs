//! How long to wait before the next try.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);

/// Exponential, capped, with jitter, so that agents that lost a collector together do not
/// come back together.
#[derive(Debug)]
pub(super) struct Backoff {
    tries: u32,
    max: Duration,
}

impl Backoff {
    pub(super) fn new(max: Duration) -> Self {
        Self { tries: 0, max }
    }

    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }

    /// The next pause; at least what the receiver asked for.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let pause = delay(self.tries, self.max, rand::random_range(0.5..=1.0));
        self.tries = self.tries.saturating_add(1);
        pause.max(asked.unwrap_or_default())
    }
}

/// `jitter` from 0.5 to 1.
fn delay(tries: u32, max: Duration, jitter: f64) -> Duration {
    let full = FIRST.saturating_mul(2_u32.saturating_pow(tries.min(30))).min(max);
    full.mul_f64(jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_cap() {
        let max = Duration::from_secs(30);
        let full: Vec<_> = (0..10).map(|tries| delay(tries, max, 1.0).as_millis()).collect();
        assert_eq!(full[..4], [200, 400, 800, 1600]);
        assert_eq!(full[9], 30_000);
        assert_eq!(delay(u32::MAX, max, 0.5), max / 2);
    }

    #[test]
    fn what_the_receiver_asks_is_the_least() {
        let mut backoff = Backoff::new(Duration::from_secs(1));
        assert!(backoff.next(Some(Duration::from_secs(60))) == Duration::from_secs(60));
        assert!(backoff.next(None) <= Duration::from_millis(400));
        backoff.reset();
        assert!(backoff.next(None) <= Duration::from_millis(200));
    }
}
