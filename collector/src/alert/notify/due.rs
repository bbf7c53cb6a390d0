//! Which messages somebody must send, and when one that failed is tried again.

/// How far an attempt to send a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Somebody is about to send it.
    Claimed,
    /// The receiver did not take it.
    Failed,
    /// The receiver took it.
    Sent,
}

/// What is known of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    /// How many there were, this one included.
    pub(super) generation: u32,
    pub(super) step: Step,
    /// When it came to that step, milliseconds since the Unix epoch, by ClickHouse's clock.
    pub(super) at_ms: i64,
}

/// Whether a message is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was.
    Sent,
    /// Somebody does, or it is too early.
    Waits,
    /// It is, as the attempt of this number.
    Due(u32),
}

/// Who claimed a message and said no more of it for so long has died: longer than any attempt takes.
const LEASE_MS: i64 = 60_000;

/// Time until the second attempt; each further one waits twice as long.
const FIRST_RETRY_MS: i64 = 5_000;

/// The longest time between two attempts.
const LAST_RETRY_MS: i64 = 300_000;

/// How a message stands at `now_ms`.
pub(super) fn standing(message: &str, attempts: &[Attempt], now_ms: i64) -> Standing {
    if attempts.iter().any(|attempt| attempt.step == Step::Sent) {
        return Standing::Sent;
    }
    let Some(last) = attempts.iter().max_by_key(|attempt| (attempt.generation, attempt.step)) else {
        return Standing::Due(1);
    };
    let wait_ms = if last.step == Step::Claimed { LEASE_MS } else { retry_ms(message, last.generation) };
    if now_ms.saturating_sub(last.at_ms) < wait_ms {
        return Standing::Waits;
    }
    Standing::Due(last.generation.saturating_add(1))
}

/// Whether the receiver may have got the message: an attempt succeeded, or nobody knows what became of it.
pub(super) fn may_have_arrived(attempts: &[Attempt]) -> bool {
    let failed = |generation: u32| {
        attempts.iter().any(|attempt| attempt.generation == generation && attempt.step == Step::Failed)
    };
    attempts.iter().any(|attempt| attempt.step == Step::Sent || !failed(attempt.generation))
}

/// Time from one attempt to the next: not that of other messages, lest all come at once.
fn retry_ms(message: &str, generation: u32) -> i64 {
    let doubled =
        FIRST_RETRY_MS.saturating_mul(1_i64.checked_shl(generation.saturating_sub(1).min(16)).unwrap_or(i64::MAX));
    let scatter = message.bytes().fold(i64::from(generation), |sum, byte| (sum * 31 + i64::from(byte)) % 401);
    doubled.min(LAST_RETRY_MS).saturating_mul(800 + scatter) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(generation: u32, step: Step, at_ms: i64) -> Attempt {
        Attempt { generation, step, at_ms }
    }

    #[test]
    fn a_message_is_sent_once() {
        assert_eq!(standing("m", &[], 0), Standing::Due(1));
        let claimed = [attempt(1, Step::Claimed, 0)];
        assert_eq!(standing("m", &claimed, 59_999), Standing::Waits);
        assert_eq!(standing("m", &claimed, 60_000), Standing::Due(2), "who claimed it has died");
        let sent = [claimed[0], attempt(2, Step::Claimed, 60_000), attempt(1, Step::Sent, 61_000)];
        assert_eq!(standing("m", &sent, i64::MAX), Standing::Sent, "it was slow");
    }

    #[test]
    fn one_that_failed_is_tried_again_ever_later() {
        let failed = |generation| [attempt(generation, Step::Claimed, 0), attempt(generation, Step::Failed, 0)];
        let due_after_ms = |generation: u32| {
            (0..=400_000).step_by(100).find(|now_ms| standing("m", &failed(generation), *now_ms) != Standing::Waits)
        };
        for (generation, about_ms) in [(1, 5_000), (2, 10_000), (5, 80_000), (9, 300_000), (u32::MAX, 300_000)] {
            let after_ms = due_after_ms(generation).unwrap();
            assert!((about_ms * 8 / 10..=about_ms * 12 / 10 + 100).contains(&after_ms), "{generation}: {after_ms}");
        }
        assert_ne!(retry_ms("m", 3), retry_ms("n", 3));
    }

    #[test]
    fn what_surely_failed_did_not_arrive() {
        let failed = [attempt(1, Step::Claimed, 0), attempt(1, Step::Failed, 1)];
        assert!(!may_have_arrived(&[]) && !may_have_arrived(&failed));
        assert!(may_have_arrived(&[failed[0]]), "nobody knows");
        assert!(may_have_arrived(&[failed[0], failed[1], attempt(2, Step::Claimed, 9)]));
    }
}
