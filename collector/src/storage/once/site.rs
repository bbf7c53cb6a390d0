use std::time::Duration;

use uuid::Uuid;

use super::super::columns::TableBlock;
use super::super::insert::Inserter;
use super::super::layout::Layout;
use super::super::nodes::Node;
use super::OnceError;
use super::frozen::Frozen;
use super::ledger::Ledger;
use futures::future::try_join_all;

/// One node, as far as storing groups there goes.
pub(super) struct Site {
    /// Which part of the rows it has.
    pub(super) shard: u32,
    pub(super) ledger: Ledger,
    pub(super) frozen: Frozen,
    inserter: Inserter,
}

impl Site {
    /// That of a node, for the process `collector`; a statement that takes longer than
    /// `timeout` has failed.
    pub(super) fn new(node: &Node, layout: &Layout, collector: Uuid, timeout: Duration) -> Self {
        let inserter = Inserter::new(&node.client, layout, timeout);
        // Rows are few: planning and threads would cost more than reading them.
        let reading = layout
            .consistent(&node.client)
            .with_setting("max_threads", "1")
            .with_setting("optimize_move_to_prewhere", "0");
        Self {
            shard: node.shard,
            ledger: Ledger::new(inserter.clone(), reading.clone(), layout, collector),
            frozen: Frozen::new(inserter.clone(), reading, layout, collector),
            inserter,
        }
    }

    /// Inserts the blocks of a frozen group, as often as anybody likes.
    pub(super) async fn apply(&self, group: Uuid, mut blocks: Vec<TableBlock>) -> Result<(), OnceError> {
        // That of the batches: they are stored when all else is.
        let last = blocks.pop();
        let insert = |block: TableBlock| {
            let token = format!("{group}/{}", block.table);
            async move { self.inserter.insert(block, &token).await }
        };
        try_join_all(blocks.into_iter().map(insert)).await?;
        try_join_all(last.map(insert)).await?;
        Ok(())
    }
}
