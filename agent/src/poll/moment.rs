//! Points in time as sources write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a source writes times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// ISO 8601 or as databases write it; without an offset, in the poll's time_zone.
    #[default]
    Text,
    /// Whole seconds since 1970.
    UnixS,
    /// Whole milliseconds since 1970.
    UnixMs,
}

/// A text that is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no time")]
pub struct MomentError;

/// The time that `text` means.
pub(super) fn moment(text: &str, format: TimeFormat, zone: &TimeZone) -> Result<Timestamp, MomentError> {
    let text = text.trim();
    match format {
        TimeFormat::Text => {
            if let Ok(at) = text.parse::<Timestamp>() {
                return Ok(at);
            }
            let civil: DateTime = text.parse().map_err(|_| MomentError)?;
            zone.to_ambiguous_zoned(civil).compatible().map(|zoned| zoned.timestamp()).map_err(|_| MomentError)
        }
        TimeFormat::UnixS => unix(text, Timestamp::from_second),
        TimeFormat::UnixMs => unix(text, Timestamp::from_millisecond),
    }
}

fn unix(text: &str, from: impl Fn(i64) -> Result<Timestamp, jiff::Error>) -> Result<Timestamp, MomentError> {
    text.parse().ok().and_then(|number| from(number).ok()).ok_or(MomentError)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, format: TimeFormat) -> Option<String> {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        moment(text, format, &berlin).ok().map(|at| at.to_string())
    }

    #[test]
    fn as_sources_write_it() {
        let at = |text| read(text, TimeFormat::Text);
        assert_eq!(at("2026-11-22T05:00:00Z").as_deref(), Some("2026-11-22T05:00:00Z"));
        assert_eq!(at("2026-11-22 05:00:00.25+00").as_deref(), Some("2026-11-22T05:00:00.25Z"));
        assert_eq!(at("2026-11-22 07:00:00+02:00").as_deref(), Some("2026-11-22T05:00:00Z"));
        assert_eq!(at("2026-11-22 06:00:00").as_deref(), Some("2026-11-22T05:00:00Z"));
        assert_eq!(at("2026-07-22").as_deref(), Some("2026-07-21T22:00:00Z"));
        assert_eq!(read("1000000000", TimeFormat::UnixS).as_deref(), Some("2001-09-09T01:46:40Z"));
        assert_eq!(read("1000000000123", TimeFormat::UnixMs).as_deref(), Some("2001-09-09T01:46:40.123Z"));
        for text in ["", "yesterday", "2026-13-01", "1000000000"] {
            assert_eq!(at(text), None, "{text}");
        }
        for text in ["", "1.5", "99999999999999999999", "9223372036854775807"] {
            assert_eq!(read(text, TimeFormat::UnixS), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[-0-9T:. +Z]{0,40}") {
            for format in [TimeFormat::Text, TimeFormat::UnixS, TimeFormat::UnixMs] {
                let _ = read(&text, format);
            }
        }
    }
}
