//! Where truth is written down while it happens.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ordertrace_api::keys::Key;

use crate::truth::{Flow, HandoffTruth, OrderTruth, Truth};

#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    orders: BTreeMap<u64, OrderTruth>,
    elsewhere: u64,
}

impl Recorder {
    /// Opens an order's page.
    pub(crate) fn order(&self, index: u64, flow: Flow) {
        self.book().orders.insert(index, OrderTruth::new(index, flow));
    }

    /// Writes a handoff down, for an order whose page is open or for none.
    pub(crate) fn handoff(&self, owner: Option<u64>, handoff: HandoffTruth) {
        let mut book = self.book();
        match owner.and_then(|index| book.orders.get_mut(&index)) {
            Some(order) => order.add(handoff),
            None => book.elsewhere += 1,
        }
    }

    /// Writes a strong key down.
    pub(crate) fn key(&self, owner: u64, key: Key) {
        if let Some(order) = self.book().orders.get_mut(&owner) {
            order.keys.insert(key);
        }
    }

    /// Tears an order's page out, so that a run without end stays bounded.
    pub(crate) fn forget(&self, index: u64) {
        self.book().orders.remove(&index);
    }

    /// All that was written since the last time, with every list in order of time.
    pub(crate) fn take(&self, seed: u64) -> Truth {
        let book = std::mem::take(&mut *self.book());
        let mut orders: Vec<OrderTruth> = book.orders.into_values().collect();
        for order in &mut orders {
            order.handoffs.sort_by_key(HandoffTruth::started_at);
        }
        Truth { seed, orders, elsewhere: book.elsewhere }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
