//! Product information: silent, GraphQL.

use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flow::by_sku;
use crate::network::ServiceError;

pub(super) fn router() -> Router {
    Router::new().route("/graphql", post(details))
}

#[derive(Debug, Deserialize)]
struct Query {
    variables: Variables,
}

#[derive(Debug, Deserialize)]
struct Variables {
    sku: String,
}

async fn details(Json(query): Json<Query>) -> Result<Json<Value>, ServiceError> {
    let sku = query.variables.sku;
    let product = by_sku(&sku).ok_or(ServiceError::Unknown { kind: "sku", id: sku })?;
    Ok(Json(json!({ "data": { "product": { "sku": product.sku, "name": product.name } } })))
}
