use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How findings are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DetectionSettings {
    /// Whether this collector looks for findings. Several may, and find the same; of collectors that
    /// share a database at least one must.
    pub enabled: bool,
}

impl Default for DetectionSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}
