use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordertrace_api::journey::{Candidates, Journey, JourneyQuery};
use ordertrace_api::keys::KeyPattern;
use ordertrace_api::problem::Problem;

use super::ApiState;
use super::problem::Refusal;
use crate::journey::Found;

#[utoipa::path(
    get,
    path = ordertrace_api::routes::JOURNEY,
    params(
        ("key" = String, Path, description = "Any strong key of the journey: VALUE, KIND:VALUE or KIND@SYSTEM:VALUE"),
        ("aligned" = Option<bool>, Query, description = "Whether to tell all times by one clock; by each system's own unless given"),
    ),
    responses(
        (status = 200, description = "The whole journey", body = Journey),
        (status = 300, description = "The text names keys of several journeys", body = Candidates),
        (status = 400, description = "The text is no key", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No journey has such a key", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn one(
    State(state): State<ApiState>,
    Path(key): Path<String>,
    query: Result<Query<JourneyQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let pattern: KeyPattern = key.parse().map_err(|error| Refusal::bad_request(format!("{error}")))?;
    match state.journeys.find(&pattern, query.aligned).await? {
        Found::One(journey) => Ok(Json(*journey).into_response()),
        Found::Several(candidates) => {
            Ok((StatusCode::MULTIPLE_CHOICES, Json(Candidates { candidates })).into_response())
        }
        Found::Nothing => Err(Refusal::not_found(format!(
            "no journey has the key {key}; customers, SKUs and the like are shared by many orders and name none"
        ))),
    }
}
