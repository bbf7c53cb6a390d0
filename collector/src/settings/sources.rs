use std::collections::BTreeSet;

use ordertrace_config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SettingsError;

/// When a source of readings is not up to date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SourceSettings {
    /// One that is polled is stale when no poll was told of for so many of its intervals.
    pub stale_after_intervals: u32,
    /// A system that tells of itself is stale when it was silent for so long.
    pub stale_after: Duration,
    /// Systems that are silent for longer, or must not be silent for so long.
    #[schemars(example = RhythmSettings::example())]
    pub rhythms: Vec<RhythmSettings>,
    /// So long after readings of a source were refused it is not ok.
    pub refused_for: Duration,
}

/// How often a system tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RhythmSettings {
    /// The system.
    pub system: String,
    /// It is stale when it was silent for so long.
    pub stale_after: Duration,
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self {
            stale_after_intervals: 3,
            stale_after: Duration::from_secs(3_600),
            rhythms: Vec::new(),
            refused_for: Duration::from_secs(3_600),
        }
    }
}

impl RhythmSettings {
    fn example() -> Vec<Self> {
        vec![Self { system: "marketplace".to_owned(), stale_after: Duration::from_secs(86_400) }]
    }
}

impl SourceSettings {
    /// For how long a system that tells of itself may be silent.
    pub(crate) fn silence(&self, system: &str) -> Duration {
        let own = self.rhythms.iter().find(|rhythm| rhythm.system == system);
        own.map_or(self.stale_after, |rhythm| rhythm.stale_after)
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let wrong = |setting, reason: String| Err(SettingsError::Contradiction { setting, reason });
        if self.stale_after_intervals == 0 {
            return wrong("sources.stale_after_intervals", "0 would call every source stale: write at least 1".into());
        }
        let mut systems = BTreeSet::new();
        for rhythm in &self.rhythms {
            if !systems.insert(&rhythm.system) {
                return wrong("sources.rhythms", format!("{:?} is there twice; leave one away", rhythm.system));
            }
        }
        let all = self.rhythms.iter().map(|rhythm| ("sources.rhythms", rhythm.stale_after));
        match all.chain([("sources.stale_after", self.stale_after)]).find(|(_, after)| after.get().is_zero()) {
            Some((setting, _)) => wrong(setting, "a system is always silent for 0s: write a longer time".into()),
            None => Ok(()),
        }
    }
}
