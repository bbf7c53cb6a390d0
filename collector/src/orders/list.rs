use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::keys::KeyPattern;
use ordertrace_api::order::{OrderSummary, OrdersPage};

use super::row::{OrderRow, nanoseconds};
use super::summary::summarise;
use crate::journey::{Journeys, is_listed};

/// Reads the orders list.
#[derive(Clone)]
pub struct Orders {
    client: Client,
    journeys: Journeys,
}

impl Orders {
    /// The list of one database.
    pub fn new(client: Client, journeys: Journeys) -> Self {
        Self { client, journeys }
    }

    /// Journeys active since `since` that started before `until`, newest activity first.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn list(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        limit: u32,
    ) -> clickhouse::error::Result<OrdersPage> {
        let rows = self
            .client
            .query(
                "SELECT ?fields FROM orders FINAL
                 WHERE last_at >= fromUnixTimestamp64Nano(?, 'UTC') AND started_at < fromUnixTimestamp64Nano(?, 'UTC')
                 ORDER BY last_at DESC, id_value LIMIT ?",
            )
            .bind(since.map_or(0, nanoseconds))
            .bind(until.map_or(i64::MAX, nanoseconds))
            .bind(limit + 1)
            .fetch_all::<OrderRow>()
            .await?;
        Ok(page(rows.into_iter().map(OrderSummary::from).collect(), limit))
    }

    /// Journeys with a key that starts as the pattern does, newest activity first.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn search(&self, pattern: &KeyPattern, limit: u32) -> clickhouse::error::Result<OrdersPage> {
        let found = self.journeys.search(pattern, limit + 1).await?;
        let mut orders: Vec<OrderSummary> = found.iter().filter(|journey| is_listed(journey)).map(summarise).collect();
        orders.sort_by_key(|order| std::cmp::Reverse(order.last_at));
        Ok(page(orders, limit))
    }
}

fn page(mut orders: Vec<OrderSummary>, limit: u32) -> OrdersPage {
    let more = orders.len() > limit as usize;
    orders.truncate(limit as usize);
    OrdersPage { orders, more }
}
