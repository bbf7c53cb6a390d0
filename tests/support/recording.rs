//! The recorded order in `tests/fixtures/real-order`; its README says what it is.

use std::path::PathBuf;

use anyhow::Context;
use ordertrace_agent::capture::{
    Exchange, Preset, Rules, TraceContext, attempt_span, capture, export_request, headers_from,
};
use serde::Deserialize;

use crate::workspace;

/// Who the recorded parties are.
pub const SHOPPER: &str = "shopper";
/// Vendure.
pub const STOREFRONT: &str = "storefront";
/// The stand-in for Stripe.
pub const PAYMENTS: &str = "payments";

#[derive(Deserialize)]
struct Handoff {
    t0: u64,
    t1: u64,
    method: String,
    path: String,
    req_headers: Vec<(String, String)>,
    req: String,
    status: u16,
    resp_headers: Vec<(String, String)>,
    resp: String,
}

#[derive(Deserialize)]
struct Webhook {
    received_at_ns: u64,
    path: String,
    headers: Vec<(String, String)>,
}

fn folder() -> PathBuf {
    workspace().join("tests/fixtures/real-order")
}

/// The bodies of the OpenTelemetry SDK's requests, in order of arrival.
///
/// # Errors
/// When the fixtures cannot be read.
pub fn otlp_bodies() -> anyhow::Result<Vec<Vec<u8>>> {
    sorted("otlp", ".pb")?.into_iter().map(|path| Ok(std::fs::read(path)?)).collect()
}

/// What an agent between shopper and storefront, and one before the storefront's webhook,
/// would have exported: the recorded exchanges put through the agent's own capture.
///
/// # Errors
/// When the fixtures cannot be read.
pub fn agent_request() -> anyhow::Result<Vec<u8>> {
    let vendure = Rules::compile(&[Preset::Vendure], &[], &[], true)?;
    let stripe = Rules::compile(&[Preset::Stripe], &[], &[], true)?;
    let mut spans = Vec::new();
    for path in sorted("handoffs", ".json")? {
        let recorded: Handoff = read(&path)?;
        let mut exchange = Exchange::new(SHOPPER, STOREFRONT, &recorded.method, &recorded.path);
        exchange.trace = TraceContext::random();
        exchange.started_at_ns = recorded.t0;
        exchange.ended_at_ns = recorded.t1;
        exchange.request_headers = headers_from(recorded.req_headers);
        exchange.request_body = bytes::Bytes::from(recorded.req).into();
        exchange.status = Some(recorded.status);
        exchange.response_headers = headers_from(recorded.resp_headers);
        exchange.response_body = bytes::Bytes::from(recorded.resp).into();
        spans.push(attempt_span(&exchange, &capture(&exchange, &vendure)));
    }
    let webhooks = folder().join("webhooks");
    let head: Webhook = read(&webhooks.join("0015-payment_intent.succeeded.headers.json"))?;
    let mut webhook = Exchange::new(PAYMENTS, STOREFRONT, "POST", &head.path);
    webhook.trace = TraceContext::random();
    webhook.started_at_ns = head.received_at_ns;
    webhook.ended_at_ns = head.received_at_ns;
    webhook.request_headers = headers_from(head.headers);
    webhook.request_body =
        bytes::Bytes::from(std::fs::read(webhooks.join("0015-payment_intent.succeeded.body.json"))?).into();
    webhook.status = Some(200);
    spans.push(attempt_span(&webhook, &capture(&webhook, &stripe)));
    Ok(prost::Message::encode_to_vec(&export_request(spans, "recording")))
}

fn sorted(part: &str, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let folder = folder().join(part);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(extension) {
            files.push(path);
        }
    }
    files.sort();
    anyhow::ensure!(!files.is_empty(), "no {extension} file in {}", folder.display());
    Ok(files)
}

fn read<T: for<'de> Deserialize<'de>>(path: &std::path::Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}
