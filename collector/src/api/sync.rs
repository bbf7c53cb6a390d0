use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::lines::{SkuOrders, SkuOrdersQuery};
use ordertrace_api::problem::Problem;
use ordertrace_api::sync::{SyncQuery, SyncReply};

use super::ApiState;
use super::problem::Refusal;
use super::range::range;

/// How far a range reaches back unless the query says so.
const DEFAULT_RANGE: SignedDuration = SignedDuration::from_hours(1);

/// Drifts in one reply unless the query says so, and at most.
const DEFAULT_LIMIT: u32 = 200;
const MAX_LIMIT: u32 = 10_000;

/// The same of orders that touched a SKU.
const ORDERS_RANGE: SignedDuration = SignedDuration::from_hours(24);
const ORDERS_LIMIT: u32 = 50;
const MAX_ORDERS: u32 = 500;

#[utoipa::path(
    get,
    path = ordertrace_api::routes::SYNC,
    params(
        ("since" = Option<String>, Query, description = "Lags of changes that arrived at or after this time, RFC 3339; an hour before `until` unless given"),
        ("until" = Option<String>, Query, description = "Lags of changes that arrived before this time, RFC 3339; now unless given"),
        ("subject" = Option<String>, Query, description = "Only drifts of this SKU, or of the order with this key"),
        ("limit" = Option<u32>, Query, description = "At most so many drifts, 1 to 10000; 200 unless given"),
    ),
    responses(
        (status = 200, description = "How long changes take until each target shows them, and what does not agree now, the oldest first, with what orders in flight explain of it and which open orders it endangers", body = SyncReply),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(state): State<ApiState>,
    query: Result<Query<SyncQuery>, QueryRejection>,
) -> Result<Json<SyncReply>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let limit = Refusal::unless_within("limit", query.limit, DEFAULT_LIMIT, MAX_LIMIT)? as usize;
    let now = Timestamp::now();
    let range = range((query.since, query.until), DEFAULT_RANGE, now)?;
    let mut reply = state.sync.sync(range, query.subject.as_deref(), limit, now).await?;
    state.sources.mark(&mut reply, now).await?;
    Ok(Json(reply))
}

#[utoipa::path(
    get,
    path = ordertrace_api::routes::SYNC_ORDERS,
    params(
        ("sku" = String, Query, description = "The SKU"),
        ("since" = Option<String>, Query, description = "Only orders of whose goods something was said at or after this time, RFC 3339; a day before `until` unless given"),
        ("until" = Option<String>, Query, description = "Only what was said before this time, RFC 3339; now unless given"),
        ("limit" = Option<u32>, Query, description = "At most so many orders, 1 to 500; 50 unless given"),
    ),
    responses(
        (status = 200, description = "Orders that touched a SKU, the one of whose goods something was said last first", body = SkuOrders),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn orders(
    State(state): State<ApiState>,
    query: Result<Query<SkuOrdersQuery>, QueryRejection>,
) -> Result<Json<SkuOrders>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let limit = Refusal::unless_within("limit", query.limit, ORDERS_LIMIT, MAX_ORDERS)? as usize;
    let range = range((query.since, query.until), ORDERS_RANGE, Timestamp::now())?;
    Ok(Json(state.lines.orders(&query.sku, range, limit).await?))
}
