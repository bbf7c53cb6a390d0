//! One pass through the database for one request.

use std::collections::HashMap;

use ordertrace_api::keys::Key;

use super::{LoadedTrace, Loader, Result, Seen};
use crate::journey::limits::Reached;
use crate::journey::node::TraceId;
use crate::journey::trail::Trail;

/// Reads for one request, and knows what it asked for.
pub(in crate::journey) struct Reading {
    loader: Loader,
    seen_ahead: HashMap<Key, Vec<Seen>>,
    loaded_ahead: HashMap<TraceId, LoadedTrace>,
    asked: Trail,
}

impl Reading {
    /// A reading that has asked for nothing yet.
    pub(in crate::journey) fn new(loader: Loader) -> Self {
        Self { loader, seen_ahead: HashMap::new(), loaded_ahead: HashMap::new(), asked: Trail::default() }
    }

    /// What reads without remembering.
    pub(in crate::journey) fn loader(&self) -> &Loader {
        &self.loader
    }

    /// Reads everything along `trail` at once, so that it is there when it is asked for.
    pub(in crate::journey) async fn ahead(&mut self, trail: &Trail) -> Result<()> {
        if trail.keys.is_empty() && trail.traces.is_empty() {
            return Ok(());
        }
        let budget = self.loader.limits.spans;
        let (mut of_keys, mut of_traces) = (Reached::default(), Reached::default());
        let (seen, loaded) = futures::try_join!(
            self.loader.seen(&trail.keys, &mut of_keys),
            self.loader.traces(&trail.traces, budget, &mut of_traces)
        )?;
        self.remember(&trail.keys, seen, &of_keys);
        if of_traces.is_empty() {
            self.loaded_ahead = loaded;
        }
        Ok(())
    }

    /// Keeps what was read ahead. What does not fit is read step by step, which says what was left out.
    fn remember(&mut self, keys: &[Key], seen: Vec<Seen>, reached: &Reached) {
        if reached.is_empty() {
            self.seen_ahead.extend(keys.iter().map(|key| (key.clone(), Vec::new())));
            for seen in seen {
                self.seen_ahead.entry(seen.key.clone()).or_default().push(seen);
            }
        }
    }

    /// Where each of `keys` was seen, and beside what.
    pub(in crate::journey) async fn seen(&mut self, keys: &[Key], reached: &mut Reached) -> Result<Vec<Seen>> {
        self.asked.keys.extend_from_slice(keys);
        let mut found = Vec::new();
        let mut others = Vec::new();
        for key in keys {
            match self.seen_ahead.remove(key) {
                Some(seen) => found.extend(seen),
                None => others.push(key.clone()),
            }
        }
        if !others.is_empty() {
            found.extend(self.loader.seen(&others, reached).await?);
        }
        Ok(found)
    }

    /// The spans of `traces`, at most `budget` of those that were not read ahead. Which traces
    /// continue these will be asked next, and is read meanwhile.
    pub(in crate::journey) async fn traces(
        &mut self,
        traces: &[TraceId],
        budget: usize,
        reached: &mut Reached,
    ) -> Result<HashMap<TraceId, LoadedTrace>> {
        self.asked.traces.extend_from_slice(traces);
        let mut found = HashMap::new();
        let mut others = Vec::new();
        for trace in traces {
            match self.loaded_ahead.remove(trace) {
                Some(loaded) => {
                    found.insert(*trace, loaded);
                }
                None => others.push(*trace),
            }
        }
        if !others.is_empty() {
            let continued: Vec<Key> = others.iter().copied().map(Seen::continued).collect();
            let mut of_keys = Reached::default();
            let (loaded, seen) = futures::try_join!(
                self.loader.traces(&others, budget, reached),
                self.loader.seen(&continued, &mut of_keys)
            )?;
            found.extend(loaded);
            self.remember(&continued, seen, &of_keys);
        }
        Ok(found)
    }

    /// All that was asked for.
    pub(in crate::journey) fn into_trail(self) -> Trail {
        self.asked
    }
}
