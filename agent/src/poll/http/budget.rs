//! How often a server is asked.

use std::time::{Duration, Instant};

/// Requests evenly spread over the minute.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    spacing: Duration,
    next_at: Option<Instant>,
}

impl Budget {
    pub(super) fn new(requests_per_minute: u32) -> Self {
        Self { spacing: Duration::from_secs(60) / requests_per_minute.max(1), next_at: None }
    }

    /// How long to wait at `now` before the next request, which is counted.
    pub(super) fn spend(&mut self, now: Instant) -> Duration {
        let at = self.next_at.map_or(now, |next| next.max(now));
        self.next_at = Some(at + self.spacing);
        at - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// However requests come, no minute sees more of them than allowed, and one for the
        /// minute's two ends.
        #[test]
        fn no_minute_sees_more(per_minute in 1_u32..600, pauses_ms in proptest::collection::vec(0_u64..5000, 1..200)) {
            let (mut budget, start) = (Budget::new(per_minute), Instant::now());
            let (mut now, mut sent) = (start, Vec::new());
            for pause in pauses_ms {
                now += Duration::from_millis(pause);
                now += budget.spend(now);
                sent.push(now);
            }
            for (at, first) in sent.iter().enumerate() {
                let within = sent[at..].iter().take_while(|time| **time - *first < Duration::from_secs(60)).count();
                proptest::prop_assert!(within <= per_minute as usize + 1, "{}", within);
            }
        }
    }
}
