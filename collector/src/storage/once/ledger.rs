use clickhouse::Client;
use uuid::Uuid;

use super::super::columns::{BATCHES, Batches, Step, TableBlock};
use super::super::insert::Inserter;
use super::super::layout::Layout;

type Result<T> = clickhouse::error::Result<T>;

/// The table `batches`: which group claimed which batch, and which are stored.
#[derive(Clone)]
pub(super) struct Ledger {
    inserter: Inserter,
    client: Client,
    /// The expression for where a row is.
    shard: &'static str,
    collector: Uuid,
}

/// What another group says of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// The batch's hash.
    pub(super) batch: u128,
    /// The group.
    pub(super) group: Uuid,
    /// The shard that has the group.
    pub(super) shard: u32,
    /// The process that claimed it.
    pub(super) collector: Uuid,
    /// The furthest it came.
    pub(super) step: Step,
    /// How long ago it claimed it, by ClickHouse's clock.
    pub(super) age_ms: i64,
}

impl Ledger {
    /// That of a node; `client` reads what is consistent, with little effort.
    pub(super) fn new(inserter: Inserter, client: Client, layout: &Layout, collector: Uuid) -> Self {
        let shard = match layout {
            Layout::Single => "toUInt32(0)",
            // A column of Distributed tables.
            Layout::Cluster { .. } => "any(_shard_num)",
        };
        Self { inserter, client, shard, collector }
    }

    /// Says of the batches of a group how far it has come with them.
    pub(super) async fn write(&self, step: Step, group: Uuid, batches: &Batches) -> Result<()> {
        let block = TableBlock { table: BATCHES, block: batches.step(step, group, self.collector) };
        self.inserter.insert(block, &format!("{group}/{step:?}")).await
    }

    /// What groups other than `group` say of batches.
    pub(super) async fn others(&self, group: Uuid, batches: impl Iterator<Item = u128>) -> Result<Vec<Claim>> {
        let batches = batches.map(|hash| format!("unhex('{hash:032x}')")).collect::<Vec<_>>().join(", ");
        let shard = self.shard;
        let sql = format!(
            "SELECT batch, group_id, any(collector) AS process, toInt8(max(step)) AS furthest,
                 dateDiff('millisecond', min(at), now64(3)) AS age_ms, {shard} AS shard
             FROM {BATCHES} WHERE batch IN ({batches}) AND group_id != '{group}'
             GROUP BY batch, group_id"
        );
        let rows = self.client.query_raw(&sql).fetch_all::<ClaimRow>().await?;
        Ok(rows.into_iter().map(Claim::from).collect())
    }

    /// How many groups claimed batches within the last `age_ms`, by ClickHouse's clock.
    pub(super) async fn groups_within(&self, age_ms: i64) -> Result<u64> {
        let sql = format!(
            "SELECT uniqExact(group_id) FROM {BATCHES}
             WHERE step = 'claimed' AND at >= now64(3) - INTERVAL {age_ms} MILLISECOND"
        );
        Ok(self.client.query_raw(&sql).fetch_all::<u64>().await?.into_iter().sum())
    }
}

#[derive(clickhouse::Row, serde::Deserialize)]
struct ClaimRow {
    batch: [u8; 16],
    #[serde(with = "clickhouse::serde::uuid")]
    group_id: Uuid,
    #[serde(with = "clickhouse::serde::uuid")]
    process: Uuid,
    furthest: i8,
    age_ms: i64,
    shard: u32,
}

impl From<ClaimRow> for Claim {
    fn from(row: ClaimRow) -> Self {
        let step = match row.furthest {
            3 => Step::Settled,
            2 => Step::Withdrawn,
            _ => Step::Claimed,
        };
        Self {
            batch: u128::from_be_bytes(row.batch),
            group: row.group_id,
            shard: row.shard,
            collector: row.process,
            step,
            age_ms: row.age_ms,
        }
    }
}
