use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use clickhouse::Client;
use ordertrace_api::keys::{Key, Strength};
use tokio_util::sync::CancellationToken;
use tracing::{info_span, instrument};

use super::cost::{Cost, Place, costs, minutes};
use super::loss::Loss;
use super::table::{Table, Window};
use crate::background;
use crate::flow::Flows;
use crate::journey::{Case, Journeys, Left};
use crate::storage::now_ms;

/// Keys with news read at once.
const MOST_KEYS: usize = 10_000;

/// Length of a window.
const WINDOW_MS: i64 = 60_000;

/// A journey is at rest when nothing of it arrived for so long; what has no key comes without news of
/// its own, and rows may become visible somewhat late, but no later.
const REST_MS: i64 = 60_000;

/// In every tenth window journeys are put together though they are not at rest.
const RESTLESS_EVERY: i64 = 10;

/// Time between looks for a window that is over.
const EVERY: Duration = Duration::from_secs(5);

/// Puts journeys together that came to rest, and writes what they spent on their handoffs.
pub struct Pass {
    client: Client,
    journeys: Journeys,
    flows: Arc<Flows>,
    loss: Loss,
    table: Table,
}

impl Pass {
    /// A pass over one database.
    pub fn new(client: Client, journeys: Journeys, flows: Arc<Flows>, loss: Loss) -> Self {
        Self { journeys, flows, loss, table: Table::new(client.clone()), client }
    }

    /// The windows that are over now.
    ///
    /// # Errors
    /// When ClickHouse does not answer; nothing is lost then.
    pub async fn round(&self) -> clickhouse::error::Result<()> {
        let until_ms = now_ms(&self.client).await?.saturating_sub(REST_MS);
        self.catch_up(until_ms).await?;
        // That nothing happened is known too.
        if self.table.until_ms().await? < start_ms(until_ms) {
            self.table.advance(start_ms(until_ms)).await?;
        }
        Ok(())
    }

    /// All windows with news that end before `until_ms` (milliseconds since the Unix epoch, by
    /// ClickHouse's clock) and were not done by anybody.
    ///
    /// # Errors
    /// When ClickHouse does not answer; nothing is lost then.
    pub async fn catch_up(&self, until_ms: i64) -> clickhouse::error::Result<()> {
        loop {
            // Another collector may have got further.
            let done_ms = self.table.until_ms().await?;
            let Some(news_ms) = self.table.next_news_ms(done_ms).await? else { return Ok(()) };
            let from_ms = start_ms(news_ms);
            let window = Window { from_ms, to_ms: from_ms.saturating_add(WINDOW_MS) };
            if window.to_ms > until_ms {
                return Ok(());
            }
            self.window(window).await?;
            self.table.advance(window.to_ms).await?;
        }
    }

    async fn window(&self, window: Window) -> clickhouse::error::Result<()> {
        let restless = window.from_ms / WINDOW_MS % RESTLESS_EVERY == 0;
        let mut after: Option<Key> = None;
        let mut touched = BTreeSet::new();
        loop {
            let keys = self.table.news(window, (REST_MS, restless), after.as_ref(), MOST_KEYS).await?;
            let all = keys.len() < MOST_KEYS;
            after = keys.last().cloned();
            let mut left: Left = keys.into_iter().collect();
            while !left.is_empty() {
                touched.extend(self.look(&mut left).await?);
            }
            if all {
                break;
            }
        }
        self.table.seal(&touched).await
    }

    /// Writes what changed of the next journeys; the minutes in which they have, or had, handoffs.
    #[instrument(name = "order costs", skip_all)]
    async fn look(&self, left: &mut Left) -> clickhouse::error::Result<BTreeSet<u32>> {
        let cases = self.journeys.next_cases(left).await?;
        let minutes: BTreeSet<u32> = cases.iter().flat_map(|case| minutes(&case.journey)).collect();
        if minutes.is_empty() {
            return Ok(minutes);
        }
        // A journey may have been known by another of its keys.
        let names: BTreeSet<String> = cases.iter().flat_map(names).collect();
        let known = self.table.known(&minutes, &names).await?;
        let mut now = BTreeMap::new();
        cases.iter().for_each(|case| now.extend(costs(case, &self.flows, &self.loss)));
        self.table.write(changes(&known, &now)).await?;
        Ok(minutes)
    }
}

/// When the window begins in which a time lies.
fn start_ms(at_ms: i64) -> i64 {
    at_ms.div_euclid(WINDOW_MS).saturating_mul(WINDOW_MS)
}

/// What is to be written where this is `known` and it is `now`; `None` = it is not so any more.
fn changes(known: &BTreeMap<Place, Cost>, now: &BTreeMap<Place, Cost>) -> Vec<(Place, Option<Cost>)> {
    let gone = known.keys().filter(|place| !now.contains_key(place)).map(|place| (place.clone(), None));
    let changed = now.iter().filter(|(place, cost)| known.get(place) != Some(cost));
    gone.chain(changed.map(|(place, cost)| (place.clone(), Some(cost.clone())))).collect()
}

fn names(case: &Case) -> Vec<String> {
    let strong = case.journey.keys.iter().filter(|key| key.strength == Strength::Strong);
    strong.map(|key| key.key.to_string()).collect()
}

/// Adds up what orders spent until `stop`.
pub async fn run(pass: Pass, stop: CancellationToken) {
    let adding_up = async {
        let mut rounds = background::every(EVERY);
        loop {
            rounds.tick().await;
            if let Err(error) = pass.round().await {
                tracing::warn!(error = %error, "what orders spent could not be added up; it will be from where it was");
            }
        }
    };
    background::until(stop, info_span!("order costs"), adding_up).await;
}
