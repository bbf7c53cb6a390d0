use jiff::{SignedDuration, Timestamp};
use ordertrace_api::hotspot::{HotspotOrdersQuery, MinuteRange};
use ordertrace_api::order::{OrderSummary, OrdersPage};

use super::{Cursor, Poll};
use crate::hotspot_table::Spot;

/// Orders are put together one by one when they are asked for.
const EVERY: SignedDuration = SignedDuration::from_secs(30);

/// Enough to see what they have in common; the worst come first.
const LIMIT: u32 = 50;

/// The orders that had a handoff.
#[derive(Clone, Debug)]
pub struct TouchedScreen {
    /// The handoff, or the system.
    pub name: String,
    /// What is asked for.
    pub query: HotspotOrdersQuery,
    /// Those with most money at risk first, then those that it took longest.
    pub orders: Vec<OrderSummary>,
    /// When they came.
    pub received_at: Option<Timestamp>,
    /// Whether the collector has more.
    pub more: bool,
    /// The chosen row.
    pub cursor: Cursor,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// When to ask again.
    pub poll: Poll,
    chosen: Option<String>,
}

impl TouchedScreen {
    /// Nothing known yet of the orders that had this handoff, or any with this system, in `range`.
    pub(super) fn of(spot: &Spot, range: Option<MinuteRange>, now: Timestamp) -> Self {
        let query = HotspotOrdersQuery {
            // Orders may know who sent, though reports do not: all senders', then.
            from: spot.from.clone(),
            to: spot.to.clone(),
            operation: Some(spot.operation.clone()).filter(|operation| !operation.is_empty()),
            since: range.map(|range| range.since),
            until: range.map(|range| range.until),
            limit: Some(LIMIT),
        };
        Self {
            name: spot.name(),
            query,
            orders: Vec::new(),
            received_at: None,
            more: false,
            cursor: Cursor::default(),
            trouble: None,
            poll: Poll::new(EVERY, now),
            chosen: None,
        }
    }

    /// Takes in an answer; the chosen order stays chosen.
    pub fn receive(&mut self, page: OrdersPage, now: Timestamp) {
        self.trouble = None;
        self.received_at = Some(now);
        self.more = page.more;
        self.orders = page.orders;
        let chosen = self.chosen.as_ref();
        self.cursor.follow(&self.orders, |order| Some(&order.id.to_string()) == chosen);
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.orders.len());
        self.chosen = self.selected().map(|order| order.id.to_string());
    }

    /// The chosen order.
    pub fn selected(&self) -> Option<&OrderSummary> {
        self.orders.get(self.cursor.at)
    }
}
