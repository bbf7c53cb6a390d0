//! The ClickHouse that a round writes into: a process of its own with fresh data, gone after the round.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use clickhouse::{Client, Row};
use ordertrace_collector::engine::{Endpoint, Engine, EngineSettings, progress};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::process::Meter;

/// Between two looks whether ClickHouse has come to rest.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// So many looks in a row must show the same parts and hardly any work.
const STEADY_LOOKS: u32 = 5;

/// Processor time in seconds per second that is hardly any work: ClickHouse and being looked at cost that much.
const IDLE_SHARE: f64 = 0.15;

/// Configuration of the server with which it notes each statement and merge.
const LOGS: &str = "<clickhouse>
    <query_log><database>system</database><table>query_log</table></query_log>
    <part_log><database>system</database><table>part_log</table></part_log>
</clickhouse>
";

/// What takes less than one such part of all is not named.
const NOTEWORTHY: u64 = 500;

/// A ClickHouse of one round.
pub(crate) struct Database {
    engine: Engine,
    client: Client,
    _folder: TempDir,
}

/// One table's size.
#[derive(Debug, Row, Deserialize)]
pub(crate) struct TableSize {
    /// Its name.
    pub(crate) table: String,
    /// Its rows.
    pub(crate) rows: u64,
    /// Bytes of its active parts, with indexes.
    pub(crate) bytes: u64,
}

/// One column's size.
#[derive(Debug, Row, Deserialize)]
pub(crate) struct ColumnSize {
    /// `table.column`.
    pub(crate) column: String,
    /// Bytes of its data in active parts, without indexes of the table.
    pub(crate) bytes: u64,
}

/// What statements of a kind, or merges of a table, cost.
#[derive(Debug, Row, Deserialize)]
struct Spent {
    /// The statement's kind and tables, or `Merge` and the table.
    on: String,
    times: u64,
    /// User and system time.
    cpu_us: u64,
}

#[derive(Debug, PartialEq, Row, Deserialize)]
struct Parts {
    merges: u64,
    parts: u64,
    rows: u64,
}

impl Database {
    /// Starts one with its data in a fresh folder below `root`. With `accounting` it notes each statement and merge,
    /// which costs some work of its own.
    pub(crate) async fn start(root: &Path, accounting: bool) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("clickhouse-").tempdir_in(root)?;
        if accounting {
            let more = folder.path().join("server.d");
            std::fs::create_dir(&more)?;
            std::fs::write(more.join("logs.xml"), LOGS)?;
        }
        let settings = EngineSettings::new(folder.path());
        let engine = Engine::start(settings, progress::automatic().as_ref()).await?;
        let client = engine.endpoint().client();
        Ok(Self { engine, client, _folder: folder })
    }

    /// Where it answers.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.engine.endpoint()
    }

    /// Its version.
    pub(crate) async fn version(&self) -> anyhow::Result<String> {
        Ok(self.client.query("SELECT version()").fetch_one::<String>().await?)
    }

    /// What it is asked through, of no database.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Begins to count what it costs.
    pub(crate) fn meter(&self) -> anyhow::Result<Meter> {
        let pid = self.engine.child_pid().context("ClickHouse is down")?;
        Ok(Meter::start("ClickHouse", pid)?)
    }

    /// Runs each statement of a script; statements end with `;` at the end of a line.
    pub(crate) async fn run(&self, script: &str) -> anyhow::Result<()> {
        for statement in script.split(";\n").filter(|statement| !statement.trim().is_empty()) {
            self.client.query(statement).execute().await.with_context(|| statement.to_owned())?;
        }
        Ok(())
    }

    /// Rows of a table or view.
    pub(crate) async fn count(&self, table: &str) -> anyhow::Result<u64> {
        Ok(self.client.query(&format!("SELECT count() FROM {table}")).fetch_one::<u64>().await?)
    }

    /// Sizes of the tables of a database, largest first.
    pub(crate) async fn sizes(&self, database: &str) -> anyhow::Result<Vec<TableSize>> {
        let sql = "SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts
            WHERE active AND database = ? GROUP BY table ORDER BY bytes DESC";
        Ok(self.client.query(sql).bind(database).fetch_all().await?)
    }

    /// Sizes of the columns of a database, largest first; those of at least `least_bytes`.
    pub(crate) async fn columns(&self, database: &str, least_bytes: u64) -> anyhow::Result<Vec<ColumnSize>> {
        let sql = "SELECT concat(table, '.', column) AS column, sum(column_bytes_on_disk) AS bytes
            FROM system.parts_columns WHERE active AND database = ? GROUP BY column HAVING bytes >= ? ORDER BY bytes DESC";
        Ok(self.client.query(sql).bind(database).bind(least_bytes).fetch_all().await?)
    }

    /// What statements and merges on a database cost since it was asked last, dearest first; of one that keeps
    /// account. The text says it by kind and table, each one's number, its time in all and for one.
    pub(crate) async fn spent(&self, database: &str) -> anyhow::Result<String> {
        self.client.query("SYSTEM FLUSH LOGS").execute().await?;
        let cpu = "sum(ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']) AS cpu_us";
        let sql = format!(
            "SELECT concat(query_kind, ' ', arrayStringConcat(arraySort(tables), ' ')) AS on, count() AS times, {cpu}
             FROM system.query_log WHERE type != 'QueryStart' AND has(databases, ?) GROUP BY on
             UNION ALL
             SELECT concat('Merge ', table) AS on, count() AS times, {cpu}
             FROM system.part_log WHERE event_type = 'MergeParts' AND database = ? GROUP BY on
             ORDER BY cpu_us DESC"
        );
        let spent = self.client.query(&sql).bind(database).bind(database).fetch_all::<Spent>().await?;
        for log in ["query_log", "part_log"] {
            self.client.query(&format!("TRUNCATE TABLE IF EXISTS system.{log}")).execute().await?;
        }
        let all: u64 = spent.iter().map(|spent| spent.cpu_us).sum();
        let noteworthy = spent.iter().filter(|spent| spent.cpu_us.saturating_mul(NOTEWORTHY) >= all);
        let each = |spent: &Spent| {
            let Spent { on, times, cpu_us } = spent;
            let ms = *cpu_us as f64 / 1e3;
            format!(
                "{} {times} times, {ms:.0} ms, {:.1} ms each",
                on.replace(&format!("{database}."), ""),
                ms / *times as f64
            )
        };
        Ok(noteworthy.map(each).collect::<Vec<_>>().join("; "))
    }

    /// Waits until a query counts at least `enough`; what it counts then or after `limit`.
    pub(crate) async fn wait_for(&self, count: &str, enough: u64, limit: Duration) -> anyhow::Result<u64> {
        let deadline = Instant::now() + limit;
        loop {
            let count = self.client.query(count).fetch_one::<u64>().await?;
            if count >= enough || Instant::now() >= deadline {
                return Ok(count);
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// Waits until nothing is merged, neither parts nor rows of a database change any more and the measured processes
    /// hardly work, at most `limit`; whether it came to rest.
    pub(crate) async fn settle(&self, database: &str, meters: [&Meter; 2], limit: Duration) -> anyhow::Result<bool> {
        // A subquery may be NULL to ClickHouse, which a count never is.
        let sql = "SELECT assumeNotNull((SELECT count() FROM system.merges)) AS merges, count() AS parts,
            sum(rows) AS rows FROM system.parts WHERE active AND database = ?";
        let deadline = Instant::now() + limit;
        let mut before: Option<(Parts, f64)> = None;
        let mut steady = 0;
        while steady < STEADY_LOOKS {
            if Instant::now() >= deadline {
                return Ok(false);
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
            let parts: Parts = self.client.query(sql).bind(database).fetch_one().await?;
            let cpu_s = meters[0].read()?.cpu_s + meters[1].read()?.cpu_s;
            let still = before.as_ref().is_some_and(|(parts_before, cpu_before_s)| {
                *parts_before == parts && cpu_s - cpu_before_s <= IDLE_SHARE * LOOK_INTERVAL.as_secs_f64()
            });
            steady = if parts.merges == 0 && still { steady + 1 } else { 0 };
            before = Some((parts, cpu_s));
        }
        Ok(true)
    }

    /// Forgets what it keeps in memory of tables and queries; the operating system may still have files cached.
    pub(crate) async fn drop_caches(&self) -> anyhow::Result<()> {
        for cache in ["MARK CACHE", "INDEX MARK CACHE", "UNCOMPRESSED CACHE", "INDEX UNCOMPRESSED CACHE", "QUERY CACHE"]
        {
            self.client.query(&format!("SYSTEM DROP {cache}")).execute().await.with_context(|| cache.to_owned())?;
        }
        Ok(())
    }

    /// How many SELECT statements it has begun, this one included.
    pub(crate) async fn selects(&self) -> anyhow::Result<u64> {
        Ok(self.client.query("SELECT value FROM system.events WHERE event = 'SelectQuery'").fetch_one().await?)
    }

    /// Stops it and removes its data.
    pub(crate) async fn stop(self) {
        self.engine.stop().await;
    }
}
