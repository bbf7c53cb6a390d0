use jiff::{SignedDuration, Timestamp};
use ordertrace_api::history::{CopyHistory, History, HistoryQuery};
use ordertrace_api::lines::{SkuOrder, SkuOrdersQuery};
use ordertrace_api::sync::DriftNow;

use super::{Cursor, Lookback, Poll, TouchingOrders};
use crate::cli::Range;
use crate::sync_table::{copy_text, is_sku};

/// More often than what is on the screen is said to be old.
const EVERY: SignedDuration = SignedDuration::from_secs(4);

/// Changes of each copy: more than there are columns on any screen.
const LIMIT: u32 = 400;

/// Orders: more than anybody reads; the newest come first.
const ORDERS: u32 = 200;

/// Ranges that end now, in minutes.
const LENGTHS: &[(i64, &str)] =
    &[(1_440, "last day"), (10_080, "last week"), (43_200, "last 30 days"), (60, "last hour")];

/// What each system says of one SKU, order or feed, and said before.
#[derive(Clone, Debug)]
pub struct SkuScreen {
    /// Whose copies these are.
    pub subject: String,
    /// What each system said.
    pub history: Option<History>,
    /// What differs now.
    pub drifts: Vec<DriftNow>,
    /// When they came.
    pub received_at: Option<Timestamp>,
    /// The chosen row.
    pub cursor: Cursor,
    /// Which time is shown.
    pub lookback: Lookback,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// When to ask again.
    pub poll: Poll,
    /// The orders that touched it.
    pub orders: TouchingOrders,
    /// Whether keys go to the orders.
    turned: bool,
    chosen: Option<String>,
}

impl SkuScreen {
    /// Nothing known yet. `fixed` is the range to show, if it has ends.
    pub fn new(subject: &str, fixed: Range, now: Timestamp) -> Self {
        Self {
            subject: subject.to_owned(),
            history: None,
            drifts: Vec::new(),
            received_at: None,
            cursor: Cursor::default(),
            lookback: Lookback::new(fixed, LENGTHS),
            trouble: None,
            poll: Poll::new(EVERY, now),
            orders: TouchingOrders::new(now),
            turned: false,
            chosen: None,
        }
    }

    /// What to ask the collector for.
    pub fn query(&self, now: Timestamp) -> HistoryQuery {
        let (since, until) = self.lookback.ends(now);
        HistoryQuery { subject: self.subject.clone(), since, until, limit: Some(LIMIT), entity: None }
    }

    /// What to ask the collector for beside it, unless it is known to be nothing that orders hold.
    pub fn orders_query(&self, now: Timestamp) -> Option<SkuOrdersQuery> {
        let (since, until) = self.lookback.ends(now);
        let query = SkuOrdersQuery { sku: self.subject.clone(), since, until, limit: Some(ORDERS) };
        self.history.as_ref().is_none_or(is_sku).then_some(query)
    }

    /// Of how many orders is to be told, once it is known to be something that orders hold.
    pub fn orders_told(&self) -> Option<usize> {
        self.history.as_ref().filter(|history| is_sku(history)).map(|_| self.orders.shown.len())
    }

    /// Whether keys go to the orders: never where there are none, and always where there is nothing else.
    pub fn in_orders(&self) -> bool {
        self.has_orders() && (self.turned || self.copies().is_empty())
    }

    /// From the copies to the orders, and back; `false` where there are none.
    pub fn turn(&mut self) -> bool {
        self.turned = self.has_orders() && !self.turned;
        self.has_orders()
    }

    fn has_orders(&self) -> bool {
        self.orders_told().is_some_and(|orders| orders > 0)
    }

    /// Takes in an answer; the chosen copy stays chosen.
    pub fn receive(&mut self, history: History, drifts: Vec<DriftNow>, now: Timestamp) {
        self.trouble = None;
        self.received_at = Some(now);
        self.drifts = drifts;
        let chosen = self.chosen.as_ref();
        self.cursor.follow(&history.copies, |copy| Some(&copy_text(copy)) == chosen);
        self.history = Some(history);
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        if self.in_orders() {
            self.orders.step(rows);
            return;
        }
        self.cursor.step(rows, self.copies().len());
        self.chosen = self.selected().map(copy_text);
    }

    /// Each system's copies.
    pub fn copies(&self) -> &[CopyHistory] {
        self.history.as_ref().map_or(&[], |history| &history.copies)
    }

    /// The chosen copy.
    pub fn selected(&self) -> Option<&CopyHistory> {
        self.copies().get(self.cursor.at)
    }

    /// The chosen order, while keys go to the orders.
    pub fn selected_order(&self) -> Option<&SkuOrder> {
        self.orders.selected().filter(|_| self.in_orders())
    }

    /// Another length of range; `false` where it was given.
    pub fn stretch(&mut self) -> bool {
        let stretched = self.lookback.stretch();
        if stretched {
            self.hurry();
        }
        stretched
    }

    /// Asks for all of it as soon as nothing is under way.
    pub fn hurry(&mut self) {
        self.poll.hurry();
        self.orders.poll.hurry();
    }
}
