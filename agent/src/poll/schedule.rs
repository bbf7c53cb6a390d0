//! When the next poll is due.

use std::time::Duration;

/// Polls that come due together are spread over so much of their interval.
const JITTER: f64 = 0.1;
/// Within so long of the start every source is asked for the first time.
const FIRST_WITHIN: Duration = Duration::from_secs(5);
/// A source that is slower than its interval is left alone for so much of it.
const LEAST_PAUSE: f64 = 0.1;

/// Time from the start of the agent to the first poll; `chance` is in 0..1.
pub(super) fn first_delay(interval: Duration, chance: f64) -> Duration {
    interval.min(FIRST_WITHIN).mul_f64(unit(chance))
}

/// Time from the end of a poll that took `took` to the next one.
pub(super) fn next_delay(interval: Duration, took: Duration, chance: f64) -> Duration {
    let period = interval.mul_f64(1.0 - JITTER / 2.0 + JITTER * unit(chance));
    period.saturating_sub(took).max(interval.mul_f64(LEAST_PAUSE))
}

fn unit(chance: f64) -> f64 {
    if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_come_once_an_interval_and_not_together() {
        let minute = Duration::from_secs(60);
        let next = |took, chance| next_delay(minute, Duration::from_secs(took), chance).as_secs();
        assert_eq!((next(0, 0.0), next(0, 0.5), next(0, 1.0)), (57, 60, 63));
        assert_eq!(next(20, 0.5), 40);
        assert_eq!(next(600, 0.5), 6);
        assert_eq!(first_delay(minute, 0.5), FIRST_WITHIN / 2);
        assert_eq!(first_delay(Duration::from_secs(1), 1.0), Duration::from_secs(1));
    }

    proptest::proptest! {
        #[test]
        fn any_chance_will_do(interval_ms in 1..u64::MAX / 1_000_000, took_ms: u32, chance: f64) {
            let interval = Duration::from_millis(interval_ms);
            let delay = next_delay(interval, Duration::from_millis(u64::from(took_ms)), chance);
            proptest::prop_assert!(delay <= interval.mul_f64(1.06));
            proptest::prop_assert!(first_delay(interval, chance) <= FIRST_WITHIN);
        }
    }
}
