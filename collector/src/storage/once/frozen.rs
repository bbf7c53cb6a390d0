use clickhouse::Client;
use uuid::Uuid;

use super::super::columns::{TABLES, TableBlock, UUID, uuid_bytes};
use super::super::insert::Inserter;
use super::super::layout::Layout;
use super::OnceError;
use crate::native::{Blobs, Block, BlockBuilder, Fixed, List, Text};

type Result<T> = clickhouse::error::Result<T>;

/// The table `frozen`: groups that are being stored, and groups given up before.
#[derive(Clone)]
pub(super) struct Frozen {
    inserter: Inserter,
    client: Client,
    /// The node's own part of [`TABLE`].
    local: String,
    collector: Uuid,
}

const TABLE: &str = "frozen";
/// The position of the row that gives a group up.
const GIVEN_UP: u8 = 0;

/// Groups that one statement forgets.
const DROPPED_AT_ONCE: usize = 1_000;

/// What is decided about a group. Whichever is written first holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing yet, or it is settled and forgotten.
    Open,
    /// It is stored, by whoever finds it.
    Frozen,
    /// It is never stored.
    GivenUp,
}

/// A group that is frozen and perhaps not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// The group.
    pub(super) group: Uuid,
    /// The process that froze it.
    pub(super) collector: Uuid,
    /// How long ago, by ClickHouse's clock.
    pub(super) age_ms: i64,
}

impl Frozen {
    /// That of a node; `client` reads what is consistent, with little effort.
    pub(super) fn new(inserter: Inserter, client: Client, layout: &Layout, collector: Uuid) -> Self {
        Self { inserter, client, local: layout.local(TABLE).into_owned(), collector }
    }

    /// Freezes a group, unless it was given up.
    pub(super) async fn freeze(&self, group: Uuid, blocks: &[TableBlock]) -> Result<Fate> {
        self.decide(group, self.rows(group, blocks)).await
    }

    /// Gives a group up, unless it was frozen.
    pub(super) async fn give_up(&self, group: Uuid) -> Result<Fate> {
        self.decide(group, self.rows(group, &[])).await
    }

    async fn decide(&self, group: Uuid, rows: Block) -> Result<Fate> {
        let rows = TableBlock { table: TABLE, block: rows };
        self.inserter.insert(rows, &group.to_string()).await?;
        self.fate(group).await
    }

    /// What is decided about a group.
    pub(super) async fn fate(&self, group: Uuid) -> Result<Fate> {
        let local = &self.local;
        let sql = format!("SELECT max(position) FROM {local} WHERE group_id = '{group}' HAVING count() > 0");
        let positions = self.client.query_raw(&sql).fetch_all::<u8>().await?;
        Ok(match positions.first() {
            None => Fate::Open,
            Some(&GIVEN_UP) => Fate::GivenUp,
            Some(_) => Fate::Frozen,
        })
    }

    /// One row for each block; without any, the row that gives the group up.
    fn rows(&self, group: Uuid, blocks: &[TableBlock]) -> Block {
        let count = blocks.len().max(1);
        let mut groups = Fixed::new(UUID);
        let mut collectors = Fixed::new(UUID);
        let mut positions = Fixed::new("UInt8");
        let mut tables = Text::default();
        let mut columns = List::<Text>::default();
        let mut rows = Fixed::new("UInt64");
        let mut data = Blobs::default();
        if blocks.is_empty() {
            positions.push([GIVEN_UP]);
            tables.push("");
            columns.end_row();
            rows.push([0; 8]);
            data.push(Vec::new());
        }
        for (position, TableBlock { table, block }) in (GIVEN_UP + 1..).zip(blocks) {
            positions.push([position]);
            tables.push(table);
            for column in &block.columns {
                columns.items.push(column);
            }
            columns.end_row();
            rows.push((block.rows as u64).to_le_bytes());
            data.push(block.parts.clone());
        }
        for _ in 0..count {
            groups.push(uuid_bytes(group));
            collectors.push(uuid_bytes(self.collector));
        }
        let mut builder = BlockBuilder::new(count);
        builder
            .column("group_id", groups)
            .column("collector", collectors)
            .column("position", positions)
            .column("table_name", tables)
            .column("columns", columns)
            .column("rows", rows)
            .column("data", data);
        builder.finish()
    }

    /// The blocks of a frozen group in the order in which they are inserted.
    pub(super) async fn blocks(&self, group: Uuid) -> std::result::Result<Vec<TableBlock>, OnceError> {
        let local = &self.local;
        let sql = format!(
            "SELECT table_name, columns, rows, data FROM {local}
             WHERE group_id = '{group}' AND position != {GIVEN_UP} ORDER BY position"
        );
        let rows = self.client.query_raw(&sql).fetch_all::<BlockRow>().await?;
        rows.into_iter().map(|row| row.block(group)).collect()
    }

    /// All groups that are frozen.
    pub(super) async fn left(&self) -> Result<Vec<Left>> {
        let local = &self.local;
        let sql = format!(
            "SELECT group_id, any(collector) AS process, dateDiff('millisecond', min(at), now64(3)) AS age_ms
             FROM {local} WHERE position != {GIVEN_UP} GROUP BY group_id ORDER BY age_ms DESC"
        );
        let rows = self.client.query_raw(&sql).fetch_all::<LeftRow>().await?;
        Ok(rows
            .into_iter()
            .map(|row| Left { group: row.group_id, collector: row.process, age_ms: row.age_ms })
            .collect())
    }

    /// Groups given up so long ago that nobody can want to freeze them any more.
    pub(super) async fn long_given_up(&self, hours: u32) -> Result<Vec<Uuid>> {
        let local = &self.local;
        let sql = format!(
            "SELECT group_id FROM {local}
             WHERE position = {GIVEN_UP} AND at < now() - INTERVAL {hours} HOUR"
        );
        let rows = self.client.query_raw(&sql).fetch_all::<GroupRow>().await?;
        Ok(rows.into_iter().map(|row| row.group_id).collect())
    }

    /// Forgets groups that are settled, or can never be.
    pub(super) async fn forget(&self, groups: &[Uuid]) -> Result<()> {
        let local = &self.local;
        for groups in groups.chunks(DROPPED_AT_ONCE) {
            let drops = groups.iter().map(|group| format!("DROP PARTITION '{group}'")).collect::<Vec<_>>().join(", ");
            self.client.query_raw(&format!("ALTER TABLE {local} {drops}")).execute().await?;
        }
        Ok(())
    }
}

#[derive(clickhouse::Row, serde::Deserialize)]
struct GroupRow {
    #[serde(with = "clickhouse::serde::uuid")]
    group_id: Uuid,
}

#[derive(clickhouse::Row, serde::Deserialize)]
struct LeftRow {
    #[serde(with = "clickhouse::serde::uuid")]
    group_id: Uuid,
    #[serde(with = "clickhouse::serde::uuid")]
    process: Uuid,
    age_ms: i64,
}

#[derive(clickhouse::Row, serde::Deserialize)]
struct BlockRow {
    table_name: String,
    columns: Vec<String>,
    rows: u64,
    #[serde(with = "serde_bytes")]
    data: Vec<u8>,
}

impl BlockRow {
    fn block(self, group: Uuid) -> std::result::Result<TableBlock, OnceError> {
        let Some(table) = TABLES.into_iter().find(|table| *table == self.table_name) else {
            return Err(OnceError::UnknownTable { group, table: self.table_name });
        };
        let rows = usize::try_from(self.rows).unwrap_or(usize::MAX);
        Ok(TableBlock { table, block: Block { columns: self.columns, rows, parts: vec![self.data.into()] } })
    }
}
