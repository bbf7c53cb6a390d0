use std::collections::{BTreeSet, HashMap};

use clickhouse::{Client, Row};
use ordertrace_api::keys::Key;
use serde::{Deserialize, Serialize};
use tracing::instrument;

use crate::storage::{key_of, key_tuple};

/// When which journey is worth another look, also after a restart.
#[derive(Debug)]
pub(super) struct Watches {
    client: Client,
    due: BTreeSet<(i64, Key)>,
    of_key: HashMap<Key, i64>,
    /// What is not written yet; 0 = not due any more.
    changed: HashMap<Key, i64>,
}

#[derive(Debug, Row, Serialize, Deserialize)]
struct WatchRow {
    kind: String,
    value: String,
    system: String,
    due_at: i64,
}

/// Rows of this kind are no keys: they say how far detection has come.
const PROGRESS: &str = "";

/// The row that says up to when the feed was read.
pub(super) const FEED: (&str, &str, &str) = (PROGRESS, "", "");

/// The row that says when systems were looked at.
pub(super) const SYSTEMS: (&str, &str, &str) = (PROGRESS, "systems", "");

impl Watches {
    /// Those that were written last, and up to when the feed had been read: milliseconds since the
    /// Unix epoch, `None` = never.
    #[instrument(name = "SELECT watches", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "watches"))]
    pub(super) async fn load(client: Client) -> clickhouse::error::Result<(Self, Option<i64>)> {
        let mut rows = client
            .query(
                "SELECT kind, value, system, toUnixTimestamp64Nano(due) AS due_at FROM
                    (SELECT kind, value, system, argMax(due_at, updated_at) AS due FROM watches GROUP BY kind, value, system)
                 WHERE due > fromUnixTimestamp64Nano(0, 'UTC')",
            )
            .fetch::<WatchRow>()?;
        let mut watches =
            Self { client: client.clone(), due: BTreeSet::new(), of_key: HashMap::new(), changed: HashMap::new() };
        let mut until_ms = None;
        while let Some(row) = rows.next().await? {
            if row.kind != PROGRESS {
                watches.put(key_of(row.kind, row.value, row.system), row.due_at);
            } else if (row.kind.as_str(), row.value.as_str(), row.system.as_str()) == FEED {
                until_ms = Some(row.due_at / 1_000_000);
            }
        }
        Ok((watches, until_ms))
    }

    /// Watches a key until `due_ns`, or not any more.
    pub(super) fn set(&mut self, key: &Key, due_ns: Option<i64>) {
        let known = self.of_key.get(key).copied();
        if known == due_ns {
            return;
        }
        self.changed.insert(key.clone(), due_ns.unwrap_or(0));
        match due_ns {
            Some(due_ns) => self.put(key.clone(), due_ns),
            None => self.take(key),
        }
    }

    /// Makes a key that is watched due at `due_ns`, unless it is sooner.
    pub(super) fn hasten(&mut self, key: &Key, due_ns: i64) {
        if self.of_key.get(key).is_some_and(|known| *known > due_ns) {
            self.set(key, Some(due_ns));
        }
    }

    /// At most `most` keys that are due at `now_ns`.
    pub(super) fn due(&self, now_ns: i64, most: usize) -> Vec<Key> {
        self.due.iter().take_while(|(due_ns, _)| *due_ns <= now_ns).take(most).map(|(_, key)| key.clone()).collect()
    }

    /// When the next one is due.
    pub(super) fn next_ns(&self) -> Option<i64> {
        self.due.first().map(|(due_ns, _)| *due_ns)
    }

    /// How many are watched.
    pub(super) fn len(&self) -> usize {
        self.due.len()
    }

    /// Writes what changed, and that the feed was read up to `until_ms`.
    #[instrument(name = "INSERT watches", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "watches"))]
    pub(super) async fn write(&mut self, until_ms: i64) -> clickhouse::error::Result<()> {
        let changed = self.changed.iter().map(|(key, due_ns)| (key_tuple(key), *due_ns));
        self.insert(changed.chain([(FEED, until_ms * 1_000_000)])).await?;
        self.changed.clear();
        Ok(())
    }

    /// Writes that systems were looked at.
    pub(super) async fn write_systems(&self, at_ns: i64) -> clickhouse::error::Result<()> {
        self.insert([(SYSTEMS, at_ns)].into_iter()).await
    }

    async fn insert<'k>(
        &self,
        rows: impl Iterator<Item = ((&'k str, &'k str, &'k str), i64)>,
    ) -> clickhouse::error::Result<()> {
        let mut insert = self.client.insert::<WatchRow>("watches").await?;
        for ((kind, value, system), due_at) in rows {
            let (kind, value, system) = (kind.to_owned(), value.to_owned(), system.to_owned());
            insert.write(&WatchRow { kind, value, system, due_at }).await?;
        }
        insert.end().await
    }

    fn put(&mut self, key: Key, due_ns: i64) {
        self.take(&key);
        self.due.insert((due_ns, key.clone()));
        self.of_key.insert(key, due_ns);
    }

    fn take(&mut self, key: &Key) {
        if let Some(due_ns) = self.of_key.remove(key) {
            self.due.remove(&(due_ns, key.clone()));
        }
    }
}
