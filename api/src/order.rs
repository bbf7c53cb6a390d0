//! The orders list: one line per journey.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journey::{JourneyState, Milestone};
use crate::keys::Key;

/// Query of [`ORDERS`](crate::routes::ORDERS). Newest activity first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrdersQuery {
    /// Only journeys active at or after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only journeys that started before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only journeys with a key whose value starts with this text, or `KIND:PREFIX`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// At most this many, 1 to 1000; 200 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Reply of [`ORDERS`](crate::routes::ORDERS).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrdersPage {
    /// Newest activity first.
    pub orders: Vec<OrderSummary>,
    /// Whether the limit cut the list.
    pub more: bool,
}

/// One journey in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderSummary {
    /// The key the journey is known by; asking for it returns the journey.
    pub id: Key,
    /// Start of the first handoff.
    pub started_at: Timestamp,
    /// End of the last handoff so far.
    pub last_at: Timestamp,
    /// The latest milestone, if any was reached.
    pub last_milestone: Option<Milestone>,
    /// Systems that took part, in order of appearance.
    pub systems: Vec<String>,
    /// Number of handoffs.
    pub handoffs: u32,
    /// Attempts beyond the first, over all handoffs.
    pub retries: u32,
    /// Handoffs whose last attempt failed.
    pub errors: u32,
    /// The handoff that took longest.
    pub slowest: Option<SlowestHandoff>,
    /// Where the journey stands.
    pub state: JourneyState,
}

/// The handoff of a journey that took longest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SlowestHandoff {
    /// The system that handed on; unknown when only the receiver reported.
    pub from: Option<String>,
    /// The system that received.
    pub to: String,
    /// What was asked.
    pub operation: String,
    /// First attempt's start to last attempt's end.
    pub duration_ns: u64,
}
