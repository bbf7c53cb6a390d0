//! When an alert is due: what is stored is read, and then judged by pure functions.

mod age;
mod change;
mod drift;
mod finding;
mod lag;
mod source;
mod unexplained;

use ordertrace_api::finding::{FindingKind, Severity};

pub(super) use age::AgeCondition;
pub(super) use change::ChangeCondition;
pub(super) use drift::DriftCondition;
pub(super) use lag::LagCondition;
pub(super) use source::Source;

use super::observation::Observation;
use super::scope::Scope;
use super::state::Kept;

/// What a rule looks at.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// A target does not show what its source does.
    Drift(DriftCondition),
    /// A change does not arrive.
    Lag(LagCondition),
    /// A feed or index is old.
    Age(AgeCondition),
    /// A system's own value changes by much.
    Change(ChangeCondition),
    /// Detection found something.
    Finding(FindingCondition),
}

/// Findings that hold.
#[derive(Clone, Debug)]
pub(super) struct FindingCondition {
    /// Of these kinds; any, when empty.
    pub(super) kinds: Vec<FindingKind>,
    /// So bad or worse.
    pub(super) severity: Option<Severity>,
}

impl Condition {
    /// The sync and its source that it is about, and which of its items; `None` where it is about no copies.
    pub(super) fn compared(&self) -> Option<(&str, &str, &Scope)> {
        match self {
            Self::Drift(condition) => Some((&condition.sync, &condition.source, &condition.scope)),
            Self::Lag(condition) => Some((&condition.sync, &condition.source, &condition.scope)),
            Self::Age(_) | Self::Change(_) | Self::Finding(_) => None,
        }
    }

    /// What is so at `now_ms` (milliseconds since the Unix epoch), of what is `active` all, and the worst of
    /// what is not, `limit` in all.
    pub(super) async fn see(
        &self,
        source: &Source,
        active: &[&Kept],
        limit: usize,
        now_ms: i64,
    ) -> clickhouse::error::Result<Vec<Observation>> {
        match self {
            Self::Drift(condition) if condition.together => condition.see_together(source, now_ms).await,
            Self::Drift(condition) => condition.see(source, active, limit, now_ms).await,
            Self::Lag(condition) => condition.see(source, now_ms).await,
            Self::Age(condition) => condition.see(source, now_ms).await,
            Self::Change(condition) => condition.see(source, active, limit, now_ms).await,
            Self::Finding(condition) => condition.see(source, active, limit).await,
        }
    }
}
