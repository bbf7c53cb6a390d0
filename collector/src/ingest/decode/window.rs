use std::time::Duration;

use jiff::Timestamp;

/// The times that are believed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    earliest_ns: i64,
    latest_ns: i64,
}

/// The years that DateTime64(9) holds with room to spare: 1900 to 2261.
const STORABLE_NS: std::ops::RangeInclusive<i64> = -2_208_988_800_000_000_000..=9_183_110_400_000_000_000;

impl Window {
    pub(super) fn around(now_ns: i64, oldest: Duration, ahead: Duration) -> Self {
        let narrow = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        Self {
            earliest_ns: now_ns.saturating_sub(narrow(oldest)).max(*STORABLE_NS.start()),
            latest_ns: now_ns.saturating_add(narrow(ahead)).min(*STORABLE_NS.end()),
        }
    }

    /// The time as a record holds it, or what is wrong with it.
    pub(super) fn check(&self, time_ns: u64) -> Result<i64, String> {
        match i64::try_from(time_ns) {
            Ok(time) if (self.earliest_ns..=self.latest_ns).contains(&time) => Ok(time),
            Ok(time) => {
                Err(format!("{} is not between {} and {}", text(time), text(self.earliest_ns), text(self.latest_ns)))
            }
            Err(_) => Err(format!("{time_ns} ns is after the year 2262")),
        }
    }

    /// The time, or `otherwise` where it is not believed.
    pub(super) fn check_or(&self, time_ns: u64, otherwise: i64) -> i64 {
        self.check(time_ns).unwrap_or(otherwise)
    }
}

fn text(time_ns: i64) -> String {
    match Timestamp::from_nanosecond(i128::from(time_ns)) {
        Ok(time) => format!("{time:.0}"),
        Err(_) => format!("{time_ns} ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_are_not_believed_are_named() {
        let day = Duration::from_secs(86_400);
        let window = Window::around(1_795_253_154_000_000_000, 10 * day, day);
        assert_eq!(window.check(1_795_253_154_000_000_000), Ok(1_795_253_154_000_000_000));
        let error = window.check(0).unwrap_err();
        assert_eq!(error, "1970-01-01T00:00:00Z is not between 2026-11-11T09:25:54Z and 2026-11-22T09:25:54Z");
        assert!(window.check(7_258_118_400_000_000_000).unwrap_err().starts_with("2200-01-01T00:00:00Z "));
        assert!(window.check(u64::MAX).unwrap_err().contains("2262"));
    }

    #[test]
    fn no_setting_makes_it_overflow() {
        let window = Window::around(i64::MAX, Duration::MAX, Duration::MAX);
        assert!(window.check(u64::MAX).is_err());
        assert!(window.check(0).is_ok());
        assert!(Window::around(i64::MIN, Duration::MAX, Duration::ZERO).check(5).is_err());
    }
}
