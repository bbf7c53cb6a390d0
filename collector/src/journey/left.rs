use std::collections::{HashSet, VecDeque};

use ordertrace_api::journey::Journey;
use ordertrace_api::keys::Key;

use super::{Case, Journeys};

/// Journeys put together at once: enough to share their look-ups, few enough to stay within the limits of
/// a closure.
const AT_ONCE: usize = 100;

/// Keys of journeys that are still to be put together; several may lead to one.
#[derive(Clone, Debug, Default)]
pub struct Left {
    keys: VecDeque<Key>,
    /// Keys of journeys that were put together.
    met: HashSet<Key>,
}

impl FromIterator<Key> for Left {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        Self { keys: keys.into_iter().collect(), met: HashSet::new() }
    }
}

impl Left {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The first of them, as many as are looked at at once.
    fn take(&mut self) -> Vec<Key> {
        let mut taken = Vec::with_capacity(AT_ONCE);
        while taken.len() < AT_ONCE
            && let Some(key) = self.keys.pop_front()
        {
            if !self.met.contains(&key) {
                taken.push(key);
            }
        }
        taken
    }

    fn meet(&mut self, journey: &Journey) {
        self.met.extend(journey.keys.iter().map(|key| key.key.clone()));
    }
}

impl Journeys {
    /// The next journeys of those left, as [`of`](Self::of) has them; perhaps none, though some are left.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn next_of(&self, left: &mut Left) -> clickhouse::error::Result<Vec<Journey>> {
        let mut journeys = self.of(&left.take()).await?;
        // Of a journey that was too large to be read whole another part may come.
        journeys.retain(|journey| !left.met.contains(&journey.id));
        journeys.iter().for_each(|journey| left.meet(journey));
        Ok(journeys)
    }

    /// The next journeys of those left, as [`cases`](Self::cases) has them; perhaps none, though some are left.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn next_cases(&self, left: &mut Left) -> clickhouse::error::Result<Vec<Case>> {
        let mut cases = self.cases(&left.take()).await?;
        cases.retain(|case| !left.met.contains(&case.journey.id));
        cases.iter().for_each(|case| left.meet(&case.journey));
        Ok(cases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_is_put_together_once_whatever_leads_to_it() {
        let key = |number: usize| Key::global("order", &format!("A-{number}")).unwrap();
        let mut left: Left = (0..AT_ONCE * 2 + 1).map(key).collect();
        assert_eq!(left.take(), (0..AT_ONCE).map(key).collect::<Vec<_>>());
        left.met.extend([key(AT_ONCE), key(AT_ONCE * 2)]);
        let second = left.take();
        assert_eq!((second.len(), second.first()), (AT_ONCE - 1, Some(&key(AT_ONCE + 1))));
        assert!(left.is_empty());
        assert!(left.take().is_empty());
    }
}
