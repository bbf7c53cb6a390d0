//! Rules for well-known systems, shipped with the agent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::RuleConfig;

/// A well-known system at one end of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Vendure 2 and 3: Shop and Admin API.
    Vendure,
    /// Stripe: API v1 and webhooks.
    Stripe,
}

/// What a preset file holds.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PresetFile {
    pub(super) templates: Vec<String>,
    pub(super) rules: Vec<RuleConfig>,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Vendure, Self::Stripe];

    /// As written in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vendure => "vendure",
            Self::Stripe => "stripe",
        }
    }

    pub(super) fn yaml(self) -> &'static str {
        match self {
            Self::Vendure => include_str!("presets/vendure.yaml"),
            Self::Stripe => include_str!("presets/stripe.yaml"),
        }
    }
}
