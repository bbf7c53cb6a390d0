use jiff::{SignedDuration, Timestamp};

use super::problem::Refusal;
use crate::moment::Range;

/// The range that a query means at `now`: until now and from `reach` before its end, unless the query says
/// otherwise.
pub(super) fn range(
    (since, until): (Option<Timestamp>, Option<Timestamp>),
    reach: SignedDuration,
    now: Timestamp,
) -> Result<Range, Refusal> {
    let until = until.unwrap_or(now);
    let since = since.unwrap_or_else(|| until.checked_sub(reach).unwrap_or(Timestamp::MIN));
    Range::new(since, until).map_err(|error| Refusal::bad_request(error.to_string()))
}

/// Refuses a range without any time in it, whichever ends it has.
pub(super) fn unless_empty(since: Option<Timestamp>, until: Option<Timestamp>) -> Result<(), Refusal> {
    let range = Range::new(since.unwrap_or(Timestamp::MIN), until.unwrap_or(Timestamp::MAX));
    range.map(drop).map_err(|error| Refusal::bad_request(error.to_string()))
}
