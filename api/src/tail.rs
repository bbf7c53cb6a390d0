//! What happens, as it happens.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keys::Key;

/// Query of [`TAIL`](crate::routes::TAIL).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TailQuery {
    /// [`TailPage::cursor`] of the page before, or milliseconds since the Unix epoch; without it, from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Reply of [`TAIL`](crate::routes::TAIL).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TailPage {
    /// What happened, by time. Of an order with news, what it did before may come again: know it by its id.
    pub entries: Vec<TailEntry>,
    /// Where the next page begins.
    pub cursor: String,
    /// Whether there is more at once.
    pub more: bool,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TailEntry {
    /// When.
    pub at: Timestamp,
    /// What kind of thing.
    pub kind: TailKind,
    /// The order, by the key that names it best; none for what is of a system alone.
    pub order: Option<Key>,
    /// The system that reached the milestone, received the handoff, or is at fault; empty when none is.
    pub system: String,
    /// The milestone, the handoff's operation, or the kind of finding.
    pub what: String,
    /// More of it, for people.
    pub says: String,
    /// The same when it is told again.
    pub id: String,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TailKind {
    /// An order reached a milestone.
    Milestone,
    /// An attempt of a handoff failed.
    Failure,
    /// A finding was made.
    Finding,
    /// A finding ceased to hold, or was not so.
    FindingEnded,
}
