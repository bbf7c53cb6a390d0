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

/// What was found when looking for batches.
#[derive(Debug)]
pub(super) struct Look {
    /// When, by ClickHouse's clock, in milliseconds since the Unix epoch.
    pub(super) now_ms: i64,
    /// What other groups say.
    pub(super) claims: Vec<Claim>,
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
    pub(super) async fn look(&self, group: Uuid, batches: impl Iterator<Item = u128>) -> Result<Look> {
        let batches = batches.map(|hash| format!("unhex('{hash:032x}')")).collect::<Vec<_>>().join(", ");
        let shard = self.shard;
        let sql = format!(
            "SELECT toUnixTimestamp64Milli(now64(3)) AS now_ms,
                 groupArray((batch, group_id_bytes, process, furthest, age_ms, shard)) AS claims
             FROM
             (
                 SELECT batch, UUIDStringToNum(toString(group_id)) AS group_id_bytes,
                     UUIDStringToNum(toString(any(collector))) AS process, toInt8(max(step)) AS furthest,
                     dateDiff('millisecond', min(at), now64(3)) AS age_ms, {shard} AS shard
                 FROM {BATCHES} PREWHERE batch IN ({batches}) WHERE group_id != '{group}'
                 GROUP BY batch, group_id
             )"
        );
        let row = self.client.query_raw(&sql).fetch_one::<LookRow>().await?;
        Ok(Look { now_ms: row.now_ms, claims: row.claims.into_iter().map(Claim::from).collect() })
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
struct LookRow {
    now_ms: i64,
    claims: Vec<ClaimRow>,
}

/// Batch, group, process, step, age in milliseconds, shard.
type ClaimRow = ([u8; 16], [u8; 16], [u8; 16], i8, i64, u32);

impl From<ClaimRow> for Claim {
    fn from((batch, group, collector, step, age_ms, shard): ClaimRow) -> Self {
        let step = match step {
            3 => Step::Settled,
            2 => Step::Withdrawn,
            _ => Step::Claimed,
        };
        Self {
            batch: u128::from_be_bytes(batch),
            group: Uuid::from_bytes(group),
            shard,
            collector: Uuid::from_bytes(collector),
            step,
            age_ms,
        }
    }
}
