use clickhouse::Client;

use super::layout::Layout;
use super::{Connection, StorageError};

/// A server that rows are written to.
#[derive(Clone)]
pub(super) struct Node {
    /// Its URL.
    pub(super) url: String,
    /// A client of no database.
    pub(super) server: Client,
    /// A client of the database, which may not exist yet.
    pub(super) client: Client,
    /// Which part of the rows it has; 0 outside clusters.
    pub(super) shard: u32,
}

/// All servers that rows are written to.
pub(super) struct Nodes {
    all: Vec<Node>,
    layout: Layout,
}

impl Nodes {
    /// Those that a connection names.
    pub(super) async fn of(connection: &Connection) -> Result<Self, StorageError> {
        let node = |url: &str, server: Client, shard| Node {
            url: url.to_owned(),
            client: server.clone().with_database(&connection.database),
            server,
            shard,
        };
        let server = connection.server()?;
        let Some(cluster) = &connection.cluster else {
            return Ok(Self { all: vec![node(&connection.url, server, 0)], layout: Layout::Single });
        };
        let mut all = Vec::new();
        for url in &cluster.nodes {
            let server = server.clone().with_url(url);
            let shard = shard(&server, &cluster.name).await.map_err(|source| StorageError::Node {
                url: url.clone(),
                cluster: cluster.name.clone(),
                source,
            })?;
            all.push(node(url, server, shard));
        }
        let layout = Layout::Cluster { name: cluster.name.clone(), replicated: cluster.replicated };
        Ok(Self { all, layout })
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Node> {
        self.all.iter()
    }

    /// How the schema lies on them.
    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }
}

async fn shard(server: &Client, cluster: &str) -> clickhouse::error::Result<u32> {
    let shard = server.query("SELECT shard_num FROM system.clusters WHERE cluster = ? AND is_local LIMIT 1");
    shard.bind(cluster).fetch_one::<u32>().await
}
