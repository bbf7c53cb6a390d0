use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// SKUs of the ids that a system uses instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AliasSettings {
    /// The system whose ids these are. Numbers are ids within it, any other text everywhere.
    pub system: String,
    /// Kind of the ids: inventory_item, variant, listing or gtin. Readings carry them as `commerce.<kind>.id`.
    pub kind: String,
    /// The SKU of each id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skus: BTreeMap<String, String>,
    /// A CSV file with a header and the columns `id` and `sku`; read at start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

impl AliasSettings {
    pub(crate) fn example() -> Vec<Self> {
        let skus = BTreeMap::from([("808950810".to_owned(), "HAT-RED-M".to_owned())]);
        vec![
            Self { system: "storefront".to_owned(), kind: "inventory_item".to_owned(), skus, file: None },
            Self {
                system: "marketplace".to_owned(),
                kind: "listing".to_owned(),
                skus: BTreeMap::new(),
                file: Some("/etc/ordertrace/listings.csv".into()),
            },
        ]
    }
}
