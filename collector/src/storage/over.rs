//! Drops the rows of drifts that are over: who asks which are open reads little more than these.

use std::time::Duration;

use clickhouse::Client;

use super::nodes::Nodes;
use crate::background;

/// Time between looks.
const EVERY: Duration = Duration::from_secs(20);

/// With fewer of them it is not worth a merge.
const FEW: u64 = 100_000;

/// Looks after each node from time to time, for ever.
pub(super) async fn tidy(nodes: Nodes) {
    let table = nodes.layout().local("drifts").into_owned();
    let mut looks = background::every(EVERY);
    loop {
        looks.tick().await;
        for node in nodes.iter() {
            if let Err(error) = drop_over(&node.client, &table, FEW).await {
                tracing::warn!(url = node.url, table, %error, "drifts that are over are not dropped; they will be");
            }
        }
    }
}

/// Drops all that are over from one server's `table` of drifts if they are more than `few`. A row is dropped
/// together with all it replaces, because parts are merged into one.
///
/// # Errors
/// When ClickHouse does not answer.
pub async fn drop_over(client: &Client, table: &str, few: u64) -> clickhouse::error::Result<()> {
    let over = client.query(&format!("SELECT count() FROM {table} WHERE is_over")).fetch_one::<u64>().await?;
    if over > few {
        client.query_raw(&format!("OPTIMIZE TABLE {table} FINAL CLEANUP")).execute().await?;
    }
    Ok(())
}
