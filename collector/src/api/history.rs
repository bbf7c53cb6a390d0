use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::history::{History, HistoryQuery};
use ordertrace_api::problem::Problem;

use super::ApiState;
use super::problem::Refusal;
use super::range::range;

/// How far a range reaches back unless the query says so.
const DEFAULT_RANGE: SignedDuration = SignedDuration::from_hours(24);

/// Changes of each copy in one reply unless the query says so, and at most.
const DEFAULT_LIMIT: u32 = 200;
const MAX_LIMIT: u32 = 1_000;

#[utoipa::path(
    get,
    path = ordertrace_api::routes::SYNC_HISTORY,
    params(
        ("subject" = String, Query, description = "The SKU, the key of the order, or the name of the feed or index"),
        ("entity" = Option<String>, Query, description = "inventory, price, product, order_status, feed or search_index; all, without it"),
        ("since" = Option<String>, Query, description = "Changes at or after this time, RFC 3339; a day before `until` unless given"),
        ("until" = Option<String>, Query, description = "Changes before this time, RFC 3339; now unless given"),
        ("limit" = Option<u32>, Query, description = "At most so many changes of each copy, the latest, 1 to 1000; 200 unless given"),
    ),
    responses(
        (status = 200, description = "What each system said of it, and since when; no copies where nobody said anything", body = History),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(state): State<ApiState>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Json<History>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    if query.subject.is_empty() {
        return Err(Refusal::bad_request("subject is empty; name a SKU, an order's key, a feed or an index"));
    }
    let limit = Refusal::unless_within("limit", query.limit, DEFAULT_LIMIT, MAX_LIMIT)? as usize;
    let range = range((query.since, query.until), DEFAULT_RANGE, Timestamp::now())?;
    Ok(Json(state.sync.history(&query.subject, query.entity, range, limit).await?))
}
