use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use ordertrace_api::order::{OrdersPage, OrdersQuery};
use ordertrace_api::problem::Problem;

use super::ApiState;
use super::problem::Refusal;
use super::range::unless_empty;

/// Orders in a reply unless the query says otherwise.
const DEFAULT_LIMIT: u32 = 200;

/// Orders that a query may ask for.
const MAX_LIMIT: u32 = 1000;

/// Journeys put together for one search.
const MAX_FOUND: u32 = 50;

#[utoipa::path(
    get,
    path = ordertrace_api::routes::ORDERS,
    params(
        ("since" = Option<String>, Query, description = "Only journeys active at or after this time, RFC 3339"),
        ("until" = Option<String>, Query, description = "Only journeys that started before this time, RFC 3339"),
        ("search" = Option<String>, Query, description = "Only journeys with a key whose value starts with this text: VALUE, KIND:VALUE or KIND@SYSTEM:VALUE; at most 50"),
        ("limit" = Option<u32>, Query, description = "At most this many, 1 to 1000; 200 unless given"),
    ),
    responses(
        (status = 200, description = "Journeys, newest activity first", body = OrdersPage),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(state): State<ApiState>,
    query: Result<Query<OrdersQuery>, QueryRejection>,
) -> Result<Json<OrdersPage>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    unless_empty(query.since, query.until)?;
    let limit = Refusal::unless_within("limit", query.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let page = match query.search.as_deref().map(str::trim).filter(|search| !search.is_empty()) {
        Some(search) => {
            let pattern = search.parse().map_err(|error| Refusal::bad_request(format!("search: {error}")))?;
            let mut page = state.orders.search(&pattern, limit.min(MAX_FOUND)).await?;
            page.orders.retain(|order| {
                query.since.is_none_or(|since| order.last_at >= since)
                    && query.until.is_none_or(|until| order.started_at < until)
            });
            page
        }
        None => state.orders.list(query.since, query.until, limit).await?,
    };
    Ok(Json(page))
}
