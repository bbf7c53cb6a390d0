use jiff::{SignedDuration, Timestamp};

use super::later;

/// Whether the collector answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Nothing is known yet.
    Connecting {
        /// Since the program started.
        since: Timestamp,
    },
    /// The last question was answered.
    Up,
    /// The last question was not.
    Down {
        /// The first unanswered question's time.
        since: Timestamp,
        /// Why.
        reason: String,
        /// Unanswered questions in a row.
        failures: u32,
        /// When it is asked again.
        retry_at: Timestamp,
    },
}

impl Connection {
    /// An answer came.
    pub fn answered(&mut self) {
        *self = Self::Up;
    }

    /// No answer came: the next question waits 1, 2, 4, then 5 seconds. A person is looking,
    /// so never longer.
    pub fn failed(&mut self, reason: String, now: Timestamp) -> Timestamp {
        let (since, failures) = match self {
            Self::Down { since, failures, .. } => (*since, failures.saturating_add(1)),
            Self::Connecting { .. } | Self::Up => (now, 1),
        };
        let wait_s = (1_i64 << (failures - 1).min(3)).min(5);
        let retry_at = later(now, SignedDuration::from_secs(wait_s));
        *self = Self::Down { since, reason, failures, retry_at };
        retry_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_slow_down_but_not_for_long() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let mut connection = Connection::Up;
        let waits: Vec<i64> =
            (0..6).map(|_| connection.failed("refused".to_owned(), now).duration_since(now).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 5, 5, 5]);
        connection.answered();
        assert_eq!(connection.failed("refused".to_owned(), now).duration_since(now).as_secs(), 1);
    }
}
