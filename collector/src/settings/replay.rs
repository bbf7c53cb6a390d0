use serde::{Deserialize, Serialize};

use super::{AlertSettings, Settings, SyncSettings};

/// The part of the configuration that rules are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReplaySettings {
    /// As in the whole of it.
    pub sync: Vec<SyncSettings>,
    /// As in the whole of it.
    pub alerts: AlertSettings,
}

impl From<Settings> for ReplaySettings {
    /// Without those who are told: nobody is.
    fn from(settings: Settings) -> Self {
        let Settings { sync, mut alerts, .. } = settings;
        alerts.receivers.clear();
        alerts.rules.iter_mut().for_each(|rule| rule.receivers = None);
        Self { sync, alerts }
    }
}
