//! What is done about an answer that is no page.

use std::time::Duration;

/// Tries of one page.
const TRIES: u32 = 3;
/// Pause before the second try; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// No server is left alone for longer, whatever it asks for.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Ask again after so long.
    Again(Duration),
    /// Give the poll up and leave the server alone for so long.
    Pause(Duration),
    /// Give the poll up.
    GiveUp,
}

/// What to do about HTTP `status`, or about no answer (`None`), at try number `tries` (from
/// 1), when the server asked for a pause or not, and so much time is left for the poll.
pub(super) fn verdict(status: Option<u16>, asked: Option<Duration>, tries: u32, left: Duration) -> Verdict {
    let own = FIRST_PAUSE * 2_u32.saturating_pow(tries.saturating_sub(1));
    match (status, asked) {
        (Some(429 | 503), Some(asked)) => {
            let pause = asked.min(LONGEST_PAUSE);
            if tries < TRIES && pause < left { Verdict::Again(pause) } else { Verdict::Pause(pause) }
        }
        (None | Some(408 | 429 | 500 | 502..=504), _) if tries < TRIES && own < left => Verdict::Again(own),
        _ => Verdict::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_pause_that_is_asked_for_is_made() {
        let second = Duration::from_secs(1);
        assert_eq!(verdict(Some(429), Some(second), 1, MINUTE), Verdict::Again(second));
        assert_eq!(verdict(Some(503), Some(MINUTE), 1, MINUTE), Verdict::Pause(MINUTE));
        assert_eq!(verdict(Some(429), Some(second), 3, MINUTE), Verdict::Pause(second));
        assert_eq!(verdict(Some(429), Some(Duration::MAX), 1, MINUTE), Verdict::Pause(LONGEST_PAUSE));
    }

    #[test]
    fn what_may_pass_is_tried_again_and_no_other() {
        for status in [None, Some(500), Some(502), Some(503), Some(504), Some(429)] {
            assert_eq!(verdict(status, None, 1, MINUTE), Verdict::Again(FIRST_PAUSE), "{status:?}");
            assert_eq!(verdict(status, None, 2, MINUTE), Verdict::Again(FIRST_PAUSE * 2), "{status:?}");
            assert_eq!(verdict(status, None, 3, MINUTE), Verdict::GiveUp, "{status:?}");
            assert_eq!(verdict(status, None, 1, FIRST_PAUSE), Verdict::GiveUp, "{status:?}");
        }
        for status in [301, 400, 401, 404, 501] {
            assert_eq!(verdict(Some(status), Some(MINUTE), 1, MINUTE), Verdict::GiveUp, "{status}");
        }
    }
}
