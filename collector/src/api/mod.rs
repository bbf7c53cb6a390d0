//! The HTTP API: journeys, orders, findings, hotspots and spans as JSON, health and metrics.

mod alerts;
mod explain;
mod findings;
mod flows;
mod health;
mod history;
mod hotspots;
mod journeys;
mod openapi;
mod orders;
mod problem;
mod range;
mod rules;
mod spans;
mod status;
mod surface;
mod sync;
mod tail;
mod trace;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use clickhouse::Client;
use ordertrace_api::routes;
use ordertrace_api::status::Status;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::alert::AlertView;
use crate::detect::Ledger;
use crate::explain::Explainer;
use crate::flow::Flows;
use crate::hotspots::Rollup;
use crate::journey::Journeys;
use crate::lines::LinesView;
use crate::orders::Orders;
use crate::sources::SourceView;
use crate::surface::Surfaces;
use crate::sync::SyncView;
use crate::tail::Tail;

/// What the API answers from.
#[derive(Clone)]
pub struct ApiState {
    /// Journeys.
    pub journeys: Journeys,
    /// The orders list.
    pub orders: Orders,
    /// What detection found.
    pub findings: Ledger,
    /// What journeys must reach.
    pub flows: Arc<Flows>,
    /// What handoffs cost.
    pub hotspots: Rollup,
    /// What sets of orders have in common.
    pub explainer: Explainer,
    /// How handoffs are done.
    pub surfaces: Surfaces,
    /// How copies stand.
    pub sync: SyncView,
    /// Whether what readings come from is up to date.
    pub sources: SourceView,
    /// Which orders hold a SKU.
    pub lines: LinesView,
    /// What somebody must know.
    pub alerts: AlertView,
    /// What happens.
    pub tail: Tail,
    /// For raw spans and readiness.
    pub client: Client,
    /// The collector's own figures, taken when asked.
    pub status: Arc<dyn Fn() -> Status + Send + Sync>,
    /// Metrics to expose.
    pub registry: Arc<Registry>,
}

/// All routes of the API.
pub fn router(state: ApiState) -> Router {
    Router::new()
        .route(routes::ORDERS, get(orders::list))
        .route(routes::JOURNEY, get(journeys::one))
        .route(routes::FINDINGS, get(findings::list))
        .route(routes::LEARNED_FLOW, get(flows::learned))
        .route(routes::HOTSPOTS, get(hotspots::list))
        .route(routes::HOTSPOT_ORDERS, get(hotspots::orders))
        .route(routes::EXPLAIN, get(explain::explain))
        .route(routes::SURFACE, get(surface::list))
        .route(routes::SYNC, get(sync::show))
        .route(routes::SYNC_HISTORY, get(history::show))
        .route(routes::SYNC_ORDERS, get(sync::orders))
        .route(routes::ALERTS, get(alerts::list))
        .route(routes::ALERT_ACKNOWLEDGEMENT, post(alerts::acknowledge))
        .route(routes::ALERT_SILENCE, post(alerts::silence))
        .route(routes::RULES_REPLAY, post(rules::replay))
        .route(routes::TRACE_SPANS, get(spans::of_trace))
        .route(routes::TAIL, get(tail::page))
        // Only these: health checks and scrapes come all the time and tell nothing.
        .route_layer(from_fn(trace::traced))
        .route(routes::STATUS, get(status::status))
        .route(routes::OPENAPI, get(openapi::document))
        .route(routes::LIVEZ, get(health::live))
        .route(routes::READYZ, get(health::ready))
        .route(routes::METRICS, get(health::metrics))
        .fallback(problem::no_such_route)
        .with_state(state)
}

/// Serves the API until `stop`.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(listener: TcpListener, state: ApiState, stop: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, router(state)).with_graceful_shutdown(stop.cancelled_owned()).await
}
