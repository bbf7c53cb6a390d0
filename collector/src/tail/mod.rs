//! What happens, as it happens: milestones, failed attempts and findings, read in the order in which
//! they were stored.

mod cursor;
mod entries;
mod news;

use clickhouse::Client;
use ordertrace_api::tail::TailPage;

use crate::detect::Ledger;
use crate::journey::{Journeys, Left};
use crate::storage::settled_ms;

pub use cursor::{Cursor, CursorError};
use entries::{of_case, of_finding};
use news::read;

/// A finding is seen at most so long after the round of detection began that wrote it.
const FOUND_LATE_MS: i64 = 60_000;

/// Tells what happens.
#[derive(Clone)]
pub struct Tail {
    client: Client,
    journeys: Journeys,
    findings: Ledger,
}

impl Tail {
    /// Of one database.
    pub fn new(client: Client, journeys: Journeys) -> Self {
        Self { findings: Ledger::new(client.clone()), client, journeys }
    }

    /// What was stored from the cursor `after` on; without one, nothing, and the cursor of now.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn page(&self, after: Option<Cursor>) -> clickhouse::error::Result<TailPage> {
        let now_ms = settled_ms(&self.client).await?;
        let Some(after) = after else {
            return Ok(TailPage { entries: Vec::new(), cursor: Cursor::at(now_ms).to_string(), more: false });
        };
        let news = read(&self.client, after, now_ms).await?;
        let mut left: Left = news.since.keys().cloned().collect();
        let mut entries = Vec::new();
        while !left.is_empty() {
            for case in self.journeys.next_cases(&mut left).await? {
                let of_keys = case.journey.keys.iter().filter_map(|key| news.since.get(&key.key));
                if let Some(since_ns) = of_keys.min() {
                    entries.extend(of_case(&case, *since_ns));
                }
            }
        }
        // Told again and again for a while: they are known by their ids.
        let found_ms = after.ms().saturating_sub(FOUND_LATE_MS).max(0);
        entries.extend(self.findings.changed(found_ms, now_ms).await?.iter().map(of_finding));
        entries.sort_unstable();
        entries.dedup();
        Ok(TailPage { entries, cursor: news.next.to_string(), more: news.more })
    }
}
