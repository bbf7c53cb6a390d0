//! Orders by the goods on them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::Money;
use crate::keys::Key;

/// Query of [`SYNC_ORDERS`](crate::routes::SYNC_ORDERS).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkuOrdersQuery {
    /// The SKU.
    pub sku: String,
    /// Only orders of whose goods something was said at or after this time; a day before `until` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only what was said before this time; now unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// At most so many orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Reply of [`SYNC_ORDERS`](crate::routes::SYNC_ORDERS).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SkuOrders {
    /// The one of whose goods something was said last first.
    pub orders: Vec<SkuOrder>,
    /// Whether the limit cut the list.
    pub more: bool,
}

/// An order that touched a SKU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SkuOrder {
    /// The key that names it best; asking for it returns the journey.
    pub order: Key,
    /// Whether something is still due.
    pub open: bool,
    /// Units of the SKU that it holds, a decimal; `null` when nobody says.
    pub units: Option<String>,
    /// What the order is worth, as far as it is said where its goods are.
    pub money: Option<Money>,
    /// Where the SKU was mentioned together with the order, by time.
    pub seen: Vec<LineSeen>,
}

/// A span or event that mentions a SKU of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineSeen {
    /// When.
    pub at: Timestamp,
    /// The system that said it.
    pub system: String,
    /// The milestone that it showed.
    pub milestone: Option<String>,
    /// Where the goods are.
    pub location: Option<String>,
    /// How many units, a decimal.
    pub units: Option<String>,
}
