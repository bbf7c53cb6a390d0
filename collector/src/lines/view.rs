use std::collections::BTreeSet;
use std::sync::Arc;

use clickhouse::Client;
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::finding::Money;
use ordertrace_api::lines::{LineSeen, SkuOrder, SkuOrders};
use ordertrace_api::sync::Endangered;

use super::hit::endangered;
use super::read::{Lines, Most};
use super::{Holder, read::Mentioned};
use crate::flow::Flows;
use crate::moment::{Range, nanoseconds, timestamp};

/// An order of whose goods nothing was said for so long is not looked for: what is open for longer is stuck.
const OPEN_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Open orders that are looked for.
const MOST_OPEN: Most = Most { each: 500, all: 5_000 };

/// Tells which orders hold a SKU.
#[derive(Clone)]
pub struct LinesView {
    lines: Lines,
    flows: Arc<Flows>,
}

impl LinesView {
    /// Of one database, where orders go as `flows` say.
    pub fn new(client: Client, flows: Arc<Flows>) -> Self {
        Self { lines: Lines::new(client), flows }
    }

    /// Who is hit at `now` by each of these: something is wrong with SKUs at locations; everywhere, where that is
    /// empty.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn hits(
        &self,
        all: &[Vec<(String, String)>],
        now: Timestamp,
    ) -> clickhouse::error::Result<Vec<Endangered>> {
        let skus: BTreeSet<&str> = all.iter().flatten().map(|(sku, _)| sku.as_str()).collect();
        let skus: Vec<&str> = skus.into_iter().collect();
        let held = self.lines.held(&skus, open_since(now), MOST_OPEN).await?;
        let hit = |items: &Vec<(String, String)>| {
            let items = items.iter().map(|(sku, location)| (sku.as_str(), location.as_str()));
            endangered(&held, items, &self.flows)
        };
        Ok(all.iter().map(hit).collect())
    }

    /// The orders of which something was said together with a SKU within `range`, the newest first.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn orders(&self, sku: &str, range: Range, limit: usize) -> clickhouse::error::Result<SkuOrders> {
        let within = (nanoseconds(range.since()), nanoseconds(range.until()));
        let held = self.lines.held(&[sku], within, Most { each: limit, all: limit }).await?;
        let ends = self.flows.ends();
        let orders = held.of(sku).iter().map(|order| self.order(order, &ends)).collect();
        Ok(SkuOrders { orders, more: held.is_cut(sku) })
    }

    fn order(&self, order: &Holder, ends: &[String]) -> SkuOrder {
        let seen = |mentioned: &Mentioned| {
            let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
            LineSeen {
                at: timestamp(mentioned.at),
                system: mentioned.seen_in.clone(),
                milestone: said(&mentioned.milestone),
                location: said(&mentioned.location),
                units: said(&mentioned.units),
            }
        };
        let worth = order.worth(&self.flows);
        SkuOrder {
            order: order.id().clone(),
            open: order.is_open(ends),
            units: order.units("").map(|units| units.to_string()),
            money: worth.map(|(amount, currency)| Money { amount: amount.to_string(), currency }),
            seen: order.mentioned.iter().map(seen).collect(),
        }
    }
}

/// Since when something must have been said of orders that are open at `now`, and until when.
pub(crate) fn open_since(now: Timestamp) -> (i64, i64) {
    (nanoseconds(now.checked_sub(OPEN_FOR).unwrap_or(Timestamp::MIN)), i64::MAX)
}
