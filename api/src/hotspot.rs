//! Which handoffs cost most.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journey::Observer;

/// Handoffs in one reply.
pub const HANDOFFS_LIMIT: usize = 2_000;

/// Query of [`HOTSPOTS`](crate::routes::HOTSPOTS). Attempts are added up by the minute in which
/// they started: a range is widened to whole minutes, and the reply says to which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HotspotsQuery {
    /// Attempts that started at or after this time; an hour before `until` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Attempts that started before this time; now unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Also the figures of the same range earlier; none unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
}

/// How much earlier a range lies that another is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// 24 hours.
    Day,
    /// Seven times 24 hours.
    Week,
}

/// Reply of [`HOTSPOTS`](crate::routes::HOTSPOTS).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hotspots {
    /// The range that the figures are of: whole minutes, as far back as handoffs are kept.
    pub range: MinuteRange,
    /// The range that `before` is of, when one was asked for.
    pub compared: Option<MinuteRange>,
    /// Each handoff once, those on which most time was spent first; at most
    /// [`HANDOFFS_LIMIT`]. One that had no attempt in `range` is not here, whatever it had before.
    pub handoffs: Vec<HandoffHotspot>,
    /// Each system that received anything, those on which most time was spent first.
    pub systems: Vec<SystemHotspot>,
    /// Whether handoffs were left out, those on which least time was spent.
    pub more: bool,
}

/// Whole minutes, `since` within, `until` not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MinuteRange {
    /// Start of the first minute.
    pub since: Timestamp,
    /// End of the last minute.
    pub until: Timestamp,
}

/// What a handoff costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandoffHotspot {
    /// The system that handed on; unknown when only the receiver reported.
    pub from: Option<String>,
    /// The system that received.
    pub to: String,
    /// What was asked.
    pub operation: String,
    /// Who reported these attempts: of several observers of the same ones, one is counted.
    pub observer: Observer,
    /// The figures of the range.
    pub figures: Figures,
    /// Those of the range it is compared with; `null` when none was asked for, or when nothing
    /// of this handoff is known from then.
    pub before: Option<Figures>,
}

/// What a system costs those who hand on to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SystemHotspot {
    /// The system.
    pub system: String,
    /// The figures of all it received in the range.
    pub figures: Figures,
    /// Those of the range it is compared with; `null` when none was asked for, or when nothing
    /// that it received is known from then.
    pub before: Option<Figures>,
}

/// Figures of at least one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Figures {
    /// How many attempts started.
    pub attempts: u64,
    /// Attempts per second. Of a range that has not ended: of the part that is over.
    pub per_s: f64,
    /// How many of them failed: span status ERROR, or HTTP status 400 and above.
    pub failed: u64,
    /// Share of attempts that failed, 0 to 1.
    pub error_share: f64,
    /// How many of them were sent again, as far as the sender says (`http.request.resend_count`).
    pub resent: u64,
    /// Attempts for each first one, 1 or more: 1.25 means a quarter more work through retries.
    pub amplification: f64,
    /// All attempts' durations together.
    pub time_ns: u64,
    /// Mean duration of an attempt.
    pub mean_ns: u64,
    /// Median duration, within 1 %.
    pub p50_ns: u64,
    /// 95 of a hundred attempts took at most this long, within 1 %.
    pub p95_ns: u64,
    /// 99 of a hundred attempts took at most this long, within 1 %.
    pub p99_ns: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_as_documented() {
        let figures = Figures {
            attempts: 8,
            per_s: 0.5,
            failed: 2,
            error_share: 0.25,
            resent: 4,
            amplification: 2.0,
            time_ns: 80,
            mean_ns: 10,
            p50_ns: 9,
            p95_ns: 12,
            p99_ns: 13,
        };
        let range = MinuteRange { since: Timestamp::UNIX_EPOCH, until: Timestamp::UNIX_EPOCH };
        let reply = Hotspots {
            range,
            compared: Some(range),
            handoffs: vec![HandoffHotspot {
                from: None,
                to: "oms".to_owned(),
                operation: "POST /orders".to_owned(),
                observer: Observer::Server,
                figures,
                before: None,
            }],
            systems: vec![SystemHotspot { system: "oms".to_owned(), figures, before: Some(figures) }],
            more: false,
        };
        let figures = serde_json::json!({
            "attempts": 8, "per_s": 0.5, "failed": 2, "error_share": 0.25, "resent": 4, "amplification": 2.0,
            "time_ns": 80, "mean_ns": 10, "p50_ns": 9, "p95_ns": 12, "p99_ns": 13
        });
        let range = serde_json::json!({ "since": "1970-01-01T00:00:00Z", "until": "1970-01-01T00:00:00Z" });
        let json = serde_json::json!({
            "range": range,
            "compared": range,
            "handoffs": [{
                "from": null, "to": "oms", "operation": "POST /orders", "observer": "server",
                "figures": figures, "before": null
            }],
            "systems": [{ "system": "oms", "figures": figures, "before": figures }],
            "more": false
        });
        assert_eq!(serde_json::to_value(&reply).ok(), Some(json.clone()));
        assert_eq!(serde_json::from_value::<Hotspots>(json).ok(), Some(reply));
    }
}
