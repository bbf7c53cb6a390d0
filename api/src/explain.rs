//! What a set of orders has in common, and who else is hit.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::FindingKind;
use crate::journey::JourneyState;
use crate::keys::Key;

/// Orders of the set that are compared, the latest.
pub const SET_LIMIT: usize = 300;
/// Orders of the rest that the set is compared with, the latest.
pub const REST_LIMIT: usize = 900;
/// Orders named in one list of a reply.
pub const NAMED_LIMIT: usize = 100;

/// Query of [`EXPLAIN`](crate::routes::EXPLAIN): one symptom, by `order`, `finding`, `state` or what stands
/// for handoffs, alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainQuery {
    /// Orders with the symptom of this one: its worst finding, else the handoff that failed last, else its state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Orders with a finding of this kind, open or closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<FindingKind>,
    /// Orders that stand so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<JourneyState>,
    /// Orders that took longer, in milliseconds; with `to`, orders of which such a handoff took longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slower_than_ms: Option<u64>,
    /// Only handoffs from this system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Orders with a failed attempt of a handoff to this system; they are compared with others that had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Only handoffs in which this was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Orders active at or after this time; a day before `until` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Orders that started before this time; now unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What orders of a set show, and others do not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Symptom {
    /// A finding of this kind, open or closed.
    Finding(FindingKind),
    /// They stand so.
    State(JourneyState),
    /// They took longer than so many milliseconds.
    SlowerThanMs(u64),
    /// A handoff failed, or took longer than so many milliseconds.
    Handoff(HandoffSymptom),
}

/// What was wrong with a handoff.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandoffSymptom {
    /// The system that handed on; `null` = any.
    pub from: Option<String>,
    /// The system that received.
    pub to: String,
    /// What was asked; `null` = anything.
    pub operation: Option<String>,
    /// It took longer than so many milliseconds; `null` = an attempt failed.
    pub slower_than_ms: Option<u64>,
}

/// Reply of [`EXPLAIN`](crate::routes::EXPLAIN).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Explanation {
    /// What the orders of the set show.
    pub symptom: Symptom,
    /// The order that was asked for, by the key that names it best.
    pub order: Option<Key>,
    /// Orders active at or after this time.
    pub since: Timestamp,
    /// Orders that started before this time.
    pub until: Timestamp,
    /// What was compared.
    pub compared: Compared,
    /// What is over-represented in the set, the least likely by chance first; empty when nothing is.
    pub values: Vec<OverRepresented>,
    /// Orders of the set, at most [`NAMED_LIMIT`].
    pub orders: Vec<Key>,
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Compared {
    /// Orders of the set, at most [`SET_LIMIT`].
    pub set: u64,
    /// Orders that do not show the symptom, at most [`REST_LIMIT`].
    pub rest: u64,
    /// Whether there are more of the set.
    pub set_more: bool,
    /// Whether there are more of the rest.
    pub rest_more: bool,
    /// Attribute values looked at.
    pub values: u64,
    /// Comparisons that could have shown anything, which a chance must withstand.
    pub comparisons: u64,
    /// Whether values were left out because there are too many.
    pub values_more: bool,
}

/// A value, or two together, that orders of the set have more often than others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OverRepresented {
    /// One value, or two: orders that have both.
    pub conditions: Vec<Condition>,
    /// Values that exactly the same orders have; at most ten.
    pub same: Vec<Condition>,
    /// Orders of the set that have it.
    pub set_with: u64,
    /// Orders of the set that could: they have spans on which such a value is seen elsewhere.
    pub set_of: u64,
    /// Orders of the rest that have it.
    pub rest_with: u64,
    /// Orders of the rest that could.
    pub rest_of: u64,
    /// How much larger its share of the set is than that of the rest; `null` when none of the rest has it.
    pub ratio: Option<f64>,
    /// The chance that any of all values compared would differ so much by accident, at most 0.01.
    pub p: f64,
    /// Orders of the set that have it, beside the one asked for: who else is hit. At most [`NAMED_LIMIT`].
    pub hit: Vec<Key>,
    /// Orders that have it, do not show the symptom and are still under way.
    pub at_risk: u64,
    /// The latest of them, at most [`NAMED_LIMIT`].
    pub at_risk_orders: Vec<Key>,
    /// Whether the order that was asked for has it.
    pub of_order: Option<bool>,
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Condition {
    /// Name of the attribute, or kind of the key.
    pub attribute: String,
    /// The system whose instances differ in it (`service.version`, `host.name`); `null` for what spans say.
    pub system: Option<String>,
    /// Its value.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_as_documented() {
        let condition = |attribute: &str, system: Option<&str>, value: &str| Condition {
            attribute: attribute.to_owned(),
            system: system.map(str::to_owned),
            value: value.to_owned(),
        };
        let key = |text: &str| text.parse::<Key>().ok();
        let reply = Explanation {
            symptom: Symptom::Finding(FindingKind::StuckOrder),
            order: key("order:A-1"),
            since: Timestamp::UNIX_EPOCH,
            until: Timestamp::UNIX_EPOCH,
            compared: Compared { set: 20, rest: 400, values: 812, comparisons: 96, ..Compared::default() },
            values: vec![OverRepresented {
                conditions: vec![condition("app.carrier", None, "X"), condition("service.version", Some("wms"), "3.2")],
                same: Vec::new(),
                set_with: 18,
                set_of: 20,
                rest_with: 3,
                rest_of: 400,
                ratio: Some(120.0),
                p: 0.001,
                hit: key("order:A-2").into_iter().collect(),
                at_risk: 1,
                at_risk_orders: key("order:A-3").into_iter().collect(),
                of_order: Some(true),
            }],
            orders: key("order:A-2").into_iter().collect(),
        };
        let json = serde_json::json!({
            "symptom": { "finding": "stuck_order" },
            "order": "order:A-1",
            "since": "1970-01-01T00:00:00Z",
            "until": "1970-01-01T00:00:00Z",
            "compared": {
                "set": 20, "rest": 400, "set_more": false, "rest_more": false, "values": 812, "comparisons": 96,
                "values_more": false
            },
            "values": [{
                "conditions": [
                    { "attribute": "app.carrier", "system": null, "value": "X" },
                    { "attribute": "service.version", "system": "wms", "value": "3.2" }
                ],
                "same": [], "set_with": 18, "set_of": 20, "rest_with": 3, "rest_of": 400, "ratio": 120.0, "p": 0.001,
                "hit": ["order:A-2"], "at_risk": 1, "at_risk_orders": ["order:A-3"], "of_order": true
            }],
            "orders": ["order:A-2"]
        });
        assert_eq!(serde_json::to_value(&reply).ok(), Some(json.clone()));
        assert_eq!(serde_json::from_value::<Explanation>(json).ok(), Some(reply));
    }
}
