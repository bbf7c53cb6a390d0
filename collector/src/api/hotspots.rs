use std::collections::HashMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::hotspot::{HotspotOrdersQuery, Hotspots, HotspotsQuery, SLICES_LIMIT};
use ordertrace_api::keys::Key;
use ordertrace_api::order::{OrderSummary, OrdersPage};
use ordertrace_api::problem::Problem;

use super::ApiState;
use super::problem::Refusal;
use super::range::range;
use crate::hotspots::Minutes;
use crate::journey::Left;
use crate::orders::summarise;

/// How far a range reaches back unless the query says so.
const DEFAULT_RANGE: SignedDuration = SignedDuration::from_hours(1);

/// Orders in a reply unless the query says otherwise.
const DEFAULT_LIMIT: u32 = 200;

/// Orders that a query may ask for.
const MAX_LIMIT: u32 = 1000;

#[utoipa::path(
    get,
    path = ordertrace_api::routes::HOTSPOTS,
    params(
        ("since" = Option<String>, Query, description = "Only attempts that started at or after this time, RFC 3339; an hour before `until` unless given"),
        ("until" = Option<String>, Query, description = "Only attempts that started before this time, RFC 3339; now unless given"),
        ("against" = Option<String>, Query, description = "Also the figures of the same range a day or a week earlier: day or week"),
        ("slices" = Option<u32>, Query, description = "Also what happened in each of so many equal parts of the range, 1 to 120; none unless given"),
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
    let slices = query.slices.map(|slices| Refusal::unless_within("slices", Some(slices), slices, SLICES_LIMIT));
    let now = Timestamp::now();
    let minutes = Minutes::touched(range((query.since, query.until), DEFAULT_RANGE, now)?);
    Ok(Json(state.hotspots.hotspots(minutes, query.against, slices.transpose()?, now).await?))
}

#[utoipa::path(
    get,
    path = ordertrace_api::routes::HOTSPOT_ORDERS,
    params(
        ("from" = Option<String>, Query, description = "The system that handed on; whichever it was unless given"),
        ("to" = String, Query, description = "The system that received"),
        ("operation" = Option<String>, Query, description = "What was asked, as the list of hotspots names it; anything unless given"),
        ("since" = Option<String>, Query, description = "Only handoffs that started at or after this time, RFC 3339; an hour before `until` unless given"),
        ("until" = Option<String>, Query, description = "Only handoffs that started before this time, RFC 3339; now unless given"),
        ("limit" = Option<u32>, Query, description = "At most this many, 1 to 1000; 200 unless given"),
    ),
    responses(
        (status = 200, description = "The orders with such a handoff in the minutes that the range touches: those with most money at risk first, then those that it took longest", body = OrdersPage),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn orders(
    State(state): State<ApiState>,
    query: Result<Query<HotspotOrdersQuery>, QueryRejection>,
) -> Result<Json<OrdersPage>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let limit = Refusal::unless_within("limit", query.limit, DEFAULT_LIMIT, MAX_LIMIT)? as usize;
    let minutes = Minutes::touched(range((query.since, query.until), DEFAULT_RANGE, Timestamp::now())?);
    let mut keys = state.hotspots.orders(minutes, &query, limit + 1).await?;
    let more = keys.len() > limit;
    keys.truncate(limit);
    let mut found: HashMap<Key, OrderSummary> = HashMap::with_capacity(keys.len());
    let mut left: Left = keys.iter().cloned().collect();
    while !left.is_empty() {
        for journey in state.journeys.next_of(&mut left).await? {
            let summary = summarise(&journey);
            found.extend(journey.keys.into_iter().map(|key| (key.key, summary.clone())));
        }
    }
    let orders = keys.iter().filter_map(|key| found.get(key).cloned()).collect();
    Ok(Json(OrdersPage { orders, more }))
}
