use ordertrace_config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SettingsError;

/// How it is estimated what handoffs put at risk; `docs/hotspots.md` names the sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HotspotSettings {
    /// The customer waits until the first of these milestones: only delays before it cost sales.
    pub customer_waits_until: Vec<String>,
    /// Which part of sales a delay costs, shortest delay first. In between it is interpolated; a
    /// longer delay costs no more than the last.
    pub losses: Vec<LossSettings>,
}

/// What a delay costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LossSettings {
    /// So long a delay
    pub delay: Duration,
    /// costs so many of a thousand sales.
    pub per_mille: u16,
}

impl Default for HotspotSettings {
    fn default() -> Self {
        let loss = |delay, per_mille| LossSettings { delay, per_mille };
        Self {
            customer_waits_until: vec!["order.placed".to_owned()],
            losses: vec![loss(Duration::from_millis(100), 10), loss(Duration::from_secs(1), 200)],
        }
    }
}

impl HotspotSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let wrong =
            |reason: &str| Err(SettingsError::Contradiction { setting: "hotspots.losses", reason: reason.to_owned() });
        if !self.losses.iter().is_sorted_by(|one, next| one.delay < next.delay && one.per_mille <= next.per_mille) {
            return wrong("each must have a longer delay than the one before, and cost as much or more");
        }
        match (self.losses.first(), self.losses.last()) {
            (Some(first), _) if first.delay.get().is_zero() => wrong("no delay costs nothing: leave out the one of 0s"),
            (_, Some(last)) if last.per_mille > 1_000 => wrong("1000 of a thousand is all: write no more"),
            _ => Ok(()),
        }
    }
}
