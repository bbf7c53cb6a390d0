use axum::Json;
use axum::extract::State;
use ordertrace_api::status::Status;

use super::ApiState;

#[utoipa::path(
    get,
    path = ordertrace_api::routes::STATUS,
    responses((status = 200, description = "What the collector accepted, stored and refused", body = Status))
)]
pub(super) async fn status(State(state): State<ApiState>) -> Json<Status> {
    let mut status = (state.status)();
    match state.client.query("SELECT version()").fetch_all::<String>().await {
        Ok(version) => status.storage.version = version.into_iter().next(),
        Err(error) => status.storage.error = Some(error.to_string()),
    }
    Json(status)
}
