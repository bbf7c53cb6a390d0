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
    /// The cluster that the server at url is part of; rows are spread over it.
    pub cluster: Option<ClusterSettings>,
    /// The embedded server; only used without a url.
    pub embedded: EmbeddedSettings,
}

/// A cluster of ClickHouse servers. Rows are read through the server at clickhouse.url and
/// written to each node in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSettings {
    /// Its name in the servers' remote_servers.
    pub name: String,
    /// HTTP endpoints of its servers, at least one of each shard.
    pub nodes: Vec<String>,
    /// Whether the servers of a shard replicate each other: tables are Replicated…MergeTree.
    pub replicated: bool,
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
            cluster: None,
            embedded: EmbeddedSettings::default(),
        }
    }
}

impl ClickHouseSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let wrong = |setting, reason: String| Err(SettingsError::Contradiction { setting, reason });
        let http = |url: &str| url.starts_with("http://") || url.starts_with("https://");
        if let Some(url) = self.url.as_deref().filter(|url| !http(url)) {
            return wrong("clickhouse.url", format!("{url:?} must start with http:// or https://"));
        }
        // It becomes part of DDL statements.
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_name = |name: &str| !name.is_empty() && name.chars().all(plain);
        if !is_name(&self.database) {
            let database = &self.database;
            return wrong("clickhouse.database", format!("{database:?} must be letters, digits and underscores"));
        }
        let Some(cluster) = &self.cluster else { return Ok(()) };
        if self.url.is_none() {
            let reason = "the embedded server is no part of a cluster: give clickhouse.url".to_owned();
            return wrong("clickhouse.cluster", reason);
        }
        if !is_name(&cluster.name) {
            let name = &cluster.name;
            return wrong("clickhouse.cluster.name", format!("{name:?} must be letters, digits and underscores"));
        }
        if cluster.nodes.is_empty() {
            return wrong("clickhouse.cluster.nodes", "at least one server of each shard must be named".to_owned());
        }
        if let Some(node) = cluster.nodes.iter().find(|node| !http(node)) {
            return wrong("clickhouse.cluster.nodes", format!("{node:?} must start with http:// or https://"));
        }
        Ok(())
    }
}
