//! Whether copies agree with where they come from.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::Money;
use crate::keys::Key;
use crate::reading::Entity;
use crate::source::Doubt;

/// Over so many days up to now it is counted how often a drift came back.
pub const PAST_DAYS: u32 = 7;

/// Query of [`SYNC`](crate::routes::SYNC).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncQuery {
    /// Lags of changes that arrived at or after this time; an hour before `until` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Lags of changes that arrived before this time; now unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only drifts of this SKU or order, or the age of this feed or index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// At most so many drifts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Reply of [`SYNC`](crate::routes::SYNC).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SyncReply {
    /// Each pair of systems, by name of what is compared and target.
    pub lags: Vec<SyncLag>,
    /// What does not agree now, the oldest first.
    pub drifts: Vec<DriftNow>,
    /// Whether drifts were left out.
    pub more: bool,
    /// How old feeds and search indexes are, the oldest first; at most 1000.
    #[serde(default)]
    pub ages: Vec<AgeNow>,
    /// Ids of readings that are not clear.
    #[serde(default)]
    pub ids: UnclearIds,
}

/// Ids that readings carry instead of a SKU, and that are not clear. What was read of those without one is not
/// compared until it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UnclearIds {
    /// Ids without a SKU.
    pub unresolved: u64,
    /// Ids with several.
    pub contradicting: u64,
    /// Some of them, those that were read last first; at most 100.
    pub examples: Vec<UnclearId>,
}

/// An id without a SKU, or with several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UnclearId {
    /// Its kind: `inventory_item`, `variant`, `listing`, `gtin`.
    pub kind: String,
    /// The id.
    pub value: String,
    /// The system that was read last under it.
    pub system: String,
    /// The SKU that it is taken for; `null` = nobody knows.
    pub sku: Option<String>,
    /// Another that it was told to be.
    pub other: Option<String>,
    /// Whether the configuration says which SKU it is; else it is the one that was told last.
    pub configured: bool,
    /// When something was last read under it.
    pub at: Timestamp,
}

/// How old a system's feed or search index is: it grows while none is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgeNow {
    /// A feed or a search index.
    pub entity: Entity,
    /// The system that has it.
    pub system: String,
    /// Its name.
    pub name: String,
    /// When the newest that is known of was made, or its newest document.
    pub made_at: Timestamp,
    /// How long ago that is, milliseconds.
    pub age_ms: u64,
    /// When it was last told of.
    pub told_at: Timestamp,
}

/// How long changes at a source take until a target shows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SyncLag {
    /// Name of what is compared.
    pub sync: String,
    /// Of what.
    pub entity: Entity,
    /// The system that is right.
    pub source: String,
    /// The system that must show the same.
    pub target: String,
    /// Changes that arrived in the range.
    pub arrived: u64,
    /// Quantiles of their lags, milliseconds; `null` when none arrived.
    pub p50_ms: Option<f64>,
    /// See `p50_ms`.
    pub p95_ms: Option<f64>,
    /// See `p50_ms`.
    pub p99_ms: Option<f64>,
    /// The longest of them.
    pub max_ms: Option<f64>,
    /// Changes that have not arrived: items that differ now, however long that is.
    pub waiting: u64,
    /// Of these, those that take longer than the target's vendor says.
    pub late: u64,
    /// The first change that has not arrived.
    pub oldest: Option<Timestamp>,
    /// How much earlier changes may have been, or shown, because systems are polled: milliseconds, the
    /// worst.
    pub uncertain_ms: u32,
    /// Why this cannot be relied on: sources of the two systems that failed, fell silent or are behind. Where
    /// there are any, what differs may agree by now, and what agrees may differ.
    #[serde(default)]
    pub doubts: Vec<Doubt>,
}

/// An item of which a target does not show what its source does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DriftNow {
    /// Name of what is compared.
    pub sync: String,
    /// Of what.
    pub entity: Entity,
    /// A SKU; the key of an order.
    pub subject: String,
    /// Stock location; empty where there is none, as all below.
    pub location: String,
    /// Sales channel.
    pub channel: String,
    /// ISO 4217 code of a price.
    pub currency: String,
    /// Field of a product.
    pub field: String,
    /// The system that is right.
    pub source: String,
    /// What it says.
    pub source_value: String,
    /// The system that must show the same.
    pub target: String,
    /// What it says.
    pub target_value: String,
    /// How much more the target shows, a decimal; `null` for what is no number.
    pub difference: Option<String>,
    /// The same in percent of what the source says, to two places, a decimal; `null` where that is 0 or no number.
    pub percent: Option<String>,
    /// When the first change was made that the target does not show.
    pub since: Timestamp,
    /// How much earlier that may be, milliseconds.
    pub uncertain_ms: u32,
    /// Whether it takes longer than the target's vendor says.
    pub late: bool,
    /// How often this item drifted there before: drifts that ended within the last seven days, and are known still.
    pub past: u64,
    /// Of these, those that took longer than the target's vendor says.
    pub past_late: u64,
    /// Whether it cannot be relied on: the pair has `doubts`.
    #[serde(default)]
    pub doubtful: bool,
    /// What orders in flight explain of the difference; `null` where nothing is said of it: of what is no stock or no
    /// number, and of drifts behind the first thousand SKUs of a reply.
    #[serde(default)]
    pub in_flight: Option<InFlight>,
    /// Open orders that hold the SKU; `null` where that is not looked at, as above, and of what is no SKU's.
    #[serde(default)]
    pub endangered: Option<Endangered>,
}

/// Orders that one of two systems has taken off its stock, and the other has not heard of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InFlight {
    /// How many.
    pub orders: u64,
    /// Their units, a decimal.
    pub units: String,
    /// The part of the difference that they explain, a decimal of the same sign.
    pub explained: String,
    /// The rest of it.
    pub unexplained: String,
    /// Whether the rest is within the tolerance: nothing is wrong.
    pub settled: bool,
    /// Whether there are more orders than were looked at: they may explain more.
    pub more: bool,
}

/// Orders that are open and hold a SKU.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Endangered {
    /// How many.
    pub orders: u64,
    /// What they are worth, by currency.
    pub money: Vec<Money>,
    /// Of how many nobody says what they are worth where their goods are told of.
    pub unpriced: u64,
    /// The newest of them, by the keys that name them best.
    pub first: Vec<Key>,
    /// Whether there are more orders than were looked at.
    pub more: bool,
}

impl fmt::Display for Endangered {
    /// `12+ open orders, 1204.50 EUR, 1 of unknown worth: order:A, …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&count_orders(self.orders, self.more, "open "))?;
        for money in &self.money {
            write!(f, ", {} {}", money.amount, money.currency)?;
        }
        if self.unpriced > 0 {
            write!(f, ", {} of unknown worth", self.unpriced)?;
        }
        for (at, key) in self.first.iter().enumerate() {
            write!(f, "{}{key}", if at == 0 { ": " } else { ", " })?;
        }
        let is_cut = self.more || self.orders > self.first.len() as u64;
        f.write_str(if is_cut { ", …" } else { "" })
    }
}

/// `1 order`, `12+ open orders`.
pub fn count_orders(count: u64, more: bool, which: &str) -> String {
    let (plus, plural) = (if more { "+" } else { "" }, if count == 1 && !more { "" } else { "s" });
    format!("{count}{plus} {which}order{plural}")
}
