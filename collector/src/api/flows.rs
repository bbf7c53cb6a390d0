use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use ordertrace_api::flow::{LearnQuery, LearnedFlow};
use ordertrace_api::problem::Problem;

use super::ApiState;
use super::problem::Refusal;
use crate::flow::{learn, reached};

/// Journeys to learn from unless the query says otherwise.
const DEFAULT_JOURNEYS: u32 = 2_000;

/// Journeys that a query may ask for.
const MAX_JOURNEYS: u32 = 10_000;

#[utoipa::path(
    get,
    path = ordertrace_api::routes::LEARNED_FLOW,
    params(
        ("since" = Option<String>, Query, description = "Only journeys in which something was reached at or after this time, RFC 3339"),
        ("until" = Option<String>, Query, description = "Only journeys in which something was reached before this time, RFC 3339"),
        ("journeys" = Option<u32>, Query, description = "At most so many, the latest; 1 to 10,000, 2,000 unless given"),
    ),
    responses(
        (status = 200, description = "What these journeys have in common, also as a configuration file", body = LearnedFlow),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn learned(
    State(state): State<ApiState>,
    query: Result<Query<LearnQuery>, QueryRejection>,
) -> Result<Json<LearnedFlow>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let most = Refusal::unless_within("journeys", query.journeys, DEFAULT_JOURNEYS, MAX_JOURNEYS)?;
    let journeys = reached(&state.client, &state.journeys, query.since, query.until, most).await?;
    Ok(Json(learn(&journeys, &state.flows)))
}
