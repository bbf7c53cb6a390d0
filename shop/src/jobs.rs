//! Work that no request waits for, counted per order so that an order's end can be awaited.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::network::CallError;

#[derive(Debug, Default)]
pub(crate) struct Jobs {
    orders: Mutex<BTreeMap<u64, TaskTracker>>,
    /// The first of all; it mostly explains the others.
    failure: Arc<Mutex<Option<CallError>>>,
    others: TaskTracker,
    stop: CancellationToken,
}

impl Jobs {
    /// Told when the shop stops.
    pub(crate) fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }

    /// Starts `work` for an order, or for none.
    pub(crate) fn spawn<F>(&self, owner: Option<u64>, work: F)
    where
        F: Future<Output = Result<(), CallError>> + Send + 'static,
    {
        let stop = self.stop.clone();
        let work = async move {
            tokio::select! {
                () = stop.cancelled() => Ok(()),
                done = work => done,
            }
        };
        let tracker = owner.and_then(|index| self.orders().get(&index).cloned());
        let tracker = tracker.unwrap_or_else(|| self.others.clone());
        let failure = Arc::clone(&self.failure);
        tracker.spawn(async move {
            if let Err(error) = work.await {
                tracing::warn!(order = owner, %error, "a background job of the shop failed");
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        });
    }

    /// Abandons all work and waits until none is left.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        let trackers: Vec<TaskTracker> = self.orders().values().cloned().chain([self.others.clone()]).collect();
        for tracker in trackers {
            tracker.close();
            tracker.wait().await;
        }
    }

    /// The first failure since the last time.
    pub(crate) fn take_failure(&self) -> Option<CallError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Begins to count an order's work.
    pub(crate) fn open(&self, owner: u64) {
        self.orders().insert(owner, TaskTracker::new());
    }

    /// Waits until none of an order's work is left.
    pub(crate) async fn idle(&self, owner: u64) {
        let tracker = self.orders().get(&owner).cloned();
        if let Some(tracker) = tracker {
            tracker.close();
            tracker.wait().await;
        }
    }

    /// Ends the count.
    pub(crate) fn close(&self, owner: u64) {
        self.orders().remove(&owner);
    }

    fn orders(&self) -> MutexGuard<'_, BTreeMap<u64, TaskTracker>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
