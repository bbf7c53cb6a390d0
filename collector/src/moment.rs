//! Times as they are stored: whole nanoseconds since the Unix epoch, as far as `DateTime64(9)` goes.

use std::time::Duration;

use jiff::Timestamp;

/// A range of time that is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    since: Timestamp,
    until: Timestamp,
}

/// A range without any time in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("since is {since} and until is {until}; since must be earlier")]
pub struct RangeError {
    since: Timestamp,
    until: Timestamp,
}

impl Range {
    /// From `since` until before `until`.
    ///
    /// # Errors
    /// When `since` is not the earlier one.
    pub fn new(since: Timestamp, until: Timestamp) -> Result<Self, RangeError> {
        if since >= until { Err(RangeError { since, until }) } else { Ok(Self { since, until }) }
    }

    /// Its beginning.
    pub fn since(self) -> Timestamp {
        self.since
    }

    /// Its end, which is not within.
    pub fn until(self) -> Timestamp {
        self.until
    }
}

/// Every i64 of nanoseconds is a valid timestamp.
pub fn timestamp(ns: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(ns)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The nearest time that can be stored.
pub fn nanoseconds(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(if at < Timestamp::UNIX_EPOCH { i64::MIN } else { i64::MAX })
}

/// The nearest span of time that can be stored.
pub fn nanoseconds_in(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_time_in_it() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let range = Range::new(at(1), at(2)).unwrap();
        assert_eq!((range.since(), range.until()), (at(1), at(2)));
        assert_eq!(
            Range::new(at(2), at(2)).unwrap_err().to_string(),
            "since is 1970-01-01T00:00:02Z and until is 1970-01-01T00:00:02Z; since must be earlier"
        );
    }
}
