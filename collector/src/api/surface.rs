use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::problem::Problem;
use ordertrace_api::surface::{Surface, SurfaceQuery};

use super::ApiState;
use super::problem::Refusal;
use super::range::range;
use crate::surface::Hours;

/// How far a range reaches back unless the query says so: jobs that run once a week are part of it.
const DEFAULT_RANGE: SignedDuration = SignedDuration::from_hours(7 * 24);

#[utoipa::path(
    get,
    path = ordertrace_api::routes::SURFACE,
    params(
        ("since" = Option<String>, Query, description = "Only calls that started at or after this time, RFC 3339; a week before `until` unless given"),
        ("until" = Option<String>, Query, description = "Only calls that started before this time, RFC 3339; now unless given"),
    ),
    responses(
        (status = 200, description = "How handoffs were authenticated and encrypted, and at which endpoints, in the hours that the range touches; the least protected first", body = Surface),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(state): State<ApiState>,
    query: Result<Query<SurfaceQuery>, QueryRejection>,
) -> Result<Json<Surface>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let range = range((query.since, query.until), DEFAULT_RANGE, Timestamp::now())?;
    Ok(Json(state.surfaces.surface(Hours::touched(range)).await?))
}
