//! What happens, as it happens: milestones, failed attempts and findings, read in the order in which
//! they were stored.

mod entries;
mod news;

use clickhouse::Client;
use ordertrace_api::tail::TailPage;

use crate::detect::Ledger;
use crate::journey::Journeys;

use entries::{of_case, of_finding};
use news::{now_ms, read};

/// Rows are seen by all once they are so old: an insert takes its time from when it is stamped.
const SETTLED_MS: i64 = 1_500;

/// Journeys put together at once.
const AT_ONCE: usize = 100;

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

    /// What was stored after the cursor `after`; without one, nothing, and the cursor of now.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn page(&self, after: Option<i64>) -> clickhouse::error::Result<TailPage> {
        let now = now_ms(&self.client).await?.saturating_sub(SETTLED_MS);
        let Some(after) = after.map(|after| after.clamp(0, now)) else {
            return Ok(TailPage { entries: Vec::new(), cursor: now, more: false });
        };
        let news = read(&self.client, after, now).await?;
        let cursor = news.until_ms.unwrap_or(now);
        let keys: Vec<_> = news.since.keys().cloned().collect();
        let mut entries = Vec::new();
        for keys in keys.chunks(AT_ONCE) {
            for case in self.journeys.cases(keys).await? {
                let of_keys = case.journey.keys.iter().filter_map(|key| news.since.get(&key.key));
                if let Some(since_ns) = of_keys.min() {
                    entries.extend(of_case(&case, *since_ns));
                }
            }
        }
        entries.extend(self.findings.changed(after, cursor).await?.iter().map(of_finding));
        entries.sort_unstable();
        entries.dedup();
        Ok(TailPage { entries, cursor, more: news.until_ms.is_some() })
    }
}
