use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::recognise::KindName;

/// Spans that say nothing of any order. A span falls under the rule when every condition
/// that is written holds; one that bears a strong key never does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoiseRule {
    /// Name under which such spans are counted.
    pub name: String,
    /// Only spans without a parent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub root: bool,
    /// Only spans of one of these kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<KindName>,
    /// Only spans with an attribute of such a name (`*` stands for any text).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// Only spans with one of these names (`*` stands for any text).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Only HTTP spans with one of these URL paths (`*` stands for any text).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

impl NoiseRule {
    /// Rules that hold in every shop.
    pub(super) fn defaults() -> Vec<Self> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        vec![
            Self {
                name: "db-polling".to_owned(),
                root: true,
                kinds: vec![KindName::Client, KindName::Internal],
                attribute: Some("db.*".to_owned()),
                ..Self::default()
            },
            Self {
                name: "health-check".to_owned(),
                kinds: vec![KindName::Server],
                paths: owned(&[
                    "/health",
                    "/health/*",
                    "/healthz",
                    "/livez",
                    "/readyz",
                    "/live",
                    "/ready",
                    "/ping",
                    "/_health",
                    "/metrics",
                    "/actuator/health",
                    "/actuator/health/*",
                    "/actuator/prometheus",
                ]),
                ..Self::default()
            },
            Self {
                name: "grpc-health-check".to_owned(),
                kinds: vec![KindName::Server, KindName::Client],
                names: owned(&["grpc.health.v1.Health/*", "/grpc.health.v1.Health/*"]),
                ..Self::default()
            },
        ]
    }
}
