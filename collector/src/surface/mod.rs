//! How systems reach each other, from what the table `surface` adds up.
//!
//! # Which hours
//!
//! Calls are added up by the hour in which they started, so a range is widened to the whole hours
//! that it touches.
//!
//! # Whose report
//!
//! One call may be reported from several places. Who knows more is believed: a proxy on the way sees
//! headers and the connection itself, a caller knows the URL, a receiver knows what is left of it
//! behind a balancer. [A report is dropped](choice) when somebody who knows more reported at least as
//! many calls of the same handoff; one that tells of more calls stays beside the other, for some of
//! them went another way. Receivers do not know who sent: theirs count where those who know the
//! sender reported none of it, or so many fewer calls of this operation (a tenth) that others must have
//! called it too.

mod choice;
mod query;
mod summary;

use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::hotspot::MinuteRange;
use ordertrace_api::surface::{HandoffAccess, SURFACE_LIMIT, Surface};

use crate::moment::Range;
use choice::choose;
use summary::summary;

/// Rows read for one range: each way of a handoff from three places.
const REPORTS_LIMIT: usize = 3 * SURFACE_LIMIT;
const HOUR_S: i64 = 3_600;
/// The last hour that `DateTime` holds, in February 2106.
const LAST_S: i64 = u32::MAX as i64 / HOUR_S * HOUR_S;

/// What is added up of how handoffs were done.
#[derive(Clone)]
pub struct Surfaces {
    client: Client,
}

/// Whole hours, from the start of one to the start of another, in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    since_s: i64,
    until_s: i64,
}

impl Hours {
    /// The hours that a range touches, as far as ClickHouse can hold them.
    pub fn touched(range: Range) -> Self {
        let (since, until) = (range.since(), range.until());
        let hour = |second: i64| (second.div_euclid(HOUR_S) * HOUR_S).clamp(0, LAST_S);
        // Any fraction of a second more touches the next hour.
        let until_s = until.as_second() + i64::from(until.subsec_nanosecond() > 0);
        Self { since_s: hour(since.as_second()), until_s: hour(until_s + HOUR_S - 1) }
    }
}

impl From<Hours> for MinuteRange {
    fn from(hours: Hours) -> Self {
        // Between 1970 and 2106 every second is a time.
        let time = |second: i64| Timestamp::from_second(second).unwrap_or_default();
        Self { since: time(hours.since_s), until: time(hours.until_s) }
    }
}

impl Surfaces {
    /// Those of one database.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Each way in which handoffs were done in these hours, the least protected first, and whether there
    /// may be more. What detection looks at.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn ways(&self, hours: Hours) -> clickhouse::error::Result<(Vec<HandoffAccess>, bool)> {
        let mut reports = query::reports(&self.client, hours, REPORTS_LIMIT + 1).await?;
        let more = reports.len() > REPORTS_LIMIT;
        reports.truncate(REPORTS_LIMIT);
        Ok((choose(reports), more))
    }

    /// The same as a reply.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn surface(&self, hours: Hours) -> clickhouse::error::Result<Surface> {
        let (mut rows, mut more) = self.ways(hours).await?;
        let summary = summary(&rows);
        more |= rows.len() > SURFACE_LIMIT;
        rows.truncate(SURFACE_LIMIT);
        Ok(Surface { range: hours.into(), summary, rows, more })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_widened_to_the_hours_that_it_touches() {
        let at = |text: &str| format!("2026-11-{text}Z").parse::<Timestamp>().unwrap();
        for (since, until, expected) in [
            ("21T10:00:00", "21T11:00:00", ("21T10:00:00", "21T11:00:00")),
            ("21T10:59:59.9", "21T11:00:00.000000001", ("21T10:00:00", "21T12:00:00")),
        ] {
            let range = MinuteRange::from(Hours::touched(Range::new(at(since), at(until)).unwrap()));
            assert_eq!((range.since, range.until), (at(expected.0), at(expected.1)));
        }
        let ever = MinuteRange::from(Hours::touched(Range::new(Timestamp::MIN, Timestamp::MAX).unwrap()));
        assert_eq!((ever.since.as_second(), ever.until.as_second()), (0, LAST_S));
    }
}
