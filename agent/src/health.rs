//! `/livez`, `/readyz`, `/metrics` and `/status`.

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use ordertrace_api::agent::{AGENT_STATUS, AgentStatus, SpoolStatus};
use ordertrace_api::routes::{LIVEZ, METRICS, READYZ};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::spool::Spool;
use crate::telemetry::Meter;

/// Content type of the OpenMetrics text format 1.0.0.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is told.
#[derive(Clone)]
pub(crate) struct Health {
    pub(crate) name: String,
    pub(crate) started_at: jiff::Timestamp,
    pub(crate) spool: Spool,
    pub(crate) meter: Meter,
}

/// Serves until `stop`. Ready means that the spool takes records.
///
/// # Errors
/// When the listener fails.
pub(crate) async fn serve_health(
    listener: TcpListener,
    health: Health,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = Router::new()
        .route(LIVEZ, get(|| async { "ok\n" }))
        .route(READYZ, get(ready))
        .route(METRICS, get(metrics))
        .route(AGENT_STATUS, get(status))
        .with_state(health);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn ready(State(health): State<Health>) -> (StatusCode, &'static str) {
    if health.spool.is_full() {
        (StatusCode::SERVICE_UNAVAILABLE, "the spool is full: the collector takes nothing\n")
    } else {
        (StatusCode::OK, "ok\n")
    }
}

async fn metrics(State(health): State<Health>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPENMETRICS)], health.meter.exposition(&health.spool.tally()))
}

async fn status(State(health): State<Health>) -> Json<AgentStatus> {
    let tally = health.spool.tally();
    let at = |ns: u64| jiff::Timestamp::from_nanosecond(i128::from(ns)).ok();
    Json(AgentStatus {
        name: health.name,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: health.started_at,
        spool: SpoolStatus {
            bytes: tally.bytes,
            limit_bytes: health.spool.settings().limit_bytes,
            records: tally.pending_records,
            oldest_at: tally.oldest_at_ns.and_then(at),
            damaged_records: tally.damaged_records,
        },
        streams: health.meter.stream_status(&tally),
    })
}
