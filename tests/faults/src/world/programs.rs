//! How the programs are configured.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use ordertrace_api::agent::AGENT_STATUS;
use ordertrace_api::routes;
use ordertrace_collector::engine::Endpoint;

use super::{Process, Receiver};

/// The collectors' database.
pub(super) const DATABASE: &str = "ordertrace";

/// A collector that reaches ClickHouse through the link at `store`.
pub(super) fn collector(
    ordertrace: &Path,
    folder: &Path,
    number: usize,
    at: Receiver,
    store: SocketAddr,
    clickhouse: &Endpoint,
) -> anyhow::Result<Process> {
    let Receiver { grpc, http, status } = at;
    let user = &clickhouse.user;
    let settings = format!(
        "otlp_grpc: '{grpc}'\notlp_http: '{http}'\napi: '{status}'\n\
         clickhouse: {{url: 'http://{store}', user: '{user}', database: {DATABASE}}}\n"
    );
    let mut process = process(ordertrace, folder, &format!("collector-{number}"), "collector", &settings)?;
    process.ready_url = format!("http://{status}{}", routes::READYZ);
    process.environment.push(("ORDERTRACE_CLICKHOUSE_PASSWORD", clickhouse.password.clone()));
    Ok(process)
}

/// An agent that reaches a collector through the link at `export`. It is impatient, so that requests are often sent
/// again while the first is under way.
pub(super) fn agent(
    ordertrace: &Path,
    folder: &Path,
    number: usize,
    at: Receiver,
    protocol: &str,
    export: SocketAddr,
    spool: &Path,
) -> anyhow::Result<Process> {
    let Receiver { grpc, http, status } = at;
    let name = format!("agent-{number}");
    let settings = format!(
        "name: {name}\n\
         export: {{endpoint: 'http://{export}', protocol: {protocol}, timeout_ms: 2000, retry_max_ms: 1000}}\n\
         receiver: {{grpc: '{grpc}', http: '{http}'}}\n\
         spool: {{dir: '{}', limit_bytes: 8589934592, segment_bytes: 1048576}}\n\
         metrics: '{status}'\n",
        spool.display()
    );
    let mut process = process(ordertrace, folder, &name, "agent", &settings)?;
    process.ready_url = format!("http://{status}{AGENT_STATUS}");
    Ok(process)
}

fn process(ordertrace: &Path, folder: &Path, name: &str, subcommand: &str, settings: &str) -> anyhow::Result<Process> {
    let file = folder.join(format!("{name}.yaml"));
    std::fs::write(&file, settings).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(Process {
        name: name.to_owned(),
        program: ordertrace.to_owned(),
        arguments: vec![subcommand.to_owned(), "--config".to_owned(), file.display().to_string()],
        environment: Vec::new(),
        log: folder.join(format!("{name}.log")),
        ready_url: String::new(),
        http: reqwest::Client::new(),
        child: None,
    })
}
