//! What systems said of one SKU, order or feed, and when each of them changed its mind.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::reading::Entity;

/// Query of [`SYNC_HISTORY`](crate::routes::SYNC_HISTORY).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// The SKU, the key of the order, or the name of the feed or index.
    pub subject: String,
    /// Only copies of this; of everything unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<Entity>,
    /// Changes at or after this time; a day before `until` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Changes before this time; now unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// At most so many changes of each copy, the latest, 1 to 1000; 200 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Reply of [`SYNC_HISTORY`](crate::routes::SYNC_HISTORY).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct History {
    /// Whose copies these are.
    pub subject: String,
    /// Where it begins.
    pub since: Timestamp,
    /// Where it ends.
    pub until: Timestamp,
    /// Each system's copies, by entity, currency, state, field, channel, location and system.
    pub copies: Vec<CopyHistory>,
    /// Whether there is more than fits into a reply, so that copies or their earlier changes are left out.
    pub more: bool,
}

/// What one system said of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CopyHistory {
    /// Of what.
    pub entity: Entity,
    /// ISO 4217 code of a price; empty where there is none, as all below.
    pub currency: String,
    /// Which stock is counted.
    pub state: String,
    /// Field of a product.
    pub field: String,
    /// Sales channel.
    pub channel: String,
    /// Stock location.
    pub location: String,
    /// Who said so.
    pub system: String,
    /// Units that it counts as one, a decimal: 12 where it counts cases of twelve.
    pub units_each: String,
    /// When it was last read, in the range or before it.
    pub read_at: Timestamp,
    /// Its values in the order of time; the first may be from before the range, and the last is what it says at
    /// the end. Never empty.
    pub values: Vec<ValueSince>,
    /// Whether earlier changes in the range are left out.
    pub cut: bool,
}

/// A value, and since when a system said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ValueSince {
    /// Decimal text of stock and prices; else text.
    pub value: String,
    /// Since when: when the system changed it where that is known, else when it was first read.
    pub since: Timestamp,
    /// How much earlier that may have been, because the system is polled: milliseconds.
    pub uncertain_ms: u32,
}
