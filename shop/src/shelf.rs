//! What a service remembers: bounded, so that a shop can run for days.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Entries kept; far more than orders can be under way.
const ENTRIES_MAX: usize = 20_000;

/// Values by id; the oldest is forgotten when there are too many.
#[derive(Debug)]
pub(crate) struct Shelf<V>(Mutex<Entries<V>>);

#[derive(Debug)]
struct Entries<V> {
    values: HashMap<String, V>,
    ages: VecDeque<String>,
}

impl<V> Default for Shelf<V> {
    fn default() -> Self {
        Self(Mutex::new(Entries { values: HashMap::new(), ages: VecDeque::new() }))
    }
}

impl<V: Clone> Shelf<V> {
    pub(crate) fn put(&self, id: &str, value: V) {
        let mut entries = self.entries();
        if entries.values.insert(id.to_owned(), value).is_none() {
            entries.ages.push_back(id.to_owned());
        }
        if entries.ages.len() > ENTRIES_MAX
            && let Some(oldest) = entries.ages.pop_front()
        {
            entries.values.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<V> {
        self.entries().values.get(id).cloned()
    }

    /// Changes a value, which begins as the default.
    pub(crate) fn change<T>(&self, id: &str, change: impl FnOnce(&mut V) -> T) -> T
    where
        V: Default,
    {
        let mut value = self.get(id).unwrap_or_default();
        let result = change(&mut value);
        self.put(id, value);
        result
    }

    fn entries(&self) -> MutexGuard<'_, Entries<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let shelf = Shelf::default();
        for number in 0..=ENTRIES_MAX {
            shelf.put(&number.to_string(), number);
        }
        assert_eq!(shelf.get("0"), None);
        assert_eq!(shelf.get("1"), Some(1));
        assert_eq!(shelf.get(&ENTRIES_MAX.to_string()), Some(ENTRIES_MAX));
    }
}
