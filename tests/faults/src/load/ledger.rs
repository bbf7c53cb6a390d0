//! What the senders know: which requests they made, and of which they were told that they are stored.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::request::{Request, RequestId, Signal};

/// One request, as its sender sees it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) signal: Signal,
    /// The sender's number.
    pub(crate) sender: usize,
    /// Items that are stored when it is acknowledged.
    pub(crate) items: u64,
    /// Items that are refused when it is acknowledged.
    pub(crate) refused: u64,
    /// How often it was sent.
    pub(crate) sent: u32,
    /// How often it was acknowledged.
    pub(crate) acknowledged: u32,
    /// Of these, how often by an agent.
    pub(crate) by_agents: u32,
}

/// All requests ever made.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<BTreeMap<RequestId, Entry>>);

/// Sums over requests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) requests: u64,
    pub(crate) items: u64,
    pub(crate) acknowledged_requests: u64,
    pub(crate) acknowledged_items: u64,
    /// Times that a request was sent again.
    pub(crate) sent_again: u64,
    /// Times that a request was acknowledged again.
    pub(crate) acknowledged_again: u64,
}

impl std::ops::Add for Sums {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            items: self.items + other.items,
            acknowledged_requests: self.acknowledged_requests + other.acknowledged_requests,
            acknowledged_items: self.acknowledged_items + other.acknowledged_items,
            sent_again: self.sent_again + other.sent_again,
            acknowledged_again: self.acknowledged_again + other.acknowledged_again,
        }
    }
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RequestId, Entry>> {
        // Entries are changed in single steps: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is about to be sent, for the first time or again.
    pub(super) fn sends(&self, sender: usize, request: &Request) {
        let Request { id, signal, items, refused, .. } = request;
        let entry = || Entry {
            signal: *signal,
            sender,
            items: *items,
            refused: *refused,
            sent: 0,
            acknowledged: 0,
            by_agents: 0,
        };
        self.lock().entry(*id).or_insert_with(entry).sent += 1;
    }

    /// A request was acknowledged.
    pub(super) fn acknowledged(&self, id: RequestId, by_agent: bool) {
        if let Some(entry) = self.lock().get_mut(&id) {
            entry.acknowledged += 1;
            entry.by_agents += u32::from(by_agent);
        }
    }

    /// All entries as they are now.
    pub(crate) fn entries(&self) -> BTreeMap<RequestId, Entry> {
        self.lock().clone()
    }

    /// The newest request between two.
    pub(crate) fn newest(&self, from: RequestId, to: RequestId) -> Option<RequestId> {
        self.lock().range(from..to).next_back().map(|(id, _)| *id)
    }

    /// All entries added up.
    pub(crate) fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for entry in self.lock().values() {
            sums.requests += 1;
            sums.items += entry.items;
            if entry.acknowledged > 0 {
                sums.acknowledged_requests += 1;
                sums.acknowledged_items += entry.items;
            }
            sums.sent_again += u64::from(entry.sent.saturating_sub(1));
            sums.acknowledged_again += u64::from(entry.acknowledged.saturating_sub(1));
        }
        sums
    }
}
