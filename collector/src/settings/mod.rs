//! The collector's configuration: a YAML file, every key of which has a default.

mod alerts;
mod aliases;
mod clickhouse;
mod detection;
mod flow;
mod hotspots;
mod limits;
mod noise;
mod recognise;
mod replay;
mod sources;
mod sync;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use ordertrace_config::{ConfigError, ExampleError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use alerts::{
    AgeRule, AlertSettings, AlertmanagerSettings, ChangeRule, DriftRule, EachSettings, FindingRule, ItemSettings,
    LagRule, MoneySettings, PagerDutySettings, ReceiverSettings, RuleSettings, SlackSettings, ThresholdSettings,
    WebhookSettings,
};
pub use aliases::AliasSettings;
pub use clickhouse::{ClickHouseSettings, ClusterSettings, EmbeddedSettings};
pub use detection::{DetectionSettings, ExposureSettings, PairSettings, RetryStormSettings};
pub use flow::{AmountSettings, FlowSettings, MilestoneSettings, NeedSettings, SignSettings, StepSettings};
pub use hotspots::{HotspotSettings, LossSettings};
pub use limits::{AcceptSettings, JourneySettings, LimitSettings, RetentionSettings};
pub use noise::NoiseRule;
pub use recognise::{
    KeyRule, KindName, KindStrength, MilestoneRule, QueryRule, RecogniseSettings, Scope, TemplateRule,
};
pub use replay::ReplaySettings;
pub use sources::{RhythmSettings, SourceSettings};
pub use sync::{InFlightSettings, SyncSettings, SyncTargetSettings, Taker};

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address of the OTLP/gRPC receiver.
    pub otlp_grpc: SocketAddr,
    /// Address of the OTLP/HTTP receiver.
    pub otlp_http: SocketAddr,
    /// Address of the HTTP API, health checks and metrics.
    pub api: SocketAddr,
    /// Where everything is stored.
    pub clickhouse: ClickHouseSettings,
    /// What one request, and all requests together, may cost.
    pub limits: LimitSettings,
    /// Which times are believed.
    pub accept: AcceptSettings,
    /// How systems, keys, handoffs, noise and milestones are recognised.
    pub recognise: RecogniseSettings,
    /// What journeys must reach: a journey is of the first flow of which it shows a start. Writing
    /// this key replaces the flow of a shop that stands here.
    pub flows: Vec<FlowSettings>,
    /// How findings are looked for.
    pub detection: DetectionSettings,
    /// How it is estimated what handoffs put at risk.
    pub hotspots: HotspotSettings,
    /// Which copies of stock, prices, products and orders' states must agree. What is added is compared
    /// from the next reading on.
    #[schemars(example = SyncSettings::example())]
    pub sync: Vec<SyncSettings>,
    /// SKUs of the ids that systems use instead. What was read under an id before counts from then on.
    #[schemars(example = AliasSettings::example())]
    pub aliases: Vec<AliasSettings>,
    /// When what readings come from is not up to date.
    pub sources: SourceSettings,
    /// Who is told of what, and when.
    pub alerts: AlertSettings,
    /// How far the search for a journey goes.
    pub journeys: JourneySettings,
    /// How long things are kept.
    pub retention: RetentionSettings,
}

/// What cannot be meant, though each value may be well-formed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Two settings contradict each other.
    #[error("{setting}: {reason}")]
    Contradiction {
        /// The setting, as a path of keys.
        setting: &'static str,
        /// What is wrong and what to write instead.
        reason: String,
    },
}

impl Default for Settings {
    fn default() -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            otlp_grpc: local(4317),
            otlp_http: local(4318),
            api: local(4320),
            clickhouse: ClickHouseSettings::default(),
            limits: LimitSettings::default(),
            accept: AcceptSettings::default(),
            recognise: RecogniseSettings::default(),
            flows: vec![FlowSettings::shop()],
            detection: DetectionSettings::default(),
            hotspots: HotspotSettings::default(),
            sync: Vec::new(),
            aliases: Vec::new(),
            sources: SourceSettings::default(),
            alerts: AlertSettings::default(),
            journeys: JourneySettings::default(),
            retention: RetentionSettings::default(),
        }
    }
}

impl Settings {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`SettingsError`]; patterns of recognition are checked by
    /// [`Recogniser::new`](crate::recognise::Recogniser::new).
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let settings: Self = ordertrace_config::load(path)?;
        settings.check()?;
        Ok(settings)
    }

    /// Refuses settings that contradict each other.
    ///
    /// # Errors
    /// [`SettingsError::Contradiction`].
    pub fn check(&self) -> Result<(), SettingsError> {
        self.limits.check()?;
        self.detection.check()?;
        self.hotspots.check()?;
        self.sources.check()?;
        self.clickhouse.check()
    }

    /// A commented file of all defaults.
    ///
    /// # Errors
    /// [`ExampleError`] when a default cannot be written as YAML.
    pub fn example() -> Result<String, ExampleError> {
        ordertrace_config::example::<Self>(
            "The collector's configuration: every key with its default value.\n\
             Write only what differs. Made by `ordertrace config print`.",
        )
    }

    /// JSON schema of the file.
    pub fn json_schema() -> serde_json::Value {
        ordertrace_config::json_schema::<Self>()
    }
}

#[cfg(test)]
mod tests;
