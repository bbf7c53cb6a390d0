//! What readings are of.

use serde::{Deserialize, Serialize};

/// Of what systems hold copies that drift.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    /// Units of a SKU at a location.
    Inventory,
    /// Price of a SKU in a channel and currency.
    Price,
    /// A field of a product, or a hash of its fields.
    Product,
    /// Status of an order, in the words of its system.
    OrderStatus,
    /// When a feed was made: `commerce.changed_at`.
    Feed,
    /// When a search index was made, or its newest document: `commerce.changed_at`.
    SearchIndex,
}

impl Entity {
    /// Every one of them.
    pub const ALL: [Self; 6] =
        [Self::Inventory, Self::Price, Self::Product, Self::OrderStatus, Self::Feed, Self::SearchIndex];

    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Price => "price",
            Self::Product => "product",
            Self::OrderStatus => "order_status",
            Self::Feed => "feed",
            Self::SearchIndex => "search_index",
        }
    }

    /// Reverse of [`name`](Self::name).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.name() == name)
    }
}

/// Which of a SKU's units are counted.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum StockState {
    /// What can be sold.
    #[default]
    Available,
    /// What lies there.
    OnHand,
    /// What is held for orders that may still fail.
    Reserved,
    /// What is set aside for orders that are being fulfilled.
    Allocated,
}

impl StockState {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Available, Self::OnHand, Self::Reserved, Self::Allocated];

    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::OnHand => "on_hand",
            Self::Reserved => "reserved",
            Self::Allocated => "allocated",
        }
    }

    /// Reverse of [`name`](Self::name).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}
