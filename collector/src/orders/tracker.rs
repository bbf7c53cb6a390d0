//! Puts journeys together again as they grow, and writes their lines.

use std::collections::BTreeSet;
use std::time::Duration;

use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::journey::Journey;
use ordertrace_api::keys::{Key, Strength};
use tokio_util::sync::CancellationToken;

use super::row::{OrderRow, nanoseconds};
use super::summary::summarise;
use super::touched::{News, Touched};
use crate::journey::{Journeys, is_listed};
use crate::storage::{key_of, key_tuple};

/// News are collected this long, so that the many requests of one moment are one look.
const GATHER: Duration = Duration::from_millis(250);

/// Traces followed up at once.
const BATCH: usize = 256;

/// Wait after a failure.
const BACKOFF: Duration = Duration::from_secs(1);

/// Keys stored this long before the last line was written are looked at again after a
/// restart: the process may have ended between storing and following up.
const OVERLAP_S: u32 = 60;

type Result<T> = clickhouse::error::Result<T>;

/// Keeps the orders list up to date until `stop`.
pub async fn track(client: Client, journeys: Journeys, touched: Touched, stop: CancellationToken) {
    touched.add(News { overflowed: true, ..News::default() });
    while stop.run_until_cancelled(touched.arrived()).await.is_some() {
        if stop.run_until_cancelled(tokio::time::sleep(GATHER)).await.is_none() {
            return;
        }
        let mut more = true;
        while more && !stop.is_cancelled() {
            let (news, remaining) = touched.take(BATCH);
            more = remaining;
            if let Err(error) = follow_up(&client, &journeys, &touched, &news).await {
                tracing::warn!(%error, "the orders list could not be brought up to date; trying again");
                touched.add(news);
                if stop.run_until_cancelled(tokio::time::sleep(BACKOFF)).await.is_none() {
                    return;
                }
            }
        }
    }
}

async fn follow_up(client: &Client, journeys: &Journeys, touched: &Touched, news: &News) -> Result<()> {
    if news.overflowed {
        let keys = missed(client).await?;
        if !keys.is_empty() {
            touched.add(News { keys: keys.into_iter().collect(), ..News::default() });
        }
    }
    let traces: Vec<[u8; 16]> = news.traces.iter().copied().collect();
    let mut seeds: BTreeSet<Key> = journeys.strong_keys_in(&traces).await?.into_iter().collect();
    seeds.extend(news.keys.iter().cloned());
    let seeds: Vec<Key> = seeds.into_iter().collect();
    let mut grown = journeys.of(&seeds).await?;
    if grown.len() > 1 && grown.iter().any(|journey| !journey.limits.is_empty()) {
        // Together they are too large; one at a time shows which of them really is.
        let ids: Vec<Key> = grown.into_iter().map(|journey| journey.id).collect();
        grown = Vec::with_capacity(ids.len());
        for id in ids {
            grown.extend(journeys.of(&[id]).await?);
        }
    }
    grown.retain(is_listed);
    write(client, &grown).await
}

async fn write(client: &Client, journeys: &[Journey]) -> Result<()> {
    if journeys.is_empty() {
        return Ok(());
    }
    let now_ns = nanoseconds(Timestamp::now());
    let mut insert = client.insert::<OrderRow>("orders").await?;
    for journey in journeys {
        insert.write(&OrderRow::new(summarise(journey), now_ns)).await?;
    }
    let absorbed: Vec<&Key> = journeys
        .iter()
        .flat_map(|journey| journey.keys.iter().map(|key| (key, &journey.id)))
        .filter(|(key, id)| key.strength == Strength::Strong && key.key != **id)
        .map(|(key, _)| &key.key)
        .collect();
    for id in listed(client, &absorbed).await? {
        insert.write(&OrderRow::deleted(id, now_ns)).await?;
    }
    insert.end().await
}

/// Those of `keys` that have a line of their own.
async fn listed(client: &Client, keys: &[&Key]) -> Result<Vec<Key>> {
    let mut listed = Vec::new();
    for chunk in keys.chunks(500) {
        let tuples: Vec<_> = chunk.iter().map(|key| key_tuple(key)).collect();
        let rows = client
            .query("SELECT id_kind, id_value, id_system FROM orders FINAL WHERE (id_kind, id_value, id_system) IN ?")
            .bind(tuples)
            .fetch_all::<(String, String, String)>()
            .await?;
        listed.extend(rows.into_iter().map(|(kind, value, system)| key_of(kind, value, system)));
    }
    Ok(listed)
}

/// Strong keys stored about when the last line was written, or since.
async fn missed(client: &Client) -> Result<Vec<Key>> {
    let rows = client
        .query(
            "SELECT DISTINCT kind, value, system FROM keys
             WHERE strength = 'strong' AND stored_at >=
                (SELECT toDateTime(greatest(0, intDiv(toUnixTimestamp64Nano(max(updated_at)), 1000000000) - ?), 'UTC') FROM orders)
             ORDER BY kind, value, system LIMIT 50000",
        )
        .bind(OVERLAP_S)
        .fetch_all::<(String, String, String)>()
        .await?;
    Ok(rows.into_iter().map(|(kind, value, system)| key_of(kind, value, system)).collect())
}
