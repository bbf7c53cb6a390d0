use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ordertrace_api::alert::RuleFailure;

use super::ledger::moment;

/// Rules that cannot be evaluated. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Failures(Arc<Mutex<BTreeMap<String, RuleFailure>>>);

impl Failures {
    /// Them, by name.
    pub fn list(&self) -> Vec<RuleFailure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// How an attempt ended at `now_ms`, milliseconds since the Unix epoch.
    pub(super) fn note(&self, rule: &str, error: Option<String>, now_ms: i64) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(error) = error else {
            failures.remove(rule);
            return;
        };
        let since = failures.get(rule).map_or_else(|| moment(now_ms), |known| known.since);
        failures.insert(rule.to_owned(), RuleFailure { rule: rule.to_owned(), error, since });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_fails_from_the_first_time_on_until_it_does_not() {
        let failures = Failures::default();
        failures.note("Drift", Some("too large".to_owned()), 1_000);
        failures.note("Drift", Some("larger still".to_owned()), 2_000);
        failures.note("Lag", None, 2_000);
        let known = failures.list();
        assert_eq!(known.len(), 1);
        assert_eq!((known[0].error.as_str(), known[0].since), ("larger still", moment(1_000)));
        failures.note("Drift", None, 3_000);
        assert_eq!(failures.list(), []);
    }
}
