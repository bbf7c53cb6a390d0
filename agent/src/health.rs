//! `/livez`, `/readyz` and `/metrics`.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use ordertrace_api::routes::{LIVEZ, METRICS, READYZ};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::spool::Spool;
use crate::telemetry::Meter;

/// Content type of the OpenMetrics text format 1.0.0.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Health {
    spool: Spool,
    meter: Meter,
}

/// Serves until `stop`. Ready means that the spool takes records.
///
/// # Errors
/// When the listener fails.
pub(crate) async fn serve_health(
    listener: TcpListener,
    spool: Spool,
    meter: Meter,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = Router::new()
        .route(LIVEZ, get(|| async { "ok\n" }))
        .route(READYZ, get(ready))
        .route(METRICS, get(metrics))
        .with_state(Health { spool, meter });
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
