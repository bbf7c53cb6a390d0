use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::human;

/// Time of day with milliseconds: `09:12:03.120`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S%.3f").to_string()
}

/// Date and time of day with milliseconds: `2026-11-19 09:12:03.120`.
pub fn full_clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// Time of day: `09:12:03`.
pub fn short_clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// Date and time of day: `2026-11-19 09:12:03`.
pub fn date_clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Time of day of the last 24 hours, else day and minute: `09:12:03`, `11-19 09:12`.
pub fn near_clock(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    const DAY_NS: u64 = 86_400_000_000_000;
    let format = if ns_between(at, now) < DAY_NS { "%H:%M:%S" } else { "%m-%d %H:%M" };
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

/// How far `ns` lies from zero, with its sign: `+12.3ms`, `−4ms`.
pub fn offset(ns: i64) -> String {
    let sign = if ns < 0 { '−' } else { '+' };
    format!("{sign}{}", human(ns.unsigned_abs()))
}

/// Nanoseconds from one time to another; 0 when they lie the other way round.
pub fn ns_between(from: Timestamp, until: Timestamp) -> u64 {
    let ns = until.as_nanosecond() - from.as_nanosecond();
    u64::try_from(ns.max(0)).unwrap_or(u64::MAX)
}
