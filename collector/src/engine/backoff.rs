//! How long to wait before a dead child is started again.

use std::time::Duration;

/// Before the first restart.
const FIRST_MS: u64 = 200;

/// The longest wait.
const LONGEST_MS: u64 = 30_000;

/// A child that lived this long starts the count anew when it dies.
pub(super) const STABLE: Duration = Duration::from_secs(60);

/// The wait before restart number `attempt` (1 = first): doubled each time, capped.
pub(super) fn delay(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    Duration::from_millis((FIRST_MS << doublings).min(LONGEST_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_until_the_cap_and_never_overflows() {
        let waits_ms = [0, 1, 2, 3, 8, 9, u32::MAX].map(|attempt| delay(attempt).as_millis());
        assert_eq!(waits_ms, [200, 200, 400, 800, 25_600, 30_000, 30_000]);
    }
}
