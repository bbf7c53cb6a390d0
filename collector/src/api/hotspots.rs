use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::hotspot::{Hotspots, HotspotsQuery};
use ordertrace_api::problem::Problem;

use super::ApiState;
use super::problem::Refusal;
use crate::hotspots::Minutes;

/// How far a range reaches back unless the query says so.
const DEFAULT_RANGE: SignedDuration = SignedDuration::from_hours(1);

#[utoipa::path(
    get,
    path = ordertrace_api::routes::HOTSPOTS,
    params(
        ("since" = Option<String>, Query, description = "Only attempts that started at or after this time, RFC 3339; an hour before `until` unless given"),
        ("until" = Option<String>, Query, description = "Only attempts that started before this time, RFC 3339; now unless given"),
        ("against" = Option<String>, Query, description = "Also the figures of the same range a day or a week earlier: day or week"),
    ),
    responses(
        (status = 200, description = "What handoffs cost in the minutes that the range touches, the costliest first", body = Hotspots),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(state): State<ApiState>,
    query: Result<Query<HotspotsQuery>, QueryRejection>,
) -> Result<Json<Hotspots>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let now = Timestamp::now();
    let until = query.until.unwrap_or(now);
    let since = query.since.unwrap_or_else(|| until.checked_sub(DEFAULT_RANGE).unwrap_or(Timestamp::MIN));
    let minutes = Minutes::touched(since, until).map_err(|error| Refusal::bad_request(error.to_string()))?;
    Ok(Json(state.hotspots.hotspots(minutes, query.against, now).await?))
}
