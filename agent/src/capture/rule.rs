//! One extraction rule as written in the configuration.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one rule looks for. Exactly one of `kind`, `operation`, `idempotency`, `milestone`
/// and a `path` with from: request.path says what is to be found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RuleConfig {
    /// The kind of key that the value is: order, payment, session, … With `auto` the field's
    /// own name tells, and other fields are passed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The operation's name. Holes are filled from the request: {body.PATH}, {header.NAME},
    /// {query.NAME} and {method}; a hole without a value makes the rule pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The milestone that the exchange reached when `when` holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestone: Option<String>,
    /// Within the same body, the amount that the milestone is about: data.object.amount_received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The amount's currency: an ISO 4217 code (EUR), or where it stands within the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The amount is in the currency's minor unit: 1230 is 12.30 EUR and 1230 JPY.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub minor_units: bool,
    /// Digits of minor units where the sender does not follow ISO 4217: ISK: 2.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub minor_digits: BTreeMap<String, u8>,
    /// The value is the caller's idempotency key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub idempotency: bool,
    /// Where the value stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<SourceConfig>,
    /// Header, query parameter or form field, the latter with brackets: metadata[order_id].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Within a JSON body: data.*.code, lines[].id. With from: request.path a template:
    /// /v1/payment_intents/{payment}/**.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A condition within the same body, PATH = VALUE. What both paths share is one and the
    /// same object: data.*.__typename = Order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Where the id is unique: auto or to (numbers only within the receiving system), from
    /// (numbers only within the sending system), global, or a system's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// Keep a SHA-256 prefix instead of the value. Sessions always are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hash: bool,
    /// Text in front of the id that is not part of it, such as "Bearer ". A value without it
    /// is no match.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

/// The part of an exchange that a rule reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SourceConfig {
    /// A request header.
    #[serde(rename = "request.header")]
    RequestHeader,
    /// The URL path.
    #[serde(rename = "request.path")]
    RequestPath,
    /// A query parameter.
    #[serde(rename = "request.query")]
    RequestQuery,
    /// A field of a form body.
    #[serde(rename = "request.form")]
    RequestForm,
    /// A JSON request body.
    #[serde(rename = "request.body")]
    RequestBody,
    /// The variables of a GraphQL request.
    #[serde(rename = "request.graphql")]
    RequestGraphql,
    /// A response header.
    #[serde(rename = "response.header")]
    ResponseHeader,
    /// A JSON response body.
    #[serde(rename = "response.body")]
    ResponseBody,
}
