use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SettingsError;

/// The ClickHouse server in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClickHouseSettings {
    /// HTTP endpoint, such as https://clickhouse.example:8443. Without one, the collector
    /// starts an embedded server of its own.
    pub url: Option<String>,
    /// User.
    pub user: String,
    /// Password; better given in ORDERTRACE_CLICKHOUSE_PASSWORD than here.
    pub password: String,
    /// Database; made when it does not exist.
    pub database: String,
    /// PEM file with the certificates of the authorities to trust beside the public ones.
    pub ca_file: Option<PathBuf>,
    /// The embedded server; only used without a url.
    pub embedded: EmbeddedSettings,
}

/// The embedded ClickHouse server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddedSettings {
    /// Where its data live; a folder under the XDG data home unless given.
    pub data_dir: Option<PathBuf>,
    /// The libchdb.so to use; looked for, then fetched, unless given.
    pub library: Option<PathBuf>,
    /// Port of its HTTP interface on loopback; 0 = any free one.
    pub http_port: u16,
    /// Port of its native interface on loopback; 0 = any free one.
    pub tcp_port: u16,
}

impl Default for ClickHouseSettings {
    fn default() -> Self {
        Self {
            url: None,
            user: "default".to_owned(),
            password: String::new(),
            database: "ordertrace".to_owned(),
            ca_file: None,
            embedded: EmbeddedSettings::default(),
        }
    }
}

impl ClickHouseSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let wrong = |setting, reason: String| Err(SettingsError::Contradiction { setting, reason });
        if let Some(url) = &self.url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            return wrong("clickhouse.url", format!("{url:?} must start with http:// or https://"));
        }
        // It becomes part of DDL statements.
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if self.database.is_empty() || !self.database.chars().all(plain) {
            let database = &self.database;
            return wrong("clickhouse.database", format!("{database:?} must be letters, digits and underscores"));
        }
        Ok(())
    }
}
