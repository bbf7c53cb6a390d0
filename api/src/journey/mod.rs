//! All that happened to one order.

mod handoff;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use handoff::{Attempt, Handoff, JoinKind, Observer, Outcome, Repeat, Side};

use crate::keys::{Key, Strength};

/// Reply of [`JOURNEY`](crate::routes::JOURNEY): the connected component of an order's
/// strong keys, over any number of traces, days and id values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Journey {
    /// The key the journey is known by, whichever of its keys was asked for.
    pub id: Key,
    /// Every key seen, strong ones first.
    pub keys: Vec<JourneyKey>,
    /// Where it stands.
    pub state: JourneyState,
    /// Start of the first handoff.
    pub started_at: Timestamp,
    /// End of the last handoff so far.
    pub ended_at: Timestamp,
    /// Business facts reached, by time.
    pub milestones: Vec<Milestone>,
    /// Systems that took part, in order of appearance.
    pub systems: Vec<SystemShare>,
    /// Each handoff once, by start.
    pub handoffs: Vec<Handoff>,
    /// Times during which no handoff was under way.
    pub waits: Vec<Wait>,
    /// What the journey's length is made of, by time, without gaps or overlaps.
    pub critical_path: Vec<PathSegment>,
    /// The traces it was put together from, and why each belongs to it.
    pub traces: Vec<TraceMembership>,
    /// Spans of all these traces that belong to the journey.
    pub span_count: u64,
    /// Where putting it together stopped short; empty when the journey is whole.
    pub limits: Vec<LimitReached>,
    /// How far its systems' clocks are apart, as far as its own handoffs tell.
    pub clocks: Vec<SystemClock>,
    /// Whether that is taken out of all times here; see [`JourneyQuery`].
    pub aligned: bool,
}

/// Query of [`JOURNEY`](crate::routes::JOURNEY).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JourneyQuery {
    /// Whether to tell all times by one clock, as far as is known how far clocks are apart; by each system's
    /// own unless given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub aligned: bool,
}

/// What is known of a system's clock: calls that both sides reported bound how far theirs are apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SystemClock {
    /// The system.
    pub system: String,
    /// The system whose clock it is compared with.
    pub reference: String,
    /// How far it is ahead of that; less than 0 = behind.
    pub ahead_ns: i64,
    /// How much more, or less, it may be.
    pub uncertainty_ns: u64,
    /// Calls this is known from; over several systems, those of the weakest link.
    pub calls: u32,
}

impl SystemClock {
    /// Whether it is certainly not the reference's time.
    pub fn is_apart(&self) -> bool {
        self.ahead_ns.unsigned_abs() > self.uncertainty_ns
    }
}

/// A key of a journey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JourneyKey {
    /// The key.
    pub key: Key,
    /// What it says.
    pub strength: Strength,
    /// Where it was seen, in order of appearance.
    pub systems: Vec<String>,
}

/// Where a journey stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JourneyState {
    /// Under way.
    Open,
    /// The last attempt of a handoff failed and nothing made good for it since.
    Failed,
    /// Reached an end milestone.
    Done,
}

/// A named business fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Milestone {
    /// `order.placed`, `payment.captured`, …
    pub name: String,
    /// When it was so.
    pub at: Timestamp,
    /// The system that showed it.
    pub system: String,
}

/// One system's part in a journey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SystemShare {
    /// The system.
    pub name: String,
    /// Handoffs it received.
    pub received: u32,
    /// Handoffs it made.
    pub made: u32,
    /// Time during which at least one handoff to it was under way.
    pub busy_ns: u64,
}

/// Time between handoffs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Wait {
    /// Id of the handoff that ended last before it.
    pub after: String,
    /// Id of the handoff that ended it.
    pub before: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long.
    pub duration_ns: u64,
}

/// A part of the critical path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PathSegment {
    /// Id of the handoff whose own time it was; absent for a wait.
    pub handoff: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// How long.
    pub duration_ns: u64,
}

/// Why a trace belongs to a journey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TraceMembership {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The reason.
    pub reason: MembershipReason,
    /// Its spans that belong to the journey.
    pub span_count: u64,
}

/// How a trace came into a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MembershipReason {
    /// A strong key stands on one of its spans.
    Key,
    /// A span link leads to or from it.
    SpanLink,
    /// It happened in the session while this order was under way in it.
    Session,
    /// Its root agrees with exactly one proxied handoff in method, path, status and time.
    Inferred,
}

/// A limit that stopped the search for more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LimitReached {
    /// `keys`, `traces`, `spans` or `fan_out`.
    pub limit: String,
    /// Its value.
    pub value: u64,
    /// What was left out because of it, and how to see it.
    pub detail: String,
}

/// Reply when a text names keys of several journeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Candidates {
    /// The keys it may mean, each in another journey.
    pub candidates: Vec<Key>,
}
