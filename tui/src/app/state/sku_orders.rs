use jiff::{SignedDuration, Timestamp};
use ordertrace_api::keys::Key;
use ordertrace_api::lines::{SkuOrder, SkuOrders};

use super::{Cursor, Poll};

/// As often as the history that they stand below.
const EVERY: SignedDuration = SignedDuration::from_secs(4);

/// The orders that touched a SKU.
#[derive(Clone, Debug)]
pub struct TouchingOrders {
    /// The one of whose goods something was said last first.
    pub shown: Vec<SkuOrder>,
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
    chosen: Option<Key>,
}

impl TouchingOrders {
    /// Nothing known yet.
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            shown: Vec::new(),
            received_at: None,
            more: false,
            cursor: Cursor::default(),
            trouble: None,
            poll: Poll::new(EVERY, now),
            chosen: None,
        }
    }

    /// Takes in an answer; the chosen order stays chosen.
    pub fn receive(&mut self, reply: SkuOrders, now: Timestamp) {
        self.trouble = None;
        self.received_at = Some(now);
        self.more = reply.more;
        self.shown = reply.orders;
        let chosen = self.chosen.as_ref();
        self.cursor.follow(&self.shown, |order| Some(&order.order) == chosen);
    }

    /// Moves the choice by `rows`.
    pub(super) fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.shown.len());
        self.chosen = self.selected().map(|order| order.order.clone());
    }

    /// The chosen order.
    pub(super) fn selected(&self) -> Option<&SkuOrder> {
        self.shown.get(self.cursor.at)
    }
}
