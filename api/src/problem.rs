use serde::{Deserialize, Serialize};

/// Why a request was refused, as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// What kind of problem, in a few words that do not vary.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The place, the value and the remedy.
    pub detail: String,
}
