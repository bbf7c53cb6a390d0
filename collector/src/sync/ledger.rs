mod rows;

use std::collections::HashMap;

use clickhouse::Client;
use tracing::instrument;

use super::alias::ForeignId;
use super::copy::{Copy, Read};
use super::drift::Drift;
use super::evaluator::Taken;
use super::item::Subject;
use super::packed;

use rows::{CopyRow, DriftRow, LagRow, ProgressRow, SubjectRow};
pub(super) use rows::{ReadRow, item};

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

/// All copies of a subject.
#[derive(Debug, Default)]
pub(super) struct Copies {
    pub(super) copies: Vec<Copy>,
    /// Up to when readings were taken in, milliseconds since the Unix epoch, by ClickHouse's clock.
    pub(super) until_ms: i64,
}

/// The columns of an item.
pub(super) const ITEM: &str = "entity, subject, location, channel, currency, state, field";

/// The drifts that have not ended.
pub(crate) const OPEN: &str = "
    (SELECT * FROM drifts FINAL WHERE ended = fromUnixTimestamp64Nano(0, 'UTC')) AS open";

/// The drifts of one sync, which is bound, that had not ended as far as was known at a time, milliseconds since the
/// Unix epoch by ClickHouse's clock. What was written last and before that time was so then, whatever of
/// its history has been dropped.
pub(crate) fn open_at(at_ms: i64) -> String {
    const COLUMNS: &str = "entity, subject, location, channel, currency, state, field, sync, target, since, ended,
            source_value, target_value, difference, uncertain_ms, written_at";
    format!(
        "(SELECT * FROM
            (SELECT {COLUMNS} FROM
                (SELECT {COLUMNS} FROM drifts UNION ALL SELECT {COLUMNS} FROM drift_history)
             WHERE written_at <= fromUnixTimestamp64Milli({at_ms}, 'UTC') AND sync = ?
             ORDER BY written_at DESC LIMIT 1 BY {ITEM}, sync, target)
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

    /// Up to when readings were taken in.
    pub(super) async fn until_ms(&self) -> Result<i64> {
        self.0.query("SELECT toUnixTimestamp64Milli(max(until)) FROM sync_progress").fetch_one().await
    }

    /// Notes up to when readings were taken in.
    #[instrument(name = "INSERT sync_progress", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "sync_progress"))]
    pub(super) async fn advance(&self, until: i64) -> Result<()> {
        let mut insert = self.0.insert::<ProgressRow>("sync_progress").await?;
        insert.write(&ProgressRow { until }).await?;
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

    /// All copies of these subjects, of those that have any.
    #[instrument(name = "SELECT copies_by_subject", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "copies_by_subject"))]
    pub(super) async fn copies(&self, subjects: &[&Subject]) -> Result<HashMap<Subject, Copies>> {
        let ids: Vec<u64> = subjects.iter().map(|subject| packed::id(subject)).collect();
        // Short reads here and there: in one thread, and without handing each to another.
        let query = self
            .0
            .query("SELECT id, entity, subject, copies, until FROM copies_by_subject WHERE id IN ?")
            .with_setting("max_threads", "1")
            .with_setting("local_filesystem_read_method", "pread");
        let mut newest: HashMap<Subject, SubjectRow> = HashMap::new();
        for row in query.bind(ids).fetch_all::<SubjectRow>().await? {
            let Some(subject) = packed::subject(&row.entity, row.subject.clone()) else { continue };
            if newest.get(&subject).is_none_or(|known| known.until <= row.until) {
                newest.insert(subject, row);
            }
        }
        let unpacked = newest.into_iter().map(|(subject, row)| {
            let copies = packed::unpack(&subject, &row.copies).unwrap_or_else(|error| {
                tracing::warn!(?subject, %error, "copies cannot be read; what is read next counts as seen first");
                Vec::new()
            });
            (subject, Copies { copies, until_ms: row.until })
        });
        Ok(unpacked.collect())
    }

    /// The drifts of these subjects that have not ended.
    #[instrument(name = "SELECT drifts", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    pub(super) async fn open(&self, subjects: &[&Subject]) -> Result<Vec<Drift>> {
        let query = format!(
            "SELECT {ITEM}, sync, target, since, ended, source_value, target_value, difference, uncertain_ms FROM
                (SELECT * FROM drifts WHERE (entity, subject) IN ?
                 ORDER BY written_at DESC LIMIT 1 BY {ITEM}, sync, target)
             WHERE ended = fromUnixTimestamp64Nano(0, 'UTC')"
        );
        let rows = self.0.query(&query).bind(tuples(subjects)).fetch_all::<DriftRow>().await?;
        Ok(rows.into_iter().filter_map(DriftRow::into_drift).collect())
    }

    /// The drifts that have not ended, those that began first; of one subject if it is said.
    #[instrument(name = "SELECT drifts that are open", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    pub(super) async fn oldest(&self, subject: Option<&str>, limit: usize) -> Result<Vec<Drift>> {
        let query = format!(
            "SELECT {ITEM}, sync, target, open.since AS since, open.ended AS ended, source_value, target_value, difference, uncertain_ms
             FROM {OPEN}
             WHERE (? OR subject = ?)
             ORDER BY open.since, {ITEM}, sync, target LIMIT ?"
        );
        let query = self.0.query(&query).bind(subject.is_none()).bind(subject.unwrap_or_default()).bind(limit as u64);
        Ok(query.fetch_all::<DriftRow>().await?.into_iter().filter_map(DriftRow::into_drift).collect())
    }

    /// Writes all copies of subjects, into which readings were taken that were stored until then.
    #[instrument(name = "INSERT copies_by_subject", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "copies_by_subject"))]
    pub(super) async fn write_subjects<'c>(
        &self,
        subjects: impl Iterator<Item = (&'c Subject, i64, impl Iterator<Item = &'c Copy>)>,
    ) -> Result<()> {
        let mut insert = self.0.insert::<SubjectRow>("copies_by_subject").await?;
        for (subject, until_ms, copies) in subjects {
            let (entity, name) = (subject.entity.name().to_owned(), subject.name.clone());
            let copies = packed::pack(copies);
            let row = SubjectRow { id: packed::id(subject), entity, subject: name, copies, until: until_ms };
            insert.write(&row).await?;
        }
        insert.end().await
    }

    /// Writes copies as they are now, for whoever looks at them.
    #[instrument(name = "INSERT copies", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "copies"))]
    pub(super) async fn write_copies(&self, copies: impl Iterator<Item = &Copy>) -> Result<()> {
        let mut insert = self.0.insert::<CopyRow>("copies").await?;
        for copy in copies {
            insert.write(&CopyRow::of(copy)).await?;
        }
        insert.end().await
    }

    /// Writes the lags of drifts that are over.
    #[instrument(name = "INSERT sync_lags", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "sync_lags"))]
    pub(super) async fn write_lags(&self, over: impl Iterator<Item = &Drift>) -> Result<()> {
        let mut insert = self.0.insert::<LagRow<'_>>("sync_lags").await?;
        for drift in over {
            insert.write(&LagRow::of(drift)).await?;
        }
        insert.end().await
    }

    /// Writes drifts as they are now.
    #[instrument(name = "INSERT drifts", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "drifts"))]
    pub(super) async fn write_drifts(&self, drifts: impl Iterator<Item = &Drift>) -> Result<()> {
        let mut insert = self.0.insert::<DriftRow>("drifts").await?;
        for drift in drifts {
            insert.write(&DriftRow::of(drift)).await?;
        }
        insert.end().await
    }
}

pub(super) fn tuples<'s>(subjects: &[&'s Subject]) -> Vec<(&'static str, &'s str)> {
    subjects.iter().map(|subject| (subject.entity.name(), subject.name.as_str())).collect()
}
