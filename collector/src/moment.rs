//! Times as they are stored: whole nanoseconds since the Unix epoch, as far as `DateTime64(9)` goes.

use std::time::Duration;

use jiff::Timestamp;

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
