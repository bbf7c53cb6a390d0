use ordertrace_config::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SettingsError;

/// How findings are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DetectionSettings {
    /// Whether this collector looks for findings, and adds up what handoffs mean to orders. Several may,
    /// and find the same; of collectors that share a database at least one must.
    pub enabled: bool,
    /// When retries are a storm.
    pub retry_storm: RetryStormSettings,
    /// Which handoffs must be encrypted and authenticated.
    pub exposure: ExposureSettings,
}

/// Which handoffs must be encrypted and authenticated: all that leave the host, unless they are excepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExposureSettings {
    /// Whether one without encryption is a finding.
    pub plaintext: bool,
    /// Whether one without any credential is a finding.
    pub unauthenticated: bool,
    /// Where it is meant: shoppers need no credential.
    #[schemars(example = ExposureSettings::example())]
    pub except: Vec<PairSettings>,
}

/// Handoffs between two systems.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PairSettings {
    /// The system that hands on; any, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The system that receives; any, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// When retries of one handoff (sender, receiver and operation) are a storm: when all of this is so, and
/// an exchange takes more than twice the attempts that it usually does there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetryStormSettings {
    /// The time over which attempts are added up, in whole minutes.
    pub over: Duration,
    /// At least so many attempts in that time.
    pub attempts: u64,
    /// At least so many attempts for each exchange, on average: more than clients make that give up
    /// (gRPC at most 5, SDKs of clouds and of payment providers 3), fewer than two layers of them do
    /// together.
    pub attempts_per_exchange: u32,
}

impl Default for DetectionSettings {
    fn default() -> Self {
        let (retry_storm, exposure) = (RetryStormSettings::default(), ExposureSettings::default());
        Self { enabled: true, retry_storm, exposure }
    }
}

impl Default for ExposureSettings {
    fn default() -> Self {
        Self { plaintext: true, unauthenticated: true, except: Vec::new() }
    }
}

impl ExposureSettings {
    fn example() -> Vec<PairSettings> {
        vec![PairSettings { from: Some("shopper".to_owned()), to: Some("storefront".to_owned()) }]
    }
}

impl PairSettings {
    /// Whether it is about handoffs between these.
    pub(crate) fn fits(&self, from: Option<&str>, to: &str) -> bool {
        let fits_from = self.from.as_deref().is_none_or(|wanted| from == Some(wanted));
        fits_from && self.to.as_deref().is_none_or(|wanted| wanted == to)
    }
}

impl Default for RetryStormSettings {
    fn default() -> Self {
        Self { over: Duration::from_secs(300), attempts: 100, attempts_per_exchange: 6 }
    }
}

impl RetryStormSettings {
    /// The longest time over which attempts are added up: an hour.
    const MOST_MINUTES: u32 = 60;

    /// Minutes over which attempts are added up.
    pub(crate) fn over_minutes(&self) -> u32 {
        u32::try_from(self.over.get().as_secs() / 60).unwrap_or(u32::MAX).clamp(1, Self::MOST_MINUTES)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let wrong = |setting, reason| Err(SettingsError::Contradiction { setting, reason });
        if self.over.get() != std::time::Duration::from_secs(60 * u64::from(self.over_minutes())) {
            let most = Self::MOST_MINUTES;
            return wrong("detection.retry_storm.over", format!("must be whole minutes, from 1m to {most}m"));
        }
        if self.attempts_per_exchange < 2 {
            let each = self.attempts_per_exchange;
            return wrong(
                "detection.retry_storm.attempts_per_exchange",
                format!("{each} would call every exchange a storm; write at least 2"),
            );
        }
        Ok(())
    }
}

impl DetectionSettings {
    /// Refuses settings that contradict each other.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        self.retry_storm.check()
    }
}
