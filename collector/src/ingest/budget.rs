use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::settings::LimitSettings;

/// What all requests between arrival and reply may hold together.
#[derive(Clone, Debug)]
pub struct Budget {
    requests: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    held_bytes: Gauge,
    retry_after: Duration,
}

/// As much as can be handled at once is under way; the sender should come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many {what} are in flight; try again after {} ms", .retry_after.as_millis())]
pub struct Overloaded {
    /// `requests` or `bytes`.
    pub what: &'static str,
    /// When to try again.
    pub retry_after: Duration,
}

/// One request's share, given back when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Reservation(Arc<Share>);

#[derive(Debug)]
struct Share {
    budget: Budget,
    bytes: Mutex<Option<OwnedSemaphorePermit>>,
    _request: OwnedSemaphorePermit,
}

impl Budget {
    /// A budget of so many requests and bytes; `held_bytes` shows what is in use.
    pub fn new(limits: &LimitSettings, held_bytes: Gauge) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self {
            requests: semaphore(limits.in_flight_requests),
            bytes: semaphore(limits.in_flight_bytes),
            held_bytes,
            retry_after: limits.retry_after.get(),
        }
    }

    /// Lets one more request in, with nothing held yet.
    ///
    /// # Errors
    /// [`Overloaded`] when as many as allowed are in flight.
    pub fn admit(&self) -> Result<Reservation, Overloaded> {
        let request = Arc::clone(&self.requests).try_acquire_owned();
        let request = request.map_err(|_| self.overloaded("requests"))?;
        Ok(Reservation(Arc::new(Share { budget: self.clone(), bytes: Mutex::new(None), _request: request })))
    }

    fn overloaded(&self, what: &'static str) -> Overloaded {
        Overloaded { what, retry_after: self.retry_after }
    }
}

impl Reservation {
    /// Makes sure that the request holds at least so many bytes in all.
    ///
    /// # Errors
    /// [`Overloaded`] when the other requests leave too little.
    pub fn grow_to(&self, bytes: usize) -> Result<(), Overloaded> {
        let Share { budget, bytes: held, .. } = &*self.0;
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = bytes.saturating_sub(held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
        if missing == 0 {
            return Ok(());
        }
        let overloaded = || budget.overloaded("bytes");
        let missing = u32::try_from(missing).map_err(|_| overloaded())?;
        let more = Arc::clone(&budget.bytes).try_acquire_many_owned(missing).map_err(|_| overloaded())?;
        budget.held_bytes.inc_by(i64::from(missing));
        match held.as_mut() {
            Some(held) => held.merge(more),
            None => *held = Some(more),
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let held = self.bytes.get_mut().unwrap_or_else(PoisonError::into_inner);
        let bytes = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        self.budget.held_bytes.dec_by(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(in_flight_requests: usize, in_flight_bytes: usize) -> Budget {
        let limits = LimitSettings { in_flight_requests, in_flight_bytes, ..LimitSettings::default() };
        Budget::new(&limits, Gauge::default())
    }

    #[test]
    fn requests_beyond_the_limit_are_turned_away_until_one_is_done() {
        let budget = budget(2, 100);
        let first = budget.admit().unwrap();
        let second = budget.admit().unwrap();
        let clone = second.clone();
        assert_eq!(budget.admit().unwrap_err().what, "requests");
        drop(second);
        assert!(budget.admit().is_err(), "a clone still holds it");
        drop(clone);
        budget.admit().unwrap();
        drop(first);
    }

    #[test]
    fn bytes_are_held_once_and_given_back() {
        let budget = budget(9, 100);
        let first = budget.admit().unwrap();
        let second = budget.admit().unwrap();
        first.grow_to(40).unwrap();
        first.grow_to(60).unwrap();
        first.grow_to(10).unwrap();
        assert_eq!(budget.held_bytes.get(), 60);
        second.grow_to(40).unwrap();
        let error = second.grow_to(41).unwrap_err();
        assert_eq!(error.to_string(), "too many bytes are in flight; try again after 1000 ms");
        assert!(second.grow_to(usize::MAX).is_err());
        drop(first);
        assert_eq!(budget.held_bytes.get(), 40);
        second.grow_to(100).unwrap();
        drop(second);
        assert_eq!(budget.held_bytes.get(), 0);
    }
}
