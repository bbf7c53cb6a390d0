use ordertrace_api::reading::{Entity, StockState};
use ordertrace_config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Copies of something in several systems, of which one is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncSettings {
    /// Unique among these.
    pub name: String,
    /// What is compared: inventory, price, product or order_status.
    pub entity: Entity,
    /// Which stock, where it is inventory.
    #[serde(default)]
    pub state: StockState,
    /// The system that is right.
    pub source: String,
    /// The systems that must show the same.
    pub targets: Vec<SyncTargetSettings>,
}

/// A system with copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncTargetSettings {
    /// The system.
    pub system: String,
    /// It may differ by so many units, or so much in the price's currency: a decimal.
    #[serde(default = "zero")]
    pub tolerance: String,
    /// Or by so many percent of what the source says, whichever is more: a decimal. Of 0 that is nothing.
    #[serde(default = "zero")]
    pub tolerance_percent: String,
    /// It counts in cases of so many units: a decimal.
    #[serde(default = "one")]
    pub units_each: String,
    /// The time that its vendor says a change takes: so long it is not late.
    #[serde(default)]
    pub floor: Duration,
    /// Of stock: which orders in flight explain that it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_flight: Option<InFlightSettings>,
}

/// Orders that one of two systems has taken off its stock, and the other has not heard of yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InFlightSettings {
    /// Whether they explain anything.
    pub enabled: bool,
    /// The milestone with which an order's units are taken off.
    pub from: String,
    /// Milestones of which the first shows that the other system has taken them off too, or has not to.
    pub until: Vec<String>,
    /// Which of the two takes them off first: `target`, a storefront, or `source`.
    pub taken_by: Taker,
    /// Only orders that reached `from` in one of these systems; in the one that takes them off, unless given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<String>,
    /// An order that is in flight for longer is stuck, and explains nothing.
    pub at_most: Duration,
}

/// Which of two systems takes an order's units off first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Taker {
    /// The one that must show what the source does.
    #[default]
    Target,
    /// The one that is right.
    Source,
}

impl Default for InFlightSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            from: "order.placed".to_owned(),
            until: ["order.exported", "inventory.reserved", "order.cancelled"].map(str::to_owned).to_vec(),
            taken_by: Taker::Target,
            systems: Vec::new(),
            at_most: Duration::from_secs(24 * 60 * 60),
        }
    }
}

fn zero() -> String {
    "0".to_owned()
}

fn one() -> String {
    "1".to_owned()
}

impl SyncSettings {
    pub(crate) fn example() -> Vec<Self> {
        let target = |system: &str, floor: Duration| SyncTargetSettings {
            system: system.to_owned(),
            tolerance: zero(),
            tolerance_percent: zero(),
            units_each: one(),
            floor,
            in_flight: (system == "storefront").then(InFlightSettings::default),
        };
        vec![Self {
            name: "stock".to_owned(),
            entity: Entity::Inventory,
            state: StockState::Available,
            source: "wms".to_owned(),
            targets: vec![target("storefront", Duration::default()), target("marketplace", Duration::from_secs(30))],
        }]
    }
}
