//! Which columns make a reading.

use std::collections::BTreeMap;

use ordertrace_api::attributes;
use ordertrace_api::reading::Entity;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::poll::moment::TimeFormat;

/// A reading that each row gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingConfig {
    /// Of what: inventory, price, product, order_status, feed, search_index.
    #[schemars(schema_with = "entity_schema")]
    pub entity: Entity,
    /// Where each field stands: a column's name, a CSV header; in JSON a member's name or a
    /// JSON pointer (RFC 6901).
    #[serde(default)]
    pub columns: FieldTexts,
    /// Fields that are the same for every row.
    #[serde(default)]
    pub constants: FieldTexts,
    /// Kind of the ids in `id`: inventory_item, variant, listing or gtin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_kind: Option<String>,
    /// Numbers are times ten to the power of this: -2 makes 12.30 of 1230.
    #[serde(default)]
    pub value_scale: i8,
    /// Prices are in their currency's minor unit: 1230 is 12.30 EUR and 1230 JPY.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minor_units: bool,
    /// Digits of minor units where the source does not follow ISO 4217: ISK: 2.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub minor_digits: BTreeMap<String, u8>,
    /// Whether numbers are written with a decimal comma.
    #[serde(default)]
    pub decimal_comma: bool,
    /// How changed_at is written.
    #[serde(default)]
    pub time_format: TimeFormat,
}

impl ReadingConfig {
    /// A reading with no field yet.
    pub fn new(entity: Entity) -> Self {
        Self {
            entity,
            columns: FieldTexts::default(),
            constants: FieldTexts::default(),
            id_kind: None,
            value_scale: 0,
            minor_units: false,
            minor_digits: BTreeMap::new(),
            decimal_comma: false,
            time_format: TimeFormat::Text,
        }
    }
}

/// A text for each field of a reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FieldTexts {
    /// Stock keeping unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Another id of the SKU, instead of it or beside it: the collector finds the SKU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Location of stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Channel of a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// ISO 4217 currency of a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Which stock: available (unless given), on_hand, reserved, allocated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Which field of a product; hash for all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Name of a feed or of a search index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
    /// Id of an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The source's own version of the entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When the source changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
}

/// A field of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// [`FieldTexts::sku`]
    Sku,
    /// [`FieldTexts::id`]
    Id,
    /// [`FieldTexts::location`]
    Location,
    /// [`FieldTexts::channel`]
    Channel,
    /// [`FieldTexts::currency`]
    Currency,
    /// [`FieldTexts::state`]
    State,
    /// [`FieldTexts::field`]
    ProductField,
    /// [`FieldTexts::feed`]
    Feed,
    /// [`FieldTexts::order`]
    Order,
    /// [`FieldTexts::value`]
    Value,
    /// [`FieldTexts::version`]
    Version,
    /// [`FieldTexts::changed_at`]
    ChangedAt,
}

impl Field {
    /// Every one of them.
    pub const ALL: [Self; 12] = [
        Self::Sku,
        Self::Id,
        Self::Location,
        Self::Channel,
        Self::Currency,
        Self::State,
        Self::ProductField,
        Self::Feed,
        Self::Order,
        Self::Value,
        Self::Version,
        Self::ChangedAt,
    ];

    /// As configured.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sku => "sku",
            Self::Id => "id",
            Self::Location => "location",
            Self::Channel => "channel",
            Self::Currency => "currency",
            Self::State => "state",
            Self::ProductField => "field",
            Self::Feed => "feed",
            Self::Order => "order",
            Self::Value => "value",
            Self::Version => "version",
            Self::ChangedAt => "changed_at",
        }
    }

    /// The attribute that carries it; ids are key attributes.
    pub fn attribute(self) -> Option<&'static str> {
        Some(match self {
            Self::Sku => attributes::SKU,
            Self::Location => attributes::LOCATION,
            Self::Channel => attributes::CHANNEL,
            Self::Currency => attributes::CURRENCY,
            Self::State => attributes::STOCK_STATE,
            Self::ProductField => attributes::FIELD,
            Self::Feed => attributes::FEED,
            Self::Value => attributes::VALUE,
            Self::Version => attributes::VERSION,
            Self::ChangedAt => attributes::CHANGED_AT,
            Self::Id | Self::Order => return None,
        })
    }

    /// Whether a reading of `entity` has it: always, perhaps, or never (`None`).
    pub const fn is_required(self, entity: Entity) -> Option<bool> {
        match (entity, self) {
            (Entity::Inventory, Self::Sku | Self::Value)
            | (Entity::Price, Self::Sku | Self::Currency | Self::Value)
            | (Entity::Product, Self::Sku | Self::ProductField | Self::Value)
            | (Entity::OrderStatus, Self::Order | Self::Value)
            | (Entity::Feed | Entity::SearchIndex, Self::Feed | Self::ChangedAt) => Some(true),
            (Entity::Inventory, Self::Id | Self::Location | Self::State)
            | (Entity::Price, Self::Id | Self::Channel)
            | (Entity::Product, Self::Id)
            | (_, Self::Version | Self::ChangedAt) => Some(false),
            _ => None,
        }
    }
}

impl FieldTexts {
    /// One field's text.
    pub fn get(&self, field: Field) -> Option<&str> {
        match field {
            Field::Sku => &self.sku,
            Field::Id => &self.id,
            Field::Location => &self.location,
            Field::Channel => &self.channel,
            Field::Currency => &self.currency,
            Field::State => &self.state,
            Field::ProductField => &self.field,
            Field::Feed => &self.feed,
            Field::Order => &self.order,
            Field::Value => &self.value,
            Field::Version => &self.version,
            Field::ChangedAt => &self.changed_at,
        }
        .as_deref()
    }
}

fn entity_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Entity::ALL.map(Entity::name) })
}
