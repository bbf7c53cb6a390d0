//! Whole minutes.

use jiff::Timestamp;
use ordertrace_api::hotspot::{Against, MinuteRange};

use super::query::Slicing;
use crate::moment::Range;

const MINUTE_S: i64 = 60;
const DAY_S: i64 = 24 * 60 * MINUTE_S;
/// The last minute that `DateTime` holds, in February 2106.
const LAST_S: i64 = u32::MAX as i64 / MINUTE_S * MINUTE_S;

/// Whole minutes, from the start of one to the start of another, in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes {
    pub(super) since_s: i64,
    pub(super) until_s: i64,
}

impl Minutes {
    /// The minutes that a range touches, as far as ClickHouse can hold them.
    pub fn touched(range: Range) -> Self {
        let (since, until) = (range.since(), range.until());
        // Any fraction of a second more touches the next minute.
        let until_s = until.as_second() + i64::from(until.subsec_nanosecond() > 0);
        let minute = |second: i64| (second.div_euclid(MINUTE_S) * MINUTE_S).clamp(0, LAST_S);
        Self { since_s: minute(since.as_second()), until_s: minute(until_s + MINUTE_S - 1) }
    }

    /// The same length of time that much earlier.
    #[must_use]
    pub(super) fn earlier(self, against: Against) -> Self {
        let by_s = match against {
            Against::Day => DAY_S,
            Against::Week => 7 * DAY_S,
        };
        Self { since_s: (self.since_s - by_s).max(0), until_s: (self.until_s - by_s).max(0) }
    }

    /// The part of which handoffs are kept, when they are for `days` (0 = for ever): rates of a
    /// longer one would be too low.
    #[must_use]
    pub(super) fn kept(self, days: u32, now: Timestamp) -> Self {
        if days == 0 {
            return self;
        }
        let oldest_s = (now.as_second() - i64::from(days) * DAY_S).div_euclid(MINUTE_S) * MINUTE_S;
        let since_s = self.since_s.max(oldest_s);
        Self { since_s, until_s: self.until_s.max(since_s) }
    }

    /// Parts of it, of whole minutes each: at most `count`.
    pub(super) fn sliced(self, count: u32) -> Slicing {
        let minutes = u64::try_from((self.until_s - self.since_s) / MINUTE_S).unwrap_or(0);
        let each = minutes.div_ceil(u64::from(count.max(1))).max(1);
        let count = usize::try_from(minutes.div_ceil(each)).unwrap_or(0);
        Slicing { count, seconds: each * MINUTE_S.unsigned_abs() }
    }

    /// Seconds of it that are over at `now`; all, where none is yet.
    pub(super) fn over_s(self, now: Timestamp) -> f64 {
        let over = now.as_nanosecond() as f64 / 1e9 - self.since_s as f64;
        let all = (self.until_s - self.since_s) as f64;
        if over > 0.0 { over.min(all) } else { all }
    }
}

impl From<Minutes> for MinuteRange {
    fn from(minutes: Minutes) -> Self {
        // Between 1970 and 2106 every second is a time.
        let time = |second: i64| Timestamp::from_second(second).unwrap_or_default();
        Self { since: time(minutes.since_s), until: time(minutes.until_s) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}Z").parse().unwrap()
    }

    fn touched(since: Timestamp, until: Timestamp) -> Minutes {
        Minutes::touched(Range::new(since, until).unwrap())
    }

    fn texts(minutes: Minutes) -> (String, String) {
        let MinuteRange { since, until } = minutes.into();
        (since.to_string(), until.to_string())
    }

    #[test]
    fn a_range_is_widened_to_the_minutes_that_it_touches() {
        for (since, until, expected) in [
            ("21T10:00:00", "21T11:00:00", ("21T10:00:00", "21T11:00:00")),
            ("21T10:00:59.9", "21T10:59:00.000000001", ("21T10:00:00", "21T11:00:00")),
            ("21T10:00:10", "21T10:00:20", ("21T10:00:00", "21T10:01:00")),
        ] {
            let minutes = touched(at(since), at(until));
            assert_eq!(minutes, Minutes { since_s: at(expected.0).as_second(), until_s: at(expected.1).as_second() });
        }
        let ever = touched(Timestamp::MIN, Timestamp::MAX);
        assert_eq!(texts(ever), ("1970-01-01T00:00:00Z".to_owned(), "2106-02-07T06:28:00Z".to_owned()));
    }

    #[test]
    fn earlier_and_no_earlier_than_kept() {
        let (since, until) = (at("21T10:00:00"), at("21T11:00:00"));
        let minutes = touched(since, until);
        let day = minutes.earlier(Against::Day);
        assert_eq!(texts(day), ("2026-11-20T10:00:00Z".to_owned(), "2026-11-20T11:00:00Z".to_owned()));
        let week = minutes.earlier(Against::Week);
        assert_eq!(texts(week), ("2026-11-14T10:00:00Z".to_owned(), "2026-11-14T11:00:00Z".to_owned()));
        assert_eq!(week.kept(0, until), week);
        assert_eq!(week.kept(8, until), week);
        let none = texts(week.kept(1, until));
        assert_eq!(none.0, none.1);
        let half = day.kept(1, at("21T10:30:20"));
        assert_eq!(texts(half), ("2026-11-20T10:30:00Z".to_owned(), "2026-11-20T11:00:00Z".to_owned()));
    }

    #[test]
    fn what_is_to_come_is_no_time_without_attempts() {
        let minutes = touched(at("21T10:00:00"), at("21T10:02:00"));
        assert_eq!(minutes.over_s(at("21T10:01:30")), 90.0);
        assert_eq!(minutes.over_s(at("21T10:01:30.5")), 90.5);
        assert_eq!(minutes.over_s(at("21T12:00:00")), 120.0);
        assert_eq!(minutes.over_s(at("21T09:00:00")), 120.0);
    }

    #[test]
    fn slices_are_of_whole_minutes() {
        let minutes = |count: i64| Minutes { since_s: 0, until_s: count * 60 };
        for (length, wanted, count, seconds) in
            [(60, 20, 20, 180), (61, 20, 16, 240), (5, 20, 5, 60), (1, 1, 1, 60), (0, 9, 0, 60), (60, 0, 1, 3600)]
        {
            assert_eq!(minutes(length).sliced(wanted), Slicing { count, seconds }, "{length} minutes in {wanted}");
        }
    }
}
