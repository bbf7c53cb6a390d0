use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::time::Instant;

use super::IngestArgs;
use crate::collectors::{Installed, Running};
use crate::database::Database;
use crate::load::Load;
use crate::process::{Meter, Usage};
use crate::report::{Comparison, Figure};
use crate::workload::Recording;

/// How long a started collector is left alone before its idle memory is read.
const IDLE_PAUSE: Duration = Duration::from_secs(2);

/// How long accepted spans may take to be stored.
const STORE_LIMIT: Duration = Duration::from_secs(300);

/// The threads in which ClickHouse merges; they live as long as it does.
const MERGE_THREADS: &str = "MergeMutate";

const MEGA: f64 = 1e6;

/// One contender's turn.
pub(super) struct Round<'a> {
    pub(super) args: &'a IngestArgs,
    pub(super) contender: &'a Installed,
    pub(super) recording: &'a Arc<Recording>,
    pub(super) load: Load,
    pub(super) number: u32,
}

/// What collector and ClickHouse have used until some moment.
#[derive(Clone, Copy, Debug)]
struct Cost {
    collector: Usage,
    clickhouse: Usage,
    /// Seconds of ClickHouse's that went into merges.
    merges_s: f64,
}

impl Cost {
    fn cpu_s(&self) -> f64 {
        self.collector.cpu_s + self.clickhouse.cpu_s
    }
}

struct Meters {
    collector: Meter,
    clickhouse: Meter,
}

impl Meters {
    fn read(&self) -> anyhow::Result<Cost> {
        Ok(Cost {
            collector: self.collector.read()?,
            clickhouse: self.clickhouse.read()?,
            merges_s: self.clickhouse.threads_s(MERGE_THREADS)?,
        })
    }
}

impl Round<'_> {
    /// Starts everything, stores the recording, stops everything.
    pub(super) async fn run(&self, comparison: &mut Comparison) -> anyhow::Result<Vec<Figure>> {
        let folder = tempfile::tempdir_in(self.args.work.folder()?)?;
        let database = Database::start(folder.path(), self.args.work.by_statement).await?;
        let running = self.contender.start(&database, folder.path()).await?;
        let measured = self.measure(&database, &running, comparison).await;
        let measured = measured.with_context(|| format!("it said:\n{}", running.program.said()));
        running.program.stop().await?;
        database.stop().await;
        measured
    }

    async fn measure(
        &self,
        database: &Database,
        running: &Running,
        comparison: &mut Comparison,
    ) -> anyhow::Result<Vec<Figure>> {
        let collector = self.contender.collector;
        let (name, schema) = (collector.name(), collector.database());
        tokio::time::sleep(IDLE_PAUSE).await;
        let idle = running.program.usage()?;
        let meters = Meters { collector: running.program.meter()?, clickhouse: database.meter()? };

        let started = Instant::now();
        let sent = self.load.send(self.recording, running.receiver).await?;
        database.wait_for(collector.stored(), self.recording.spans(), STORE_LIMIT).await?;
        let stored_s = started.elapsed().as_secs_f64();
        let when_stored = meters.read()?;

        let limit_s = self.args.settle_limit_s;
        let both = [&meters.collector, &meters.clickhouse];
        if !database.settle(schema, both, Duration::from_secs(limit_s)).await? {
            comparison.note(format!(
                "{name} was still at work {limit_s} s after everything was stored; what it cost until then is counted."
            ));
        }
        let settled_s = started.elapsed().as_secs_f64() - stored_s;
        let at_rest = meters.read()?;

        let (rows, spans) = (database.count(&format!("{schema}.otel_traces")).await?, self.recording.spans());
        anyhow::ensure!(rows == spans, "{spans} spans were accepted, {rows} are stored");
        if sent.resends > 0 {
            comparison.note(format!("{name}: {} requests were sent again in round {}.", sent.resends, self.number));
        }
        let disk_bytes = self.disk(database, comparison).await?;
        if self.args.work.by_statement {
            comparison.note(format!("{name}: {}.", database.spent(schema).await?));
        }
        let millions = spans as f64 / MEGA;
        let megabytes = |bytes: u64| bytes as f64 / MEGA;
        Ok(vec![
            Figure::new("collector, CPU-s per million spans", at_rest.collector.cpu_s / millions),
            Figure::new("ClickHouse, CPU-s per million spans", at_rest.clickhouse.cpu_s / millions),
            Figure::new("of that in merges", at_rest.merges_s / millions),
            Figure::new("both, CPU-s per million spans", at_rest.cpu_s() / millions),
            Figure::new("both until all is stored, CPU-s per million spans", when_stored.cpu_s() / millions),
            Figure::new("bytes on disk per span", disk_bytes as f64 / spans as f64),
            Figure::new("collector idle, MB", megabytes(idle.memory_bytes)),
            Figure::new("collector peak, MB", megabytes(at_rest.collector.peak_bytes)),
            Figure::new("ClickHouse peak, MB", megabytes(at_rest.clickhouse.peak_bytes)),
            Figure::new("spans acknowledged per s", spans as f64 / sent.elapsed.as_secs_f64()),
            Figure::new("spans stored per s", spans as f64 / stored_s),
            Figure::new("from stored to at rest, s", settled_s),
        ])
    }

    /// Bytes on disk of all tables; in the first round it is noted which tables and columns they are.
    async fn disk(&self, database: &Database, comparison: &mut Comparison) -> anyhow::Result<u64> {
        let (collector, spans) = (self.contender.collector, self.recording.spans());
        let sizes = database.sizes(collector.database()).await?;
        if self.number == 1 {
            let name = collector.name();
            let per_span = |bytes: u64| bytes as f64 / spans as f64;
            let tables = sizes.iter().filter(|size| size.rows > 0);
            let tables = tables.map(|t| format!("{} {} rows, {:.1} bytes a span", t.table, t.rows, per_span(t.bytes)));
            comparison.note(format!("{name}: tables: {}.", tables.collect::<Vec<_>>().join("; ")));
            let columns = database.columns(collector.database(), spans).await?;
            let columns = columns.iter().map(|size| format!("{} {:.1}", size.column, per_span(size.bytes)));
            let columns = columns.collect::<Vec<_>>().join(", ");
            comparison.note(format!("{name}: columns of a byte a span or more: {columns}."));
        }
        Ok(sizes.iter().map(|size| size.bytes).sum())
    }
}
