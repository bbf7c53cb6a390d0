//! Bad input of every kind that pollers meet: each source has a clear state of its own in `ordertrace status`, the
//! others go on, and nothing is compared in silence with what is old.

mod api;
mod postgres;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use ordertrace_api::source::{SourceState, SourceStatus};
use ordertrace_api::status::Status;
use ordertrace_api::sync::SyncReply;
use ordertrace_tests::otlp::now_ns;
use ordertrace_tests::{CollectorProcess, binary};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use api::Pages;
use postgres::Postgres;

/// A source grows stale some twenty seconds after the last that was told of it.
const PATIENCE: Duration = Duration::from_secs(180);

const SETTINGS: &str = "
sync:
- name: stock
  entity: inventory
  source: erp
  targets:
  - {system: web}
  - {system: kiosk}
";

/// Accepts connections and never says a word.
async fn mute() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            held.push(connection);
        }
    });
    address
}

/// Sources that answer have time enough for it on any machine.
fn poll(name: &str, system: &str, source: &Value) -> Value {
    poll_for("10s", name, system, source)
}

fn poll_for(timeout: &str, name: &str, system: &str, source: &Value) -> Value {
    json!({
        "name": name,
        "system": system,
        "interval": "1s",
        "timeout": timeout,
        "source": source,
        "readings": [{ "entity": "inventory", "columns": { "sku": "sku", "value": "qty" } }],
    })
}

fn csv(folder: &Path, name: &str) -> Value {
    json!({ "csv": { "path": folder.join(name) } })
}

/// `ordertrace agent` with these polls; killed when dropped.
fn agent(folder: &Path, collector: &CollectorProcess, polls: &[Value]) -> Child {
    let config = json!({
        "name": "agent-of-the-erp",
        "export": { "endpoint": format!("http://{}", collector.otlp_http) },
        "spool": { "dir": folder.join("spool") },
        "polls": polls,
    });
    let file = folder.join("agent.yaml");
    // JSON is YAML.
    std::fs::write(&file, config.to_string()).unwrap();
    let mut command = Command::new(binary());
    command.arg("agent").arg("--config").arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.kill_on_drop(true).spawn().unwrap()
}

/// What `look` finds, once it does; else what it saw.
async fn eventually<T>(mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => assert!(began.elapsed() < PATIENCE, "{seen}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until the source of this name is so.
async fn until(collector: &CollectorProcess, name: &str, is_so: impl Fn(&SourceStatus) -> bool) {
    eventually(async || {
        let status: Status = collector.get("/api/v1/status").await.unwrap().unwrap();
        let is_meant = |source: &&SourceStatus| source.poll.as_deref().unwrap_or(&source.system) == name;
        let found = status.sources.iter().filter(is_meant).any(&is_so);
        if found { Ok(()) } else { Err(format!("{name}: {:#?}", status.sources)) }
    })
    .await;
}

async fn until_state(collector: &CollectorProcess, name: &str, state: SourceState, why: &str) {
    let is_why = |source: &SourceStatus| source.reason.as_deref().unwrap_or_default().contains(why);
    until(collector, name, |source| source.state == state && is_why(source)).await;
}

/// Waits until these are the doubts about the comparisons: the target, what is doubted, and how it is.
async fn until_doubts(collector: &CollectorProcess, expected: &[(&str, &str, SourceState)]) {
    eventually(async || {
        let reply: SyncReply = collector.get("/api/v1/sync").await.unwrap().unwrap();
        let doubts = reply.lags.iter().flat_map(|lag| lag.doubts.iter().map(|doubt| (lag.target.as_str(), doubt)));
        let doubts = doubts.map(|(target, doubt)| (target, doubt.poll.as_ref().unwrap_or(&doubt.system), doubt.state));
        let doubts: Vec<(&str, &str, SourceState)> =
            doubts.map(|(target, name, state)| (target, name.as_str(), state)).collect();
        if doubts == expected { Ok(()) } else { Err(format!("{doubts:#?}")) }
    })
    .await;
}

/// Gauge points of a system that tells of itself.
fn gauge(name: &str, system: &str, values: &[(&str, Value, &str)]) -> Value {
    let attribute = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let points: Vec<Value> = values
        .iter()
        .map(|(sku, value, currency)| {
            json!({
                "timeUnixNano": now_ns().to_string(),
                "asDouble": value,
                "attributes": [
                    attribute("commerce.system", system),
                    attribute("commerce.sku", sku),
                    attribute("commerce.currency", currency),
                ],
            })
        })
        .collect();
    let metrics = [json!({ "name": name, "gauge": { "dataPoints": points } })];
    json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": metrics }] }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_input_is_a_clear_state_of_its_source() {
    let collector = CollectorProcess::start(SETTINGS).await.unwrap();
    let (mut postgres, pages, mute) = (Postgres::start().await, Pages::start().await, mute().await);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("header.csv", "sku,qty\nHAT,1\n");
    write("rows.csv", "sku,qty\nHAT,NaN\nSCARF,1e400\nGLOVES,3\n");
    write("web.csv", "sku,qty\nHAT,1\n");
    write("prices.csv", "sku,qty\nHAT,1\n");
    let price = |source: &Value| {
        let readings = [json!({
            "entity": "price",
            "columns": { "sku": "sku", "value": "qty" },
            "constants": { "currency": "XXQ" },
        })];
        let mut poll = poll("unknown-currency", "pim", source);
        poll["readings"] = json!(readings);
        poll
    };
    let server = json!({ "host": mute.ip(), "port": mute.port(), "database": "erp", "user": "reader", "query": "select sku, qty from stock" });
    let cursor = json!({ "column": "rev", "kind": "number" });
    let polls = [
        poll("cursor", "erp", &postgres.source("select sku, qty, rev from stock", Some(&cursor))),
        poll_for("1s", "sleeps", "oms", &postgres.source("select 'HAT' as sku, 1 as qty, pg_sleep(600)", None)),
        poll_for("3s", "locked", "wms", &postgres.source("select sku, qty from locked", None)),
        poll_for("1s", "mute-postgres", "crm", &json!({ "postgres": server })),
        poll_for("1s", "mute-mysql", "tax", &json!({ "mysql": server })),
        poll_for("1s", "mute-http", "fraud", &json!({ "http": { "url": format!("http://{mute}/stock") } })),
        poll("page-3-of-9", "shop", &pages.source()),
        poll("header", "feed", &csv(folder.path(), "header.csv")),
        poll("rows", "search", &csv(folder.path(), "rows.csv")),
        poll("web", "web", &csv(folder.path(), "web.csv")),
        price(&csv(folder.path(), "prices.csv")),
    ];
    let mut agent = agent(folder.path(), &collector, &polls);
    let told = gauge("commerce.inventory.level", "pos", &[("HAT", json!(1.0), ""), ("SCARF", json!("NaN"), "")]);
    collector.post_metrics(&told).await.unwrap();
    let told =
        gauge("commerce.price", "erp-prices", &[("HAT", json!(1.0), "XXQ"), ("SCARF", json!("Infinity"), "EUR")]);
    collector.post_metrics(&told).await.unwrap();

    for name in ["cursor", "header", "web", "locked"] {
        until(&collector, name, |source| source.worked_at.is_some()).await;
    }
    postgres.run("truncate stock").await;
    postgres.run("begin; lock table locked in access exclusive mode").await;
    write("header.csv", "sku,quantity\nHAT,1\n");
    let bad = [
        ("cursor", SourceState::Failed, "went backwards"),
        ("sleeps", SourceState::Failed, "1000 ms"),
        ("locked", SourceState::Failed, "3000 ms"),
        ("mute-postgres", SourceState::Failed, "1000 ms"),
        ("mute-mysql", SourceState::Failed, "1000 ms"),
        ("mute-http", SourceState::Failed, "1000 ms"),
        ("page-3-of-9", SourceState::Failed, "page 3: HTTP 500"),
        ("header", SourceState::Failed, "no column \"qty\""),
        ("rows", SourceState::Refused, "2 readings refused; the first: "),
        ("unknown-currency", SourceState::Refused, "\"XXQ\" is no code of ISO 4217"),
        ("pos", SourceState::Refused, "its value is NaN"),
        ("erp-prices", SourceState::Failed, "the collector refused 2 of its readings"),
        ("kiosk", SourceState::Missing, "sync compares inventory of kiosk"),
    ];
    for (name, state, why) in bad {
        until_state(&collector, name, state, why).await;
    }
    until(&collector, "web", |source| source.state == SourceState::Ok).await;
    let failed = ("cursor", SourceState::Failed);
    let expected =
        [("web", failed.0, failed.1), ("kiosk", failed.0, failed.1), ("kiosk", "kiosk", SourceState::Missing)];
    until_doubts(&collector, &expected).await;

    eventually(async || {
        let (code, text) = collector.ordertrace(&["status"]).await.unwrap();
        assert_eq!(code, Some(0), "{text}");
        for (name, system, state) in [
            ("cursor", "erp", "✗ failed"),
            ("mute-mysql", "tax", "✗ failed"),
            ("page-3-of-9", "shop", "✗ failed"),
            ("header", "feed", "✗ failed"),
            ("rows", "search", "! refused rows"),
            ("inventory", "kiosk", "✗ missing"),
            ("inventory", "pos", "! refused rows"),
            ("web", "web", "✓ ok"),
        ] {
            let line = text.lines().find(|line| line.starts_with(&format!("{name:<20} {system:<14}")));
            if !line.is_some_and(|line| line.contains(state)) {
                return Err(format!("{name} of {system} is not {state} in\n{text}"));
            }
        }
        Ok(())
    })
    .await;
    let (code, text) = collector.ordertrace(&["sync"]).await.unwrap();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("? poll cursor of erp: failed, as of ") && !text.contains("all targets show"), "{text}");

    // All of it comes back once it is put right.
    postgres.run("rollback").await;
    write("header.csv", "sku,qty\nHAT,2\n");
    pages.heal();
    for name in ["locked", "header", "page-3-of-9"] {
        until(&collector, name, |source| source.state == SourceState::Ok).await;
    }
    agent.kill().await.unwrap();
    until_state(&collector, "web", SourceState::Stale, "agent \"agent-of-the-erp\" told of no poll for more than 3")
        .await;
    until_state(&collector, "cursor", SourceState::Stale, "the last poll failed: ").await;
    let stale = SourceState::Stale;
    let expected = [
        ("web", "cursor", stale),
        ("web", "web", stale),
        ("kiosk", "cursor", stale),
        ("kiosk", "kiosk", SourceState::Missing),
    ];
    until_doubts(&collector, &expected).await;
    eventually(async || {
        let metrics = collector.text("/metrics").await.unwrap();
        let is_shown = metrics.contains("ordertrace_source_up{source=\"web\",system=\"web\"} 0\n");
        if is_shown { Ok(()) } else { Err(metrics) }
    })
    .await;
}
