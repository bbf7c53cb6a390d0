//! What an engine is started with, and where it answers.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The ClickHouse user that owns everything in an embedded engine.
pub const USER: &str = "ordertrace";

/// What an engine is started with. [`EngineSettings::new`] has the defaults.
#[derive(Clone)]
pub struct EngineSettings {
    /// Where tables, configuration, password and lock live. Created with mode 0700 when missing.
    pub data_dir: PathBuf,
    /// The library to load; before every other place. None: `ORDERTRACE_ENGINE_LIBRARY`, then the usual places.
    pub library: Option<PathBuf>,
    /// Where fetched libraries are kept. None: `ordertrace/engine` in the XDG cache home.
    pub cache_dir: Option<PathBuf>,
    /// The executable to run as the child: one whose `main` calls `engine::child::maybe_run`. None: this one.
    pub executable: Option<PathBuf>,
    /// Port of ClickHouse's HTTP interface on 127.0.0.1; 0 = any free one.
    pub http_port: u16,
    /// Port of ClickHouse's native protocol on 127.0.0.1; 0 = any free one.
    pub tcp_port: u16,
    /// Password of [`USER`]. None: the one kept in the data directory, random at the first start.
    pub password: Option<String>,
    /// Most memory the server may use, in bytes.
    pub max_memory_bytes: u64,
    /// How long a started server may take until it answers; loading many tables takes a while.
    pub ready_timeout: Duration,
}

impl EngineSettings {
    /// Defaults: library from the usual places, free ports, kept password, 4 GiB of memory, 60 s to get ready.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            library: None,
            cache_dir: None,
            executable: None,
            http_port: 0,
            tcp_port: 0,
            password: None,
            max_memory_bytes: 4 << 30,
            ready_timeout: Duration::from_secs(60),
        }
    }
}

/// Where an engine answers and who may ask.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `http://127.0.0.1:PORT`, without a trailing slash.
    pub url: String,
    /// The user: [`USER`].
    pub user: String,
    /// The user's password.
    pub password: String,
    /// Port of the native protocol, for `clickhouse-client` and Grafana.
    pub tcp_port: u16,
}

impl Endpoint {
    /// A client of the official crate for this endpoint, on ClickHouse's `default` database.
    pub fn client(&self) -> clickhouse::Client {
        clickhouse::Client::default().with_url(&self.url).with_user(&self.user).with_password(&self.password)
    }
}

// Written by hand so that a password cannot reach a log through `{:?}`.
impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, user, password: _, tcp_port } = self;
        formatter
            .debug_struct("Endpoint")
            .field("url", url)
            .field("user", user)
            .field("tcp_port", tcp_port)
            .finish_non_exhaustive()
    }
}
