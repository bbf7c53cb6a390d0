use std::str::FromStr;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use super::Failure;

/// A time as people type it: RFC 3339, or how long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At a time.
    At(Timestamp),
    /// That long ago.
    Ago(SignedDuration),
}

/// A text that is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a time as 2026-11-21T09:00:00Z, or how long ago as 15m, 2h or 3d")]
pub struct WhenError;

impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self::At(at));
        }
        let span: Span = text.parse().map_err(|_| WhenError)?;
        let ago = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| WhenError)?;
        if ago.is_negative() { Err(WhenError) } else { Ok(Self::Ago(ago)) }
    }
}

impl When {
    /// The time itself; before the first possible one is the first possible one.
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.checked_sub(ago).unwrap_or(Timestamp::MIN),
        }
    }
}

/// Which orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Range {
    /// Only orders active since then: RFC 3339, or how long ago (15m, 2h, 3d)
    #[arg(long, global = true, value_name = "TIME")]
    pub since: Option<When>,
    /// Only orders started before then: RFC 3339, or how long ago (15m, 2h, 3d)
    #[arg(long, global = true, value_name = "TIME")]
    pub until: Option<When>,
}

impl Range {
    /// Its two ends.
    ///
    /// # Errors
    /// When it ends before it begins.
    pub(super) fn resolve(self, now: Timestamp) -> Result<(Option<Timestamp>, Option<Timestamp>), Failure> {
        let ends = (self.since.map(|since| since.resolve(now)), self.until.map(|until| until.resolve(now)));
        match ends {
            (Some(since), Some(until)) if since >= until => Err(Failure::Backwards { since, until }),
            // Without an end it ends now.
            (Some(since), None) if since >= now => Err(Failure::Backwards { since, until: now }),
            _ => Ok(ends),
        }
    }

    /// Refuses a range where it would change nothing.
    pub(super) fn refuse(self, command: &'static str) -> Result<(), Failure> {
        if self == Self::default() { Ok(()) } else { Err(Failure::Range { command }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_type_them() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (text, resolved) in [
            ("2026-11-19T09:12:03Z", "2026-11-19T09:12:03Z"),
            ("2026-11-19T10:12:03+01:00", "2026-11-19T09:12:03Z"),
            ("15m", "2026-11-21T11:45:00Z"),
            ("2h", "2026-11-21T10:00:00Z"),
            ("1h30m", "2026-11-21T10:30:00Z"),
            ("3d", "2026-11-18T12:00:00Z"),
        ] {
            assert_eq!(text.parse::<When>().unwrap().resolve(now).to_string(), resolved, "{text}");
        }
        assert_eq!("9999y".parse::<When>(), Err(WhenError));
        assert_eq!("1d".parse::<When>().unwrap().resolve(Timestamp::MIN), Timestamp::MIN);
    }

    #[test]
    fn texts_that_are_no_time() {
        for text in ["", "yesterday", "15", "-2h", "2 ago", "2026-11-19"] {
            assert_eq!(text.parse::<When>(), Err(WhenError), "{text:?}");
        }
    }
}
