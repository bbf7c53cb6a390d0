use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::keys::{Key, KeyPattern};
use ordertrace_api::order::{OrderSummary, OrdersPage};
use tokio::sync::Mutex;

use super::lines::Lines;
use super::recent::{Activity, recent};
use super::summary::summarise;
use crate::journey::{Journeys, is_listed};

/// Keys with news looked at first for each line wanted; a journey often has several.
const KEYS_A_LINE: usize = 3;

/// Keys with news that are looked at for one page.
const MOST_KEYS: usize = 20_000;

/// Journeys put together at once: enough to share their look-ups, few enough to stay
/// within the limits of a closure.
const AT_ONCE: usize = 100;

type Result<T> = clickhouse::error::Result<T>;

/// Reads the orders list.
#[derive(Clone)]
pub struct Orders {
    client: Client,
    journeys: Journeys,
    /// Held while a page is made, so that several viewers do not make the same lines.
    lines: Arc<Mutex<Lines>>,
}

impl Orders {
    /// The list of one database.
    pub fn new(client: Client, journeys: Journeys) -> Self {
        Self { client, journeys, lines: Arc::default() }
    }

    /// Journeys active since `since` that started before `until`, newest activity first.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn list(&self, since: Option<Timestamp>, until: Option<Timestamp>, limit: u32) -> Result<OrdersPage> {
        let mut lines = self.lines.lock().await;
        let mut keys = (limit as usize).saturating_mul(KEYS_A_LINE).min(MOST_KEYS);
        loop {
            let recent = recent(&self.client, since, until, keys).await?;
            let all = recent.len() < keys;
            let mut orders = self.summaries(&recent, &mut lines).await?;
            orders.retain(|order| {
                since.is_none_or(|since| order.last_at >= since) && until.is_none_or(|until| order.started_at < until)
            });
            if all || orders.len() > limit as usize || keys >= MOST_KEYS {
                return Ok(page(orders, limit, !all));
            }
            keys = (keys * 2).min(MOST_KEYS);
        }
    }

    /// Journeys with a key that starts as the pattern does, newest activity first.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn search(&self, pattern: &KeyPattern, limit: u32) -> Result<OrdersPage> {
        let found = self.journeys.search(pattern, limit + 1).await?;
        Ok(page(found.iter().filter(|journey| is_listed(journey)).map(summarise).collect(), limit, false))
    }

    /// The lines of the journeys that the news are of, each once.
    async fn summaries(&self, recent: &[Activity], lines: &mut Lines) -> Result<Vec<OrderSummary>> {
        let now = Instant::now();
        let news: HashMap<&Key, &Activity> = recent.iter().map(|activity| (&activity.key, activity)).collect();
        let mut stale: Vec<&Activity> = recent.iter().filter(|news| lines.get(news, now).is_none()).collect();
        while !stale.is_empty() {
            let keys: Vec<Key> = stale.iter().take(AT_ONCE).map(|activity| activity.key.clone()).collect();
            for activity in stale.drain(..keys.len()) {
                // Unless a journey turns up below: its spans may have been deleted meanwhile.
                lines.put(activity, None, now);
            }
            for journey in self.journeys.of(&keys).await? {
                let summary = is_listed(&journey).then(|| summarise(&journey));
                for activity in journey.keys.iter().filter_map(|key| news.get(&key.key)) {
                    lines.put(activity, summary.clone(), now);
                }
            }
            stale.retain(|news| lines.get(news, now).is_none());
        }
        let mut orders = BTreeMap::new();
        for summary in recent.iter().filter_map(|activity| lines.get(activity, now).flatten()) {
            orders.insert(summary.id.clone(), summary);
        }
        Ok(orders.into_values().collect())
    }
}

fn page(mut orders: Vec<OrderSummary>, limit: u32, more: bool) -> OrdersPage {
    orders.sort_by_key(|order| std::cmp::Reverse(order.last_at));
    let more = more || orders.len() > limit as usize;
    orders.truncate(limit as usize);
    OrdersPage { orders, more }
}
