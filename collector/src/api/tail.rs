use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use ordertrace_api::problem::Problem;
use ordertrace_api::tail::{TailPage, TailQuery};

use super::ApiState;
use super::problem::Refusal;
use crate::tail::CursorError;

#[utoipa::path(
    get,
    path = ordertrace_api::routes::TAIL,
    params(("after" = Option<String>, Query, description = "The cursor of the page before; without it, from now on")),
    responses(
        (status = 200, description = "What happened since then, by time", body = TailPage),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn page(
    State(state): State<ApiState>,
    query: Result<Query<TailQuery>, QueryRejection>,
) -> Result<Json<TailPage>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let after = query.after.as_deref().map(str::parse).transpose();
    let after = after.map_err(|error: CursorError| Refusal::bad_request(format!("after: {error}")))?;
    Ok(Json(state.tail.page(after).await?))
}
