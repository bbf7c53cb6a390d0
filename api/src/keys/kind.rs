use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a key of some kind says about the order it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Names one order: two strong keys seen together belong to one journey.
    Strong,
    /// Names one visit, which may place several orders one after the other: attaches a
    /// handoff that bears no strong key to the order then under way, never joins orders.
    Session,
    /// Shared by many orders: shown, searched, never joins.
    Weak,
}

/// Kinds of ids that name one SKU each, as some systems know it: readings may carry one instead.
pub const SKU_IDS: [&str; 4] = ["inventory_item", "variant", "listing", "gtin"];

/// The kinds a deployment knows, and their strength.
#[derive(Clone, Debug)]
pub struct KindTable(BTreeMap<String, Strength>);

const STRONG: [&str; 15] = [
    "order",
    "cart",
    "checkout",
    "payment",
    "charge",
    "refund",
    "return",
    "shipment",
    "tracking",
    "fulfilment",
    "invoice",
    "erp_doc",
    "tax_doc",
    "fraud_case",
    "marketplace_order",
];
const WEAK: [&str; 5] = ["customer", "sku", "location", "product", "event"];

impl Default for KindTable {
    fn default() -> Self {
        let strong = STRONG.iter().map(|kind| (*kind, Strength::Strong));
        let weak = WEAK.iter().map(|kind| (*kind, Strength::Weak));
        let session = std::iter::once(("session", Strength::Session));
        Self(strong.chain(weak).chain(session).map(|(kind, strength)| (kind.to_owned(), strength)).collect())
    }
}

impl KindTable {
    /// Adds a kind, or changes the strength of a built-in one.
    pub fn set(&mut self, kind: impl Into<String>, strength: Strength) {
        self.0.insert(kind.into(), strength);
    }

    /// A kind nobody declared is weak: a wrong join is worse than a missing one.
    pub fn strength(&self, kind: &str) -> Strength {
        self.0.get(kind).copied().unwrap_or(Strength::Weak)
    }

    /// The declared kinds of one strength, in alphabetical order.
    pub fn of_strength(&self, strength: Strength) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(_, s)| **s == strength).map(|(kind, _)| kind.as_str())
    }

    /// All declared kinds, in alphabetical order.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
