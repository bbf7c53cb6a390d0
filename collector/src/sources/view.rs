use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::source::SourceStatus;
use ordertrace_api::sync::SyncReply;

use super::doubt::{Expected, expected, mark, missing};
use super::ledger;
use super::state::states;
use crate::moment::nanoseconds;
use crate::settings::{SourceSettings, SyncSettings};

/// Tells how sources of readings are.
#[derive(Clone, Debug)]
pub struct SourceView {
    client: Client,
    settings: SourceSettings,
    expected: Expected,
}

impl SourceView {
    /// Of one database; what `sync` compares must have sources.
    pub fn new(client: Client, settings: SourceSettings, sync: &[SyncSettings]) -> Self {
        Self { client, settings, expected: expected(sync) }
    }

    /// How all sources are at `now`, the worst first.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn sources(&self, now: Timestamp) -> clickhouse::error::Result<Vec<SourceStatus>> {
        let mut sources = states(&ledger::told(&self.client).await?, &self.settings, nanoseconds(now));
        let missing = missing(&self.expected, &sources);
        let behind = sources.partition_point(|source| missing.first().is_some_and(|first| source.state < first.state));
        sources.splice(behind..behind, missing);
        Ok(sources)
    }

    /// Marks what of a comparison rests on sources that are not up to date at `now`.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn mark(&self, reply: &mut SyncReply, now: Timestamp) -> clickhouse::error::Result<()> {
        if !reply.lags.is_empty() {
            mark(reply, &self.sources(now).await?);
        }
        Ok(())
    }
}
