use std::time::Duration;

use clickhouse::{Client, Compression};

use super::columns::TableBlock;
use super::layout::Layout;

/// Inserts blocks into one node, each once however often it is tried under one token.
#[derive(Clone)]
pub(super) struct Inserter {
    client: Client,
    layout: Layout,
    timeout: Duration,
}

impl Inserter {
    /// Inserts through `client`; an insert that takes longer than `timeout` has failed.
    pub(super) fn new(client: &Client, layout: &Layout, timeout: Duration) -> Self {
        let client = layout
            .consistent(client)
            // What ClickHouse reads at once is not worth compressing.
            .with_compression(Compression::None)
            // A batch may hold late spans of many weeks, each its own partition.
            .with_setting("max_partitions_per_insert_block", "0")
            // Else a repeat does nothing for a view that an insert cut off did not reach.
            .with_setting("deduplicate_blocks_in_dependent_materialized_views", "1");
        Self { client, layout: layout.clone(), timeout }
    }

    /// Inserts a block. Under a `token` under which one went into the table before, this does
    /// nothing, as long as ClickHouse remembers it: `non_replicated_deduplication_window` blocks.
    pub(super) async fn insert(&self, block: TableBlock, token: &str) -> clickhouse::error::Result<()> {
        let TableBlock { table, block } = block;
        let columns = block.columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ");
        let sql = format!("INSERT INTO {} ({columns}) FORMAT Native", self.layout.local(table));
        let mut insert = self
            .client
            .insert_formatted_with(sql)
            .with_setting("insert_deduplication_token", token)
            .with_timeouts(Some(self.timeout), Some(self.timeout));
        for part in block.parts {
            insert.send(part).await?;
        }
        insert.end().await
    }
}
