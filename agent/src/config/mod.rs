//! The agent's configuration file.

mod overrides;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use ordertrace_config::{Duration, ExampleError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capture::{
    BodyReading, BodyReadingConfig, BodyReadingError, Preset, RuleConfig, RuleError, Rules, example_body_readings,
};
use crate::poll::config::{PollConfig, example_polls};
use crate::poll::{PollSetupError, Poller};
use crate::spool::{SpoolSettings, WhenFull};
pub use overrides::{OverrideError, apply_overrides};

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Tells agents apart: service.instance.id of what the agent itself reports.
    pub name: String,
    /// Where telemetry goes.
    pub export: ExportConfig,
    /// Where the systems beside the agent send theirs.
    pub receiver: ReceiverConfig,
    /// Where telemetry waits until it is delivered.
    pub spool: SpoolConfig,
    /// Address of /livez, /readyz and /metrics; none unless given.
    pub metrics: Option<SocketAddr>,
    /// The handoff proxy: one local address for each upstream.
    #[schemars(example = example_routes())]
    pub routes: Vec<RouteConfig>,
    /// Systems that do not tell of themselves and are asked: databases, HTTP APIs, files.
    #[schemars(example = example_polls())]
    pub polls: Vec<PollConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "agent".to_owned(),
            export: ExportConfig::default(),
            receiver: ReceiverConfig::default(),
            spool: SpoolConfig::default(),
            metrics: None,
            routes: Vec::new(),
            polls: Vec::new(),
        }
    }
}

/// Where telemetry goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportConfig {
    /// URL of an OTLP receiver; over HTTP, /v1/traces and so on are appended.
    pub endpoint: String,
    /// How to speak to it.
    pub protocol: Protocol,
    /// Headers (over gRPC: metadata) of every request.
    pub headers: BTreeMap<String, String>,
    /// Compression of requests.
    pub compression: Compression,
    /// Time a request may take, in milliseconds.
    pub timeout_ms: u64,
    /// Longest pause between two tries, in milliseconds.
    pub retry_max_ms: u64,
    /// PEM file of certificate authorities to trust instead of the public ones.
    pub ca_file: Option<PathBuf>,
}

impl Default for ExportConfig {
    fn default() -> Self {
        Self {
            endpoint: "http://127.0.0.1:4318".to_owned(),
            protocol: Protocol::default(),
            headers: BTreeMap::new(),
            compression: Compression::default(),
            timeout_ms: 10_000,
            retry_max_ms: 30_000,
            ca_file: None,
        }
    }
}

/// An OTLP transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Protocol {
    /// Protobuf over HTTP.
    #[default]
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    /// gRPC.
    #[serde(rename = "grpc")]
    Grpc,
}

/// Compression of export requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Zstandard (RFC 8878).
    Zstd,
    /// gzip, which every receiver understands.
    #[default]
    Gzip,
    /// None.
    None,
}

/// Where the systems beside the agent send their telemetry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReceiverConfig {
    /// Address for OTLP over gRPC; none unless given.
    pub grpc: Option<SocketAddr>,
    /// Address for OTLP over HTTP; none unless given.
    pub http: Option<SocketAddr>,
}

/// Where telemetry waits until it is delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpoolConfig {
    /// A directory for this agent alone.
    pub dir: PathBuf,
    /// At most this many bytes on disk.
    pub limit_bytes: u64,
    /// Length of one file, in bytes.
    pub segment_bytes: u64,
    /// What waited longer is dropped, file by file. It should be longer than any outage of
    /// the collector that is to be survived.
    pub max_age: Duration,
    /// At the limit: refuse (senders retry) or drop_oldest.
    pub when_full: WhenFull,
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("/var/lib/ordertrace/agent"),
            limit_bytes: 1 << 30,
            segment_bytes: 16 << 20,
            max_age: Duration::from_days(3),
            when_full: WhenFull::default(),
        }
    }
}

/// One route of the handoff proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteConfig {
    /// Unique among the routes; on metrics.
    pub name: String,
    /// The system that calls here.
    pub from: String,
    /// The system that is called.
    pub to: String,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Where calls go: http://host:port or https://host.
    pub upstream: String,
    /// Which Host the upstream sees; unless given, upstream over https, else preserve.
    #[serde(default)]
    pub host: Option<HostHeader>,
    /// PEM file of certificate authorities to trust instead of the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Time to connect, in milliseconds.
    #[serde(default = "connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// Time until the response's head, in milliseconds; 0 = as long as the caller waits.
    #[serde(default)]
    pub response_timeout_ms: u64,
    /// Ready-made rules for well-known systems.
    #[serde(default)]
    pub presets: Vec<Preset>,
    /// Path templates, whose holes are keys: /orders/{order}/capture. First match wins.
    #[serde(default)]
    pub templates: Vec<String>,
    /// Rules of one's own, before those of presets.
    #[serde(default)]
    pub rules: Vec<RuleConfig>,
    /// Readings that bodies carry.
    #[serde(default)]
    #[schemars(example = example_body_readings())]
    pub readings: Vec<BodyReadingConfig>,
    /// Whether fields with telling names (order_id, X-Order-Id, …) yield keys without a rule.
    #[serde(default = "yes")]
    pub defaults: bool,
    /// Bytes of each body that are looked at, at most 1 MiB.
    #[serde(default = "capture_bytes")]
    pub capture_bytes: usize,
}

/// Which Host header the upstream sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HostHeader {
    /// The upstream's own.
    Upstream,
    /// The one the caller sent.
    Preserve,
}

fn connect_timeout_ms() -> u64 {
    10_000
}

fn capture_bytes() -> usize {
    64 * 1024
}

fn yes() -> bool {
    true
}

impl RouteConfig {
    /// A route with everything else at its default.
    pub fn new(name: &str, from: &str, to: &str, listen: SocketAddr, upstream: &str) -> Self {
        Self {
            name: name.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            listen,
            upstream: upstream.to_owned(),
            host: None,
            ca_file: None,
            connect_timeout_ms: connect_timeout_ms(),
            response_timeout_ms: 0,
            presets: Vec::new(),
            templates: Vec::new(),
            rules: Vec::new(),
            readings: Vec::new(),
            defaults: true,
            capture_bytes: capture_bytes(),
        }
    }
}

impl Config {
    /// A commented file of all defaults.
    ///
    /// # Errors
    /// [`ExampleError`] when a default cannot be written as YAML.
    pub fn example() -> Result<String, ExampleError> {
        ordertrace_config::example::<Self>(
            "The agent's configuration: every key with its default value.\n\
             Write only what differs. Made by `ordertrace config print agent`.",
        )
    }

    /// JSON schema of the file.
    pub fn json_schema() -> serde_json::Value {
        ordertrace_config::json_schema::<Self>()
    }

    /// Refuses what reads well and cannot be followed.
    ///
    /// # Errors
    /// [`CheckError`] names the place.
    pub fn check(&self) -> Result<(), CheckError> {
        self.spool.settings()?;
        for route in &self.routes {
            route.rules().map_err(|source| CheckError::Route { route: route.name.clone(), source })?;
            route.readings().map_err(|source| CheckError::Readings { route: route.name.clone(), source })?;
        }
        self.pollers()?;
        Ok(())
    }

    /// The polls that are asked for.
    ///
    /// # Errors
    /// [`PollConfigError`] names the poll; a secret that is not there counts.
    pub fn pollers(&self) -> Result<Vec<Poller>, PollConfigError> {
        let (mut names, mut pollers) = (BTreeSet::new(), Vec::new());
        for poll in &self.polls {
            let failed = |source| PollConfigError { poll: poll.name.clone(), source };
            if !names.insert(&poll.name) {
                return Err(failed(PollSetupError::SameName));
            }
            pollers.push(Poller::new(poll, &self.spool.dir).map_err(failed)?);
        }
        Ok(pollers)
    }
}

/// What a configuration asks for that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A rule of a route cannot be followed.
    #[error("route {route}")]
    Route {
        /// The route's name.
        route: String,
        /// Which rule, and what is wrong with it.
        source: RuleError,
    },
    /// A reading of a route's bodies cannot be made.
    #[error("route {route}")]
    Readings {
        /// The route's name.
        route: String,
        /// Which reading, and what is wrong with it.
        source: BodyReadingError,
    },
    /// The spool cannot be as it should be.
    #[error(transparent)]
    Spool(#[from] SpoolConfigError),
    /// A poll cannot be made.
    #[error(transparent)]
    Poll(#[from] PollConfigError),
}

/// A poll that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("poll {poll}")]
pub struct PollConfigError {
    /// The poll's name.
    pub poll: String,
    /// What is wrong with it.
    pub source: PollSetupError,
}

/// A spool that would lose what it is given.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum SpoolConfigError {
    /// Everything would be dropped before it could be delivered.
    #[error("spool.max_age is {given}: what waits longer is dropped, so write at least {least}")]
    MaxAge {
        /// What was asked for.
        given: Duration,
        /// The least.
        least: Duration,
    },
}

/// A collector that is started anew takes some seconds.
const LEAST_MAX_AGE: Duration = Duration::from_secs(60);

impl SpoolConfig {
    /// The spool that is asked for.
    ///
    /// # Errors
    /// [`SpoolConfigError`]
    pub fn settings(&self) -> Result<SpoolSettings, SpoolConfigError> {
        if self.max_age < LEAST_MAX_AGE {
            return Err(SpoolConfigError::MaxAge { given: self.max_age, least: LEAST_MAX_AGE });
        }
        Ok(SpoolSettings {
            dir: self.dir.clone(),
            limit_bytes: self.limit_bytes,
            segment_bytes: self.segment_bytes,
            max_age: self.max_age.get(),
            when_full: self.when_full,
        })
    }
}

impl RouteConfig {
    /// What its exchanges are looked at by.
    ///
    /// # Errors
    /// [`RuleError`] when a template or a rule cannot be followed.
    pub fn rules(&self) -> Result<Rules, RuleError> {
        Rules::compile(&self.presets, &self.templates, &self.rules, self.defaults)
    }

    /// What is read of its bodies.
    ///
    /// # Errors
    /// [`BodyReadingError`] when one cannot be made.
    pub fn readings(&self) -> Result<Vec<BodyReading>, BodyReadingError> {
        self.readings.iter().enumerate().map(|(at, reading)| BodyReading::new(at, reading)).collect()
    }
}

fn example_routes() -> Vec<RouteConfig> {
    let listen = SocketAddr::from(([127, 0, 0, 1], 9001));
    let mut route =
        RouteConfig::new("storefront-to-payments", "storefront", "payments", listen, "https://api.stripe.com");
    route.presets = vec![Preset::Stripe];
    vec![route]
}

#[cfg(test)]
mod tests;
