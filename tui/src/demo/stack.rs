//! The demo's parts and how they are plugged together.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use ordertrace_agent::Agent;
use ordertrace_agent::capture::{RuleConfig, SourceConfig};
use ordertrace_agent::config::{Config, RouteConfig};
use ordertrace_collector::engine::progress;
use ordertrace_collector::service::Collector;
use ordertrace_collector::settings::Settings;
use ordertrace_shop::{ProxiedRoute, Shop, ShopSettings};

use crate::client::Client;

/// How long the agent may take to hand over what it has spooled.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(60);

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A collector with an embedded ClickHouse in a folder that goes when it stops.
pub(super) struct Stack {
    collector: Collector,
    /// Asks the collector as anybody would.
    pub(super) client: Client,
    folder: tempfile::TempDir,
}

impl Stack {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder for the demo's data")?;
        let mut settings = Settings { otlp_grpc: ANY_PORT, otlp_http: ANY_PORT, api: ANY_PORT, ..Settings::default() };
        settings.clickhouse.embedded.data_dir = Some(folder.path().join("clickhouse"));
        let collector = Collector::start(settings, progress::automatic().as_ref()).await?;
        let client = Client::new(&format!("http://{}", collector.api()))?;
        Ok(Self { collector, client, folder })
    }

    /// URL of the collector's HTTP API.
    pub(super) fn api_url(&self) -> String {
        format!("http://{}", self.collector.api())
    }

    pub(super) async fn stop(self) {
        self.collector.stop().await;
    }
}

/// A shop whose silent edges go through an agent, and all of whose telemetry does.
pub(super) struct ShopStack {
    pub(super) shop: Shop,
    agent: Agent,
    /// What an agent needs to hand over what this one leaves in its spool.
    successor: Config,
}

impl ShopStack {
    pub(super) async fn start(stack: &Stack, settings: ShopSettings) -> anyhow::Result<Self> {
        let seed = settings.seed;
        let shop = Shop::bind(settings).await?;
        let mut successor = Config { name: format!("demo-{seed}"), ..Config::default() };
        successor.export.endpoint = format!("http://{}", stack.collector.otlp_http());
        successor.spool.dir = stack.folder.path().join(format!("spool-{seed}"));
        let mut config = successor.clone();
        config.receiver.http = Some(ANY_PORT);
        config.routes = shop.proxied_routes().iter().map(route).collect();
        let names: Vec<String> = config.routes.iter().map(|route| route.name.clone()).collect();
        let agent = Agent::start(config).await?;
        let addresses = names.iter().filter_map(|name| Some((name.as_str(), agent.route_addr(name)?)));
        shop.connect(addresses)?;
        let receiver = agent.receiver_http_addr().context("the agent has no OTLP receiver")?;
        shop.set_otlp(&format!("http://{receiver}"))?;
        Ok(Self { shop, agent, successor })
    }

    /// Stops the shop and its agent.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.shop.stop().await?;
        self.agent.stop().await;
        Ok(())
    }

    /// Stops the shop and returns when everything that it and the agent reported is stored:
    /// an agent that stops leaves the last of it in its spool, for the next to hand over.
    pub(super) async fn finish(self) -> anyhow::Result<()> {
        self.shop.flush().await?;
        let successor = self.successor.clone();
        self.stop().await?;
        let agent = Agent::start(successor).await?;
        let drained = agent.drained(DRAIN_TIMEOUT).await;
        agent.stop().await;
        anyhow::ensure!(drained, "the agent still had telemetry to hand over after {} s", DRAIN_TIMEOUT.as_secs());
        Ok(())
    }
}

fn route(edge: &ProxiedRoute) -> RouteConfig {
    let mut route = RouteConfig::new(&edge.name, &edge.from, &edge.to, ANY_PORT, &edge.upstream);
    route.templates.clone_from(&edge.templates);
    route.rules = edge.session_header.iter().map(|header| session_rule(header)).chain([captured_rule()]).collect();
    route
}

/// What the payment gateway's webhook tells.
fn captured_rule() -> RuleConfig {
    RuleConfig {
        milestone: Some("payment.captured".to_owned()),
        from: Some(SourceConfig::RequestBody),
        when: Some("type = payment_intent.succeeded".to_owned()),
        amount: Some("data.object.amount_received".to_owned()),
        currency: Some("data.object.currency".to_owned()),
        minor_units: true,
        ..RuleConfig::default()
    }
}

/// The visit that a request was part of.
fn session_rule(header: &str) -> RuleConfig {
    RuleConfig {
        kind: Some("session".to_owned()),
        from: Some(SourceConfig::RequestHeader),
        name: Some(header.to_owned()),
        ..RuleConfig::default()
    }
}
