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
