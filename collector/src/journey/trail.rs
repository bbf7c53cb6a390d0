//! What each journey led to when it was last put together.
//!
//! People look at one journey many times, and ask for it by one key after the other. The
//! trail says what to read, never what belongs: all of it is read anew and followed as if
//! found step by step, only in one step.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use ordertrace_api::keys::Key;

use super::node::TraceId;

/// Strong keys whose trails are remembered; some ten lead to one journey.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Trails longer than this are not remembered: their journeys take long in any case.
const LONGEST: usize = 500;

/// All that was looked up on the way through one journey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trail {
    /// Keys of all strengths, and traces that others may continue.
    pub keys: Vec<Key>,
    /// Traces.
    pub traces: Vec<TraceId>,
}

impl Trail {
    fn len(&self) -> usize {
        self.keys.len() + self.traces.len()
    }

    /// Adds what `other` led to.
    fn extend(&mut self, other: &Self) {
        self.keys.extend_from_slice(&other.keys);
        self.traces.extend_from_slice(&other.traces);
    }

    /// Leaves each only once.
    fn dedup(&mut self) {
        self.keys.sort_unstable();
        self.keys.dedup();
        self.traces.sort_unstable();
        self.traces.dedup();
    }
}

/// The trails of the journeys looked at last, by strong key. Cheap to share.
#[derive(Clone, Debug)]
pub(super) struct Trails(Arc<Mutex<LruCache<Key, Arc<Trail>>>>);

impl Default for Trails {
    fn default() -> Self {
        // Grows as needed: an idle collector holds none.
        let mut trails = LruCache::unbounded();
        trails.resize(REMEMBERED);
        Self(Arc::new(Mutex::new(trails)))
    }
}

impl Trails {
    /// All that any of `keys` led to.
    pub(super) fn of<'k>(&self, keys: impl IntoIterator<Item = &'k Key>) -> Trail {
        let mut found = Trail::default();
        let mut trails = self.lock();
        for key in keys {
            if let Some(trail) = trails.get(key) {
                found.extend(trail);
            }
        }
        drop(trails);
        found.dedup();
        found
    }

    /// Remembers `trail` for each of the journey's strong `keys`.
    pub(super) fn remember(&self, keys: &[Key], mut trail: Trail) {
        trail.keys.extend_from_slice(keys);
        trail.dedup();
        if trail.len() > LONGEST {
            return;
        }
        let trail = Arc::new(trail);
        let mut trails = self.lock();
        for key in keys {
            trails.put(key.clone(), Arc::clone(&trail));
        }
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Key, Arc<Trail>>> {
        // An entry is put or not: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &str) -> Key {
        Key::global("order", value).unwrap()
    }

    #[test]
    fn a_trail_is_found_by_each_of_its_keys_and_the_latest_counts() {
        let trails = Trails::default();
        let short = Trail { keys: vec![key("A"), key("B")], traces: vec![[1; 16]] };
        let long = Trail { keys: vec![key("A"), key("B"), key("C")], traces: vec![[1; 16], [2; 16]] };
        trails.remember(&short.keys, short.clone());
        assert_eq!(trails.of([&key("B")]), short);
        trails.remember(&long.keys, long.clone());
        assert_eq!(trails.of([&key("B"), &key("C")]), long);
        assert_eq!(trails.of([&key("D")]), Trail::default());
    }

    #[test]
    fn a_very_long_trail_is_not_remembered() {
        let trails = Trails::default();
        let traces = (0..LONGEST as u128).map(u128::to_be_bytes).collect();
        let trail = Trail { keys: vec![key("A")], traces };
        trails.remember(&[key("A")], trail);
        assert_eq!(trails.of([&key("A")]), Trail::default());
    }
}
