use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time as people write it: `250ms`, `10s`, `5m`, `36h`, `30d`, `1h 30m`.
/// A day is 24 hours, a week seven days; months and years have no fixed length and are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(std::time::Duration);

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a duration: write a number and its unit, such as 250ms, 10s, 5m, 36h or 30d")]
pub struct DurationError {
    /// What was given.
    pub text: String,
}

impl Duration {
    /// From whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(std::time::Duration::from_secs(seconds))
    }

    /// From whole milliseconds.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(std::time::Duration::from_millis(milliseconds))
    }

    /// From days of 24 hours.
    pub const fn from_days(days: u32) -> Self {
        Self::from_secs(days as u64 * 86_400)
    }

    /// For the standard library.
    pub const fn get(self) -> std::time::Duration {
        self.0
    }
}

impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        Self(duration)
    }
}

impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        duration.0
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let error = || DurationError { text: text.to_owned() };
        let span: jiff::Span = text.trim().parse().map_err(|_| error())?;
        let signed = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| error())?;
        std::time::Duration::try_from(signed).map(Self).map_err(|_| error())
    }
}

impl fmt::Display for Duration {
    /// In the largest unit that needs no fraction; [`FromStr`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u128, &str); 6] = [
            (86_400_000_000_000, "d"),
            (3_600_000_000_000, "h"),
            (60_000_000_000, "m"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
        ];
        let nanoseconds = self.0.as_nanos();
        if nanoseconds == 0 {
            return f.write_str("0s");
        }
        match UNITS.iter().find(|(length, _)| nanoseconds.is_multiple_of(*length)) {
            Some((length, unit)) => write!(f, "{}{unit}", nanoseconds / length),
            None => write!(f, "{nanoseconds}ns"),
        }
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "examples": ["250ms", "10s", "5m", "36h", "30d"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_write_it() {
        for (text, milliseconds) in
            [("250ms", 250), ("10s", 10_000), ("5m", 300_000), ("36h", 129_600_000), ("1h 30m", 5_400_000)]
        {
            assert_eq!(text.parse(), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        assert_eq!("30d".parse(), Ok(Duration::from_days(30)));
        assert_eq!("2w".parse(), Ok(Duration::from_days(14)));
    }

    #[test]
    fn what_is_no_duration() {
        for text in ["", "10", "ten seconds", "-5s", "1 month", "5 lightyears", "9999999999999d"] {
            assert_eq!(text.parse::<Duration>(), Err(DurationError { text: text.to_owned() }));
        }
    }

    proptest::proptest! {
        #[test]
        fn text_form_round_trips(nanoseconds in 0..u64::MAX / 4) {
            let duration = Duration(std::time::Duration::from_nanos(nanoseconds));
            proptest::prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }
}
