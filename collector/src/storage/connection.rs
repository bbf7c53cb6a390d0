use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clickhouse::Client;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::engine::Endpoint;
use crate::trust::{self, CaFileError};

/// Between signs of life on an idle connection.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Where ClickHouse is and who asks.
#[derive(Clone, Default)]
pub struct Connection {
    /// HTTP or HTTPS URL.
    pub url: String,
    /// User name.
    pub user: String,
    /// Password; empty = none.
    pub password: String,
    /// Database, created when missing.
    pub database: String,
    /// PEM file of certificate authorities to trust beside the public ones.
    pub ca_file: Option<PathBuf>,
    /// The cluster that the server is part of, if rows are spread over it.
    pub cluster: Option<Cluster>,
}

/// A cluster of servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its name in the servers' `remote_servers`.
    pub name: String,
    /// URLs of the servers that rows are written to, at least one of each shard.
    pub nodes: Vec<String>,
    /// Whether the servers of a shard replicate each other.
    pub replicated: bool,
}

/// A connection that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The file of certificate authorities cannot be used.
    #[error("clickhouse.ca_file {0}")]
    CaFile(CaFileError),
    /// The TLS library refuses its own defaults.
    #[error("TLS to ClickHouse cannot be set up")]
    Tls(#[source] rustls::Error),
}

impl Connection {
    /// To a database of the embedded ClickHouse.
    pub fn embedded(at: &Endpoint, database: &str) -> Self {
        Self {
            url: at.url.clone(),
            user: at.user.clone(),
            password: at.password.clone(),
            database: database.to_owned(),
            ca_file: None,
            cluster: None,
        }
    }

    /// A client without a database, which may not exist yet.
    ///
    /// # Errors
    /// When the file of certificate authorities, or TLS at all, cannot be used.
    pub fn server(&self) -> Result<Client, ConnectionError> {
        let client = client(self.ca_file.as_deref())?;
        Ok(client.with_url(&self.url).with_user(&self.user).with_password(&self.password))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("url", &self.url)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("ca_file", &self.ca_file)
            .field("cluster", &self.cluster)
            .finish_non_exhaustive()
    }
}

/// A client that trusts the public authorities and those of `ca_file`.
fn client(ca_file: Option<&Path>) -> Result<Client, ConnectionError> {
    let mut roots = trust::public_roots();
    if let Some(path) = ca_file {
        trust::add_file(&mut roots, path).map_err(ConnectionError::CaFile)?;
    }
    let tls = trust::client_config(roots).map_err(ConnectionError::Tls)?;
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_keepalive(Some(KEEPALIVE));
    // The head of an INSERT goes before its rows: without this the rows wait until the server acknowledges
    // the head, which it delays by 40 ms.
    connector.set_nodelay(true);
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(connector);
    let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        // ClickHouse closes idle connections after three seconds by default.
        .pool_idle_timeout(Duration::from_secs(2))
        .build(connector);
    Ok(Client::with_http_client(client))
}
