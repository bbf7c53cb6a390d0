use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::visit::{Variables, Visit};
use super::{Storefront, browsing, checkout, orders};
use crate::network::{SESSION_HEADER, Scope, ServiceError};

/// A GraphQL request. Which fields of the variables are needed depends on the operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    operation_name: String,
    #[serde(default)]
    variables: Variables,
}

pub(super) async fn answer(
    State(storefront): State<Arc<Storefront>>,
    Extension(scope): Extension<Scope>,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Result<Json<Value>, ServiceError> {
    let session = headers.get(SESSION_HEADER).and_then(|token| token.to_str().ok()).map(str::to_owned);
    scope.attribute("graphql.operation.name", request.operation_name.clone());
    let visit = Visit { scope, session, variables: request.variables };
    let result = match request.operation_name.as_str() {
        "Search" => browsing::search(&storefront, &visit).await,
        "AddToCart" => browsing::add_to_cart(&storefront, &visit).await,
        "StartCheckout" => checkout::start(&storefront, &visit).await,
        "PlaceOrder" => checkout::place_order(&storefront, &visit).await,
        "OrderStatus" => orders::look_up(&storefront, &visit).await,
        "OrderHistory" => orders::history(&storefront, &visit),
        "CancelOrder" => orders::cancel(&storefront, &visit).await,
        _ => Err(ServiceError::Unknown { kind: "operation", id: request.operation_name }),
    };
    Ok(Json(json!({ "data": { "result": result? } })))
}
