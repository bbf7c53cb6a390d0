//! Which handoffs cost most.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::Money;
use crate::journey::Observer;

/// Handoffs in one reply.
pub const HANDOFFS_LIMIT: usize = 2_000;

/// Parts that a range can be shared out into.
pub const SLICES_LIMIT: u32 = 120;

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
    /// Also what happened in each of so many equal parts of the range, 1 to [`SLICES_LIMIT`]; none
    /// unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slices: Option<u32>,
}

/// Query of [`HOTSPOT_ORDERS`](crate::routes::HOTSPOT_ORDERS): the orders that had a handoff in a
/// range, those with most money at risk first, then those that it took longest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HotspotOrdersQuery {
    /// The system that handed on; whichever it was unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The system that received.
    pub to: String,
    /// What was asked, as in [`HandoffHotspot::operation`]; anything unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Handoffs that started at or after this time; an hour before `until` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Handoffs that started before this time; now unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// At most this many, 1 to 1000; 200 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
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
    /// Up to when what happened was put together to orders: what arrived later is not in
    /// [`OrderFigures`] yet. `null` when nothing was.
    pub orders_until: Option<Timestamp>,
    /// Length of a slice, when slices were asked for; the last one may be shorter.
    pub slice_s: Option<u64>,
    /// Each handoff once, those on which most time was spent first; at most
    /// [`HANDOFFS_LIMIT`]. Those that had attempts in `compared` only come last.
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
    /// What it meant to orders.
    pub orders: OrderFigures,
    /// The same in the range it is compared with; `null` as with `before`.
    pub orders_before: Option<OrderFigures>,
    /// What happened when, by time; empty when it was not asked for.
    pub slices: Vec<Slice>,
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
    /// What handoffs to it meant to orders, each order once.
    pub orders: OrderFigures,
    /// The same in the range it is compared with; `null` as with `before`.
    pub orders_before: Option<OrderFigures>,
    /// What happened when, by time; empty when it was not asked for.
    pub slices: Vec<Slice>,
}

/// What handoffs meant to the orders that had them. Orders are put together when nothing happened
/// in them for a minute, or every ten minutes while something does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderFigures {
    /// How many orders had an attempt of such a handoff.
    pub orders: u64,
    /// How many such handoffs began in them, each with all its attempts.
    pub handoffs: u64,
    /// How long nothing was under way in the order before such a handoff began, on average.
    pub mean_waiting_ns: u64,
    /// How much of the critical path such a handoff was by itself, on average.
    pub mean_path_ns: u64,
    /// Share of all that handoffs in the range were of critical paths, 0 to 1; waiting apart.
    pub path_share: f64,
    /// What the orders are worth that are at no end now, by currency; empty when none of the orders
    /// says what it is worth.
    pub in_flight: Vec<Money>,
    /// The part of sales that its delays put at risk, by currency: an estimate, see
    /// `docs/hotspots.md`.
    pub at_risk: Vec<Money>,
}

/// What happened in a part of a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Slice {
    /// How many attempts started.
    pub attempts: u64,
    /// How many of them failed.
    pub failed: u64,
    /// Their durations together.
    pub time_ns: u64,
}

/// Figures of attempts; all 0 where there was none.
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

impl Figures {
    /// Whether there was no attempt: what is compared had some.
    pub fn is_gone(&self) -> bool {
        self.attempts == 0
    }
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
        let money = |amount: &str| vec![Money { amount: amount.to_owned(), currency: "EUR".to_owned() }];
        let orders = OrderFigures {
            orders: 3,
            handoffs: 4,
            mean_waiting_ns: 5,
            mean_path_ns: 6,
            path_share: 0.5,
            in_flight: money("12.30"),
            at_risk: money("0.123"),
        };
        let range = MinuteRange { since: Timestamp::UNIX_EPOCH, until: Timestamp::UNIX_EPOCH };
        let reply = Hotspots {
            range,
            compared: Some(range),
            orders_until: Some(Timestamp::UNIX_EPOCH),
            slice_s: Some(60),
            handoffs: vec![HandoffHotspot {
                from: None,
                to: "oms".to_owned(),
                operation: "POST /orders".to_owned(),
                observer: Observer::Server,
                figures,
                before: None,
                orders: orders.clone(),
                orders_before: None,
                slices: vec![Slice { attempts: 8, failed: 2, time_ns: 80 }],
            }],
            systems: vec![SystemHotspot {
                system: "oms".to_owned(),
                figures,
                before: Some(figures),
                orders: OrderFigures::default(),
                orders_before: Some(orders),
                slices: Vec::new(),
            }],
            more: false,
        };
        let figures = serde_json::json!({
            "attempts": 8, "per_s": 0.5, "failed": 2, "error_share": 0.25, "resent": 4, "amplification": 2.0,
            "time_ns": 80, "mean_ns": 10, "p50_ns": 9, "p95_ns": 12, "p99_ns": 13
        });
        let range = serde_json::json!({ "since": "1970-01-01T00:00:00Z", "until": "1970-01-01T00:00:00Z" });
        let orders = serde_json::json!({
            "orders": 3, "handoffs": 4, "mean_waiting_ns": 5, "mean_path_ns": 6, "path_share": 0.5,
            "in_flight": [{ "amount": "12.30", "currency": "EUR" }],
            "at_risk": [{ "amount": "0.123", "currency": "EUR" }]
        });
        let none = serde_json::json!({
            "orders": 0, "handoffs": 0, "mean_waiting_ns": 0, "mean_path_ns": 0, "path_share": 0.0,
            "in_flight": [], "at_risk": []
        });
        let json = serde_json::json!({
            "range": range,
            "compared": range,
            "orders_until": "1970-01-01T00:00:00Z",
            "slice_s": 60,
            "handoffs": [{
                "from": null, "to": "oms", "operation": "POST /orders", "observer": "server",
                "figures": figures, "before": null, "orders": orders, "orders_before": null,
                "slices": [{ "attempts": 8, "failed": 2, "time_ns": 80 }]
            }],
            "systems": [{
                "system": "oms", "figures": figures, "before": figures, "orders": none, "orders_before": orders,
                "slices": []
            }],
            "more": false
        });
        assert_eq!(serde_json::to_value(&reply).ok(), Some(json.clone()));
        assert_eq!(serde_json::from_value::<Hotspots>(json).ok(), Some(reply));
    }
}
