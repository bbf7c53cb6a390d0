use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use ordertrace_api::finding::{FindingState, FindingsPage, FindingsQuery};
use ordertrace_api::problem::Problem;

use super::ApiState;
use super::problem::Refusal;
use super::range::unless_empty;
use crate::detect::{Wanted, progress};

/// Findings in a reply unless the query says otherwise.
const DEFAULT_LIMIT: u32 = 200;

/// Findings that a query may ask for.
const MAX_LIMIT: u32 = 1000;

#[utoipa::path(
    get,
    path = ordertrace_api::routes::FINDINGS,
    params(
        ("since" = Option<String>, Query, description = "Only findings that hold, or held at or after this time, RFC 3339"),
        ("until" = Option<String>, Query, description = "Only findings that began before this time, RFC 3339"),
        ("state" = Option<String>, Query, description = "open, closed or retracted; without it, open and closed ones"),
        ("kind" = Option<String>, Query, description = "Only findings of this kind: paid_not_created, double_charge, ..."),
        ("severity" = Option<String>, Query, description = "Only findings so bad or worse: info, warning or critical"),
        ("limit" = Option<u32>, Query, description = "At most this many, 1 to 1000; 200 unless given"),
    ),
    responses(
        (status = 200, description = "Findings: those that hold first, the worst of them first, then the latest", body = FindingsPage),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(state): State<ApiState>,
    query: Result<Query<FindingsQuery>, QueryRejection>,
) -> Result<Json<FindingsPage>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    unless_empty(query.since, query.until)?;
    let limit = Refusal::unless_within("limit", query.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let wanted = Wanted {
        since: query.since,
        until: query.until,
        states: query.state.map_or_else(|| vec![FindingState::Open, FindingState::Closed], |state| vec![state]),
        kinds: query.kind.into_iter().collect(),
        severity: query.severity,
        limit: limit as usize + 1,
    };
    // Before the findings: what is told of as looked at must be in them.
    let progress = progress(&state.client).await?;
    let mut findings = state.findings.list(&wanted).await?;
    let more = findings.len() > limit as usize;
    findings.truncate(limit as usize);
    Ok(Json(FindingsPage { findings, more, progress }))
}
