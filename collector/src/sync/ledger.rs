mod rows;
mod writing;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use clickhouse::Client;
use tracing::instrument;
use uuid::Uuid;

use super::alias::ForeignId;
use super::copy::Read;
use super::drift::Drift;
use super::evaluator::Taken;
use super::item::Subject;
use super::packed::{self, Packed};

use rows::{DriftRow, ProgressRow, SubjectRow};
pub(super) use rows::{ReadRow, item};
pub(super) use writing::Writing;

type Result<T> = clickhouse::error::Result<T>;

/// Copies and drifts as they are kept.
#[derive(Clone, Debug)]
pub(super) struct Ledger(Client);

/// Readings in the order in which they were stored.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) reads: Vec<Read>,
    /// Those that say another id than a SKU.
    pub(super) foreign: Vec<(ForeignId, Read)>,
    /// Up to when these are all, milliseconds since the Unix epoch, by ClickHouse's clock.
    pub(super) until_ms: i64,
    pub(super) more: bool,
}

/// Subjects looked up at once: a query may be 256 KiB long.
pub(super) const SUBJECTS: usize = 1_000;

/// A query names all the subjects that it is about, and a subject has some hundred characters at most, mostly.
const LONGEST_QUERY: &str = "67108864";

/// The columns of an item.
pub(super) const ITEM: &str = "entity, subject, location, channel, currency, state, field";

/// The drifts that have not ended.
pub(crate) const OPEN: &str = "
    (SELECT * FROM drifts FINAL WHERE ended = fromUnixTimestamp64Nano(0, 'UTC')) AS open";

/// The drifts of one sync, which is bound, that had not ended as far as was known at a time, milliseconds since the
/// Unix epoch by ClickHouse's clock. Of what was written before that time what knows of the newest readings was so then,
/// whatever of its history has been dropped.
pub(crate) fn open_at(at_ms: i64) -> String {
    const COLUMNS: &str = "entity, subject, location, channel, currency, state, field, sync, target, since, ended,
            source_value, target_value, difference, uncertain_ms, until, written_at";
    format!(
        "(SELECT * FROM
            (SELECT {COLUMNS} FROM
                (SELECT {COLUMNS} FROM drifts UNION ALL SELECT {COLUMNS} FROM drift_history)
             WHERE written_at <= fromUnixTimestamp64Milli({at_ms}, 'UTC') AND sync = ?
             ORDER BY until DESC, written_at DESC LIMIT 1 BY {ITEM}, sync, target)
          WHERE ended = fromUnixTimestamp64Nano(0, 'UTC')) AS open"
    )
}

/// The columns of a reading.
pub(super) const READ: &str = "toString(readings.entity) AS entity, subject, id_kind, id_system, location, channel, currency,
    state, field, system, value, at, changed_at, version, interval_ms, toUnixTimestamp64Milli(stored_at) AS stored_at_ms";

impl Ledger {
    pub(super) fn new(client: Client) -> Self {
        // Where tables are spread over a cluster, what was written is there.
        Self(client.with_setting("distributed_foreground_insert", "1").with_setting("max_query_size", LONGEST_QUERY))
    }

    /// Up to when readings were taken in, milliseconds since the Unix epoch, and by which evaluator; `None` = never.
    #[instrument(name = "SELECT sync_progress", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "sync_progress"))]
    pub(super) async fn progress(&self) -> Result<Option<(i64, Uuid)>> {
        let query = "SELECT until, evaluator FROM sync_progress ORDER BY until DESC LIMIT 1";
        let row = self.0.query(query).fetch_optional::<ProgressRow>().await?;
        Ok(row.map(|row| (row.until, row.evaluator)))
    }

    /// Notes up to when readings were taken in, and by which evaluator.
    #[instrument(name = "INSERT sync_progress", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "sync_progress"))]
    pub(super) async fn advance(&self, until: i64, evaluator: Uuid) -> Result<()> {
        let mut insert = self.0.insert::<ProgressRow>("sync_progress").await?;
        insert.write(&ProgressRow { until, evaluator }).await?;
        insert.end().await
    }

    /// What was stored after `after_ms` and up to `until_ms` of what is to be `taken`: some `most`.
    #[instrument(name = "SELECT readings", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "readings"))]
    pub(super) async fn feed(&self, taken: Taken, after_ms: i64, until_ms: i64, most: usize) -> Result<Feed> {
        let of = match taken {
            Taken::All => "true",
            Taken::Ages => "readings.entity IN ('feed', 'search_index')",
        };
        let query = format!(
            "SELECT {READ}
             FROM readings
             WHERE stored_at > fromUnixTimestamp64Milli(?, 'UTC') AND stored_at <= fromUnixTimestamp64Milli(?, 'UTC')
                AND {of}
             ORDER BY stored_at LIMIT {most} WITH TIES"
        );
        let rows = self.0.query(&query).bind(after_ms).bind(until_ms).fetch_all::<ReadRow>().await?;
        let more = rows.len() >= most;
        let until_ms = if more { rows.last().map_or(until_ms, |row| row.stored_at_ms) } else { until_ms };
        let (of_skus, foreign): (Vec<ReadRow>, Vec<ReadRow>) = rows.into_iter().partition(|row| row.id_kind.is_empty());
        let reads = of_skus.into_iter().filter_map(ReadRow::into_read).collect();
        Ok(Feed { reads, foreign: foreign.into_iter().filter_map(ReadRow::into_foreign).collect(), until_ms, more })
    }

    /// What is known of these subjects, of those of which anything is.
    #[instrument(name = "SELECT sync_subjects", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "sync_subjects"))]
    pub(super) async fn known(&self, subjects: &[&Subject]) -> Result<HashMap<Subject, Packed>> {
        let ids: Vec<u64> = subjects.iter().map(|subject| packed::id(subject)).collect();
        // Short reads here and there: in one thread, and without handing each to another.
        let query = self
            .0
            .query("SELECT id, entity, subject, known, until FROM sync_subjects WHERE id IN ?")
            .with_setting("max_threads", "1")
            .with_setting("local_filesystem_read_method", "pread");
        let mut rows = query.bind(ids).fetch::<SubjectRow<'_>>()?;
        let mut newest: HashMap<Subject, Packed> = HashMap::new();
        while let Some(row) = rows.next().await? {
            let Some(subject) = packed::subject(row.entity, row.subject.to_owned()) else { continue };
            let packed = Packed { text: row.known.to_owned(), until_ms: row.until };
            match newest.entry(subject) {
                Entry::Occupied(mut known) if known.get().until_ms <= packed.until_ms => _ = known.insert(packed),
                Entry::Occupied(_) => {}
                Entry::Vacant(unknown) => _ = unknown.insert(packed),
            }
        }
        Ok(newest)
    }

    /// Begins to write what becomes of subjects.
    pub(super) async fn write(&self) -> Result<Writing> {
        Writing::begin(&self.0).await
    }

    /// The drifts that have not ended, those that began first; of one subject if it is said.
    #[instrument(name = "SELECT drifts that are open", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    pub(super) async fn oldest(&self, subject: Option<&str>, limit: usize) -> Result<Vec<Drift>> {
        let query = format!(
            "SELECT {ITEM}, sync, target, open.since AS since, open.ended AS ended, source_value, target_value, difference, uncertain_ms, open.until AS until
             FROM {OPEN}
             WHERE (? OR subject = ?)
             ORDER BY open.since, {ITEM}, sync, target LIMIT ?"
        );
        let query = self.0.query(&query).bind(subject.is_none()).bind(subject.unwrap_or_default()).bind(limit as u64);
        Ok(query.fetch_all::<DriftRow>().await?.into_iter().filter_map(DriftRow::into_drift).collect())
    }
}

pub(super) fn tuples<'s>(subjects: &[&'s Subject]) -> Vec<(&'static str, &'s str)> {
    subjects.iter().map(|subject| (subject.entity.name(), subject.name.as_str())).collect()
}
