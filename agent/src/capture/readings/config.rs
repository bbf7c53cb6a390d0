//! Readings of handoffs' bodies, as they are configured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::poll::config::ReadingConfig;

/// Readings that the JSON body of a request or response carries, once the answer was a success (2xx).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BodyReadingConfig {
    /// Only paths of this template: /products/{sku}/price. {NAME} is one segment, read as the column path:NAME,
    /// {} any segment, ** at the end any rest.
    pub path: String,
    /// Only requests of this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Which body.
    #[serde(default)]
    pub from: BodyConfig,
    /// A condition within the body, POINTER = VALUE: /topic = inventory_levels/update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// JSON pointer (RFC 6901) to the array of items, or to the only item; without it the body itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub items: String,
    /// Whose value it is.
    #[serde(default)]
    pub system: EndConfig,
    /// Time zone (IANA) of times that say none.
    #[serde(default = "time_zone")]
    pub time_zone: String,
    /// What each item tells. A column is a member's name or a JSON pointer within the item; body:NAME one within
    /// the whole body, path:NAME a segment of the path.
    pub reading: ReadingConfig,
}

/// A body of an exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BodyConfig {
    /// The request's.
    #[default]
    #[serde(rename = "request.body")]
    Request,
    /// The response's.
    #[serde(rename = "response.body")]
    Response,
}

/// An end of a handoff.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndConfig {
    /// The receiving system's: it was told to have it, or says that it has.
    #[default]
    To,
    /// The sending system's: it tells what it has, as webhooks do.
    From,
}

fn time_zone() -> String {
    "UTC".to_owned()
}

/// What the example file shows: a stock level that is set.
pub fn example_body_readings() -> Vec<BodyReadingConfig> {
    let mut reading = ReadingConfig::new(ordertrace_api::reading::Entity::Inventory);
    reading.columns.sku = Some("sku".to_owned());
    reading.columns.location = Some("path:location".to_owned());
    reading.columns.value = Some("available".to_owned());
    vec![BodyReadingConfig {
        path: "/locations/{location}/levels".to_owned(),
        method: Some("PUT".to_owned()),
        from: BodyConfig::Request,
        when: None,
        items: "/levels".to_owned(),
        system: EndConfig::To,
        time_zone: time_zone(),
        reading,
    }]
}
