use std::collections::BTreeMap;

use ordertrace_api::keys::Strength;
use ordertrace_api::span::SpanKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::NoiseRule;

/// How what arrives is recognised. Built-in rules for common names hold beside these.
/// In patterns, `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RecogniseSettings {
    /// Patterns of `service.name`, and the system each is. Exact names go first. A name that
    /// none fits is the system itself, in lower case and without `-service`.
    #[schemars(example = example::systems())]
    pub systems: BTreeMap<String, String>,
    /// Patterns of `host` or `host:port` (or, for messages, of destinations), and the system
    /// that answers there.
    #[schemars(example = example::hosts())]
    pub hosts: BTreeMap<String, String>,
    /// Strength of further kinds of key, or another strength for a built-in one.
    #[schemars(example = example::kinds())]
    pub kinds: BTreeMap<String, KindStrength>,
    /// Attributes that carry keys.
    #[schemars(example = example::keys())]
    pub keys: Vec<KeyRule>,
    /// URL paths that carry keys.
    #[schemars(example = example::templates())]
    pub templates: Vec<TemplateRule>,
    /// Query parameters that carry keys.
    #[schemars(example = example::query())]
    pub query: Vec<QueryRule>,
    /// Attributes that carry none, whatever their names promise.
    pub ignore: Vec<String>,
    /// Milestones.
    #[schemars(example = example::milestones())]
    pub milestones: Vec<MilestoneRule>,
    /// Spans that say nothing of any order. Writing this key replaces all of these rules.
    pub noise: Vec<NoiseRule>,
    /// So many values of one strong kind on one span or event make it a batch, which joins
    /// none of the orders it names.
    pub batch_values: usize,
    /// Keys that are kept of one span or event.
    pub keys_per_span: usize,
}

impl Default for RecogniseSettings {
    fn default() -> Self {
        Self {
            systems: BTreeMap::new(),
            hosts: BTreeMap::new(),
            kinds: BTreeMap::new(),
            keys: Vec::new(),
            templates: Vec::new(),
            query: Vec::new(),
            ignore: Vec::new(),
            milestones: Vec::new(),
            noise: NoiseRule::defaults(),
            batch_values: 4,
            keys_per_span: 64,
        }
    }
}

/// An attribute that carries a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRule {
    /// Pattern of the attribute's name.
    pub attribute: String,
    /// Kind of the key.
    pub kind: String,
    /// Where the value is unique.
    #[serde(default, skip_serializing_if = "Scope::is_auto")]
    pub scope: Scope,
    /// Keep only a hash of the value; for sessions and other credentials.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hash: bool,
}

/// A URL path that carries keys, and gives the operation its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateRule {
    /// `/orders/{order}/captures`: `{kind}` is a key, `{}` any segment, `**` any rest.
    pub path: String,
    /// Only where this system receives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Where the values are unique.
    #[serde(default, skip_serializing_if = "Scope::is_auto")]
    pub scope: Scope,
}

/// A query parameter that carries a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryRule {
    /// The parameter's name.
    pub parameter: String,
    /// Kind of the key.
    pub kind: String,
    /// Where the value is unique.
    #[serde(default, skip_serializing_if = "Scope::is_auto")]
    pub scope: Scope,
    /// Keep only a hash of the value; for sessions and other credentials.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hash: bool,
}

/// A milestone, and what shows it. Every condition that is written must hold, and the span
/// must have succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MilestoneRule {
    /// Its name: `order.placed`.
    pub milestone: String,
    /// Pattern of the handoff's operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Pattern of the sending system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Pattern of the receiving system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Pattern of the span's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
    /// Pattern of the business event's name; such a rule holds for events only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
}

/// Where a value is unique: `auto` (a number within its system, any other text everywhere),
/// `global`, or the name of the one system within which it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Scope {
    /// As the value looks.
    #[default]
    Auto,
    /// Everywhere.
    Global,
    /// Within this system.
    Within(String),
}

impl Scope {
    fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

impl From<String> for Scope {
    fn from(text: String) -> Self {
        match text.as_str() {
            "auto" => Self::Auto,
            "global" => Self::Global,
            _ => Self::Within(text),
        }
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Auto => "auto".to_owned(),
            Scope::Global => "global".to_owned(),
            Scope::Within(system) => system,
        }
    }
}

/// What a key says of the order it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindStrength {
    /// Names one order and joins what it stands on.
    Strong,
    /// Names one visit.
    Session,
    /// Shared by many orders; never joins.
    Weak,
}

impl From<KindStrength> for Strength {
    fn from(strength: KindStrength) -> Self {
        match strength {
            KindStrength::Strong => Self::Strong,
            KindStrength::Session => Self::Session,
            KindStrength::Weak => Self::Weak,
        }
    }
}

/// A span kind, as rules write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindName {
    /// Within one process.
    Internal,
    /// Answers a remote request.
    Server,
    /// Makes a remote request.
    Client,
    /// Sends a message.
    Producer,
    /// Receives a message.
    Consumer,
}

impl From<KindName> for SpanKind {
    fn from(kind: KindName) -> Self {
        match kind {
            KindName::Internal => Self::Internal,
            KindName::Server => Self::Server,
            KindName::Client => Self::Client,
            KindName::Producer => Self::Producer,
            KindName::Consumer => Self::Consumer,
        }
    }
}

/// What the example file shows where the default is empty.
mod example {
    use super::{BTreeMap, KeyRule, KindStrength, MilestoneRule, QueryRule, Scope, TemplateRule};

    fn map<V>(pairs: impl IntoIterator<Item = (&'static str, V)>) -> BTreeMap<String, V> {
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    pub(super) fn systems() -> BTreeMap<String, String> {
        map([("vendure", "storefront".to_owned()), ("erp-*", "erp".to_owned())])
    }

    pub(super) fn hosts() -> BTreeMap<String, String> {
        map([("api.stripe.com", "payments".to_owned()), ("127.0.0.1:21440", "payments".to_owned())])
    }

    pub(super) fn kinds() -> BTreeMap<String, KindStrength> {
        map([("gift_card", KindStrength::Weak)])
    }

    pub(super) fn keys() -> Vec<KeyRule> {
        let rule = |attribute: &str, kind: &str| KeyRule {
            attribute: attribute.to_owned(),
            kind: kind.to_owned(),
            ..KeyRule::default()
        };
        vec![
            rule("shop.reference", "order"),
            KeyRule { scope: Scope::Within("erp".to_owned()), ..rule("erp.document", "erp_doc") },
        ]
    }

    pub(super) fn templates() -> Vec<TemplateRule> {
        vec![TemplateRule { path: "/orders/{order}/captures".to_owned(), ..TemplateRule::default() }]
    }

    pub(super) fn query() -> Vec<QueryRule> {
        vec![QueryRule { parameter: "ref".to_owned(), kind: "order".to_owned(), ..QueryRule::default() }]
    }

    pub(super) fn milestones() -> Vec<MilestoneRule> {
        vec![MilestoneRule {
            milestone: "order.created".to_owned(),
            operation: Some("POST /orders".to_owned()),
            to: Some("oms".to_owned()),
            ..MilestoneRule::default()
        }]
    }
}
