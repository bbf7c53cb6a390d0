use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordertrace_api::problem::Problem;

use super::ApiState;
use super::problem::Refusal;

/// Longer than this and whoever asks has given up.
const READY_TIMEOUT: Duration = Duration::from_secs(5);

#[utoipa::path(get, path = ordertrace_api::routes::LIVEZ, responses((status = 200, description = "The process runs")))]
pub(super) async fn live() -> &'static str {
    "ok\n"
}

#[utoipa::path(
    get,
    path = ordertrace_api::routes::READYZ,
    responses(
        (status = 200, description = "A row was written just now"),
        (status = 503, description = "Rows cannot be written", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn ready(State(state): State<ApiState>) -> Result<&'static str, Refusal> {
    let write = state.client.query("INSERT INTO readiness VALUES (now())").execute();
    match tokio::time::timeout(READY_TIMEOUT, write).await {
        Ok(written) => written.map(|()| "ok\n").map_err(Refusal::from),
        Err(_) => Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "storage is not available",
            format!("ClickHouse did not take a row within {} s", READY_TIMEOUT.as_secs()),
        )),
    }
}

#[utoipa::path(
    get,
    path = ordertrace_api::routes::METRICS,
    responses((status = 200, description = "OpenMetrics text", body = String))
)]
pub(super) async fn metrics(State(state): State<ApiState>) -> Response {
    let mut text = String::new();
    match prometheus_client::encoding::text::encode(&mut text, &state.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
            .into_response(),
        Err(error) => Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "metrics cannot be written", error.to_string())
            .into_response(),
    }
}
