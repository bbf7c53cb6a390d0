use std::collections::BTreeMap;
use std::path::PathBuf;

use ordertrace_api::finding::{FindingKind, Severity};
use ordertrace_api::reading::{Entity, StockState};
use ordertrace_config::{Duration, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who is told of what, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlertSettings {
    /// How often rules are held against what is stored.
    pub every: Duration,
    /// Who is told.
    #[schemars(example = ReceiverSettings::example())]
    pub receivers: Vec<ReceiverSettings>,
    /// What they are told of. Collectors that share a database must have the same rules.
    #[schemars(example = RuleSettings::example())]
    pub rules: Vec<RuleSettings>,
}

/// One who is told: exactly one way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiverSettings {
    /// Unique among these.
    pub name: String,
    /// Prometheus Alertmanager, which groups, routes and silences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alertmanager: Option<AlertmanagerSettings>,
    /// A signed HTTP request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookSettings>,
    /// A channel of Slack, or of what takes the same messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack: Option<SlackSettings>,
    /// A service of PagerDuty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagerduty: Option<PagerDutySettings>,
    /// PEM file of certificate authorities to trust beside the public ones and those of this host, read at
    /// the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// Prometheus Alertmanager, API v2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertmanagerSettings {
    /// Its URL, with the path prefix if it has one: `http://localhost:9093`.
    pub url: String,
    /// A bearer token that a proxy before it may want.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer: Option<Secret>,
}

/// An HTTP server that takes a POST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Where to.
    pub url: String,
    /// What messages are signed with.
    pub secret: Secret,
}

/// An incoming webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlackSettings {
    /// Its URL, which is a secret.
    pub url: Secret,
}

/// Events API v2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PagerDutySettings {
    /// The integration key of a service.
    pub routing_key: Secret,
    /// Where events go; accounts in the EU have another.
    #[serde(default = "pagerduty_url")]
    pub url: String,
}

/// When somebody is told: exactly one condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSettings {
    /// Unique among these.
    pub name: String,
    /// A target does not show what its source does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftRule>,
    /// A change does not arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag: Option<LagRule>,
    /// A feed or a search index is old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeRule>,
    /// A system's own value changes by much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeRule>,
    /// Detection found something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<FindingRule>,
    /// It must be so for that long.
    #[serde(default, rename = "for")]
    pub hold: Duration,
    /// How bad it is.
    #[serde(default = "warning")]
    pub severity: Severity,
    /// Labels of its alerts beside those that say what they are about.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// URL of a page that says what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// Names of those who are told; all, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receivers: Option<Vec<String>>,
    /// Alerts of it at a time, the worst of them.
    #[serde(default = "hundred")]
    pub limit: u32,
}

/// Drifts of one of `sync`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftRule {
    /// Name of what is compared.
    pub sync: String,
    /// A difference of more than that, either way; any, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<ThresholdSettings>,
    /// It is over when the difference is no more than that; `over`, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_under: Option<ThresholdSettings>,
    /// What an alert is about.
    #[serde(default)]
    pub each: EachSettings,
    /// Which items; all, when left out.
    #[serde(default, skip_serializing_if = "ItemSettings::is_all")]
    pub only: ItemSettings,
}

/// How much, as decimal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdSettings {
    /// Units; of a price, of its currency.
    Units(String),
    /// Percent of what the source says. Where that is 0, any difference is over every percentage.
    Percent(String),
    /// Money: units, each at the newest price of the SKU in that currency.
    Money(MoneySettings),
}

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneySettings {
    /// Decimal text, in the currency's major unit.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EachSettings {
    /// One item: a SKU at a location, say.
    #[default]
    Item,
    /// All items of a target together: their differences are added up, without their signs.
    Target,
}

/// How long the oldest change waits that has not arrived; it grows while nothing arrives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LagRule {
    /// Name of what is compared.
    pub sync: String,
    /// Longer than that.
    pub over: Duration,
    /// It is over when it is no longer than that; `over`, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_under: Option<Duration>,
    /// Which items; all, when left out.
    #[serde(default, skip_serializing_if = "ItemSettings::is_all")]
    pub only: ItemSettings,
}

/// How long ago a feed or search index was made; it grows while none is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgeRule {
    /// Of what: feed or search_index.
    pub entity: Entity,
    /// Longer than that.
    pub over: Duration,
    /// It is over when it is no longer than that; `over`, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_under: Option<Duration>,
    /// Which systems; all, when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<String>,
    /// Which of them, by name, as `subjects`; all, when left out.
    #[serde(default, skip_serializing_if = "ItemSettings::is_all")]
    pub only: ItemSettings,
}

/// How fast one system's own values change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRule {
    /// Of what: inventory or price.
    pub entity: Entity,
    /// Which stock, where it is inventory.
    #[serde(default)]
    pub state: StockState,
    /// By more than that, up or down: units, or percent of what it was.
    pub over: ThresholdSettings,
    /// It is over when it is no more than that; `over`, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_under: Option<ThresholdSettings>,
    /// Within this time.
    pub within: Duration,
    /// Which systems; all, when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<String>,
    /// Which items; all, when left out. There are no targets.
    #[serde(default, skip_serializing_if = "ItemSettings::is_all")]
    pub only: ItemSettings,
}

/// Which items; what is left out does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ItemSettings {
    /// Systems that must show the same as the source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// Stock locations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// Sales channels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// SKUs, keys of orders, or names of feeds; `*` stands for any text, `?` for any character.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
}

/// Findings that hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FindingRule {
    /// Of these kinds; any, when left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<FindingKind>,
    /// So bad or worse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

fn pagerduty_url() -> String {
    "https://events.pagerduty.com/v2/enqueue".to_owned()
}

fn warning() -> Severity {
    Severity::Warning
}

fn hundred() -> u32 {
    100
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self { every: Duration::from_secs(15), receivers: Vec::new(), rules: Vec::new() }
    }
}

impl ItemSettings {
    fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

impl ReceiverSettings {
    fn example() -> Vec<Self> {
        let alertmanager = AlertmanagerSettings { url: "http://localhost:9093".to_owned(), bearer: None };
        let slack = SlackSettings { url: Secret::File("/run/secrets/slack-url".into()) };
        vec![
            Self { name: "oncall".to_owned(), alertmanager: Some(alertmanager), ..Self::default() },
            Self { name: "shop-slack".to_owned(), slack: Some(slack), ..Self::default() },
        ]
    }
}

impl RuleSettings {
    /// One without any condition.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            drift: None,
            lag: None,
            age: None,
            change: None,
            finding: None,
            hold: Duration::default(),
            severity: warning(),
            labels: BTreeMap::new(),
            runbook: None,
            receivers: None,
            limit: hundred(),
        }
    }

    fn example() -> Vec<Self> {
        let drift = DriftRule {
            sync: "stock".to_owned(),
            over: Some(ThresholdSettings::Units("5".to_owned())),
            closes_under: Some(ThresholdSettings::Units("2".to_owned())),
            each: EachSettings::Item,
            only: ItemSettings::default(),
        };
        let finding = FindingRule { kinds: vec![FindingKind::PaidNotCreated], severity: None };
        vec![
            Self { drift: Some(drift), hold: Duration::from_secs(300), ..Self::named("StockDrift") },
            Self { finding: Some(finding), severity: Severity::Critical, ..Self::named("PaidNotCreated") },
        ]
    }
}
