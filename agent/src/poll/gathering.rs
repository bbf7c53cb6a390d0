//! From rows to records in the spool.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use ordertrace_otlp::Signal;
use prost::Message;

use super::plan::Plan;
use super::record::{Origin, export_request, reading_record};
use super::report::Yield;
use crate::capture::SERVICE_NAME;
use crate::clock::now_ns;
use crate::spool::{AppendError, Spool};

/// Readings of one request.
const READINGS: usize = 500;

/// Makes readings of rows, a request's worth at a time.
#[derive(Clone, Debug)]
pub(super) struct Gathering {
    plan: Arc<Plan>,
    origin: Arc<Origin>,
    chunk: Chunk,
}

/// Readings for one request, and the account of the rows they were made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    records: Vec<LogRecord>,
    refused: u64,
    first_refusal: Option<String>,
}

impl Gathering {
    /// Nothing yet.
    pub(super) fn new(plan: Arc<Plan>, origin: Arc<Origin>) -> Self {
        Self { plan, origin, chunk: Chunk::default() }
    }

    /// The columns that a row has.
    pub(super) fn columns(&self) -> &[String] {
        &self.plan.columns
    }

    /// Makes readings of a row that was read at `read_at_ns`. The place is told of what is none.
    pub(super) fn row(&mut self, row: &[Option<Cow<'_, str>>], read_at_ns: u64, place: impl Fn() -> String) {
        let Self { plan, origin, chunk } = self;
        for reading in plan.read(row) {
            match reading {
                Ok(reading) => chunk.records.push(reading_record(&reading, origin, read_at_ns)),
                Err(refusal) => chunk.refuse(|| format!("{}: {refusal}", place())),
            }
        }
    }

    /// Counts a row that could not be read at all.
    pub(super) fn refuse(&mut self, told: impl FnOnce() -> String) {
        self.chunk.refuse(told);
    }

    /// Whether it is time to [`take`](Self::take).
    pub(super) fn is_full(&self) -> bool {
        self.chunk.records.len() >= READINGS
    }

    /// What was made since the last time.
    pub(super) fn take(&mut self) -> Chunk {
        std::mem::take(&mut self.chunk)
    }
}

impl Chunk {
    fn refuse(&mut self, told: impl FnOnce() -> String) {
        self.refused += 1;
        self.first_refusal.get_or_insert_with(told);
    }
}

/// The way into the spool, and the account of what went there.
#[derive(Debug)]
pub(super) struct Outlet {
    spool: Spool,
    instance_id: String,
    gathered: Yield,
}

impl Outlet {
    /// Into `spool`; `instance_id` names this agent in what goes there.
    pub(super) fn new(spool: Spool, instance_id: String) -> Self {
        Self { spool, instance_id, gathered: Yield::default() }
    }

    /// Stores readings; they are on disk when this returns.
    ///
    /// # Errors
    /// [`AppendError`] when the spool does not take them; they do not count then.
    pub(super) async fn store(&mut self, chunk: Chunk) -> Result<(), AppendError> {
        let Chunk { records, refused, first_refusal } = chunk;
        self.gathered.refused += refused;
        if self.gathered.first_refusal.is_none() {
            self.gathered.first_refusal = first_refusal;
        }
        let count = records.len();
        if count > 0 {
            self.append(records).await?;
        }
        self.gathered.readings += count as u64;
        Ok(())
    }

    /// Stores records as one request.
    ///
    /// # Errors
    /// [`AppendError`] when the spool does not take them.
    pub(super) async fn append(&self, records: Vec<LogRecord>) -> Result<(), AppendError> {
        let items = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let payload = export_request("ordertrace-poll", records, &self.instance_id).encode_to_vec();
        self.spool.append(Signal::Logs, SERVICE_NAME, items, now_ns(), payload.into()).await
    }

    /// The account since the last time.
    pub(super) fn take_yield(&mut self) -> Yield {
        std::mem::take(&mut self.gathered)
    }
}
