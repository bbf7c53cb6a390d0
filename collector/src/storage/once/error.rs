use uuid::Uuid;

/// A group that could not be stored now.
#[derive(Debug, thiserror::Error)]
pub(in crate::storage) enum OnceError {
    /// ClickHouse does not answer, or refuses a statement.
    #[error(transparent)]
    ClickHouse(#[from] clickhouse::error::Error),
    /// No server is named.
    #[error("there is no server to store on: clickhouse.cluster.nodes names none")]
    NoNode,
    /// A batch is in a shard that no configured node has.
    #[error("shard {shard} has batches, but none of clickhouse.cluster.nodes is in it: add one")]
    UnknownShard {
        /// Its number in `system.clusters`.
        shard: u32,
    },
    /// It took too long.
    #[error("a group of batches took longer than {seconds} s")]
    TimedOut {
        /// So long it may take.
        seconds: u64,
    },
    /// Another collector took it for dead.
    #[error("group {group} of batches was given up by another collector before it was frozen")]
    GivenUp {
        /// The group.
        group: Uuid,
    },
    /// A newer version froze it.
    #[error(
        "group {group} of batches has rows for the table {table:?}, which this version does not know: \
         it waits for a collector of the version that received it"
    )]
    UnknownTable {
        /// The group.
        group: Uuid,
        /// The table.
        table: String,
    },
    /// It waited until ClickHouse may have forgotten which of its blocks it has.
    #[error(
        "group {group} of batches waited for two days, or while more than {limit} others were stored: whether its \
         rows are there twice could no longer be told, so it is left in the table `frozen`"
    )]
    Stranded {
        /// The group.
        group: Uuid,
        /// So many may be stored meanwhile.
        limit: u64,
    },
    /// Turning it into blocks failed.
    #[error("a group of batches was lost")]
    Lost(#[from] tokio::task::JoinError),
}
