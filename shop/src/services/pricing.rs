//! Prices: instrumented; the cart is known from the URL path alone.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::network::{ServiceError, Station};

pub(super) fn router(station: &Arc<Station>) -> Router {
    Router::new()
        .route("/prices/{sku}", get(price))
        .route("/carts/{cart}/quote", post(quote))
        .with_state(Arc::clone(station))
}

#[derive(Debug, Deserialize)]
struct Lines {
    skus: Vec<String>,
}

async fn price(State(station): State<Arc<Station>>, Path(sku): Path<String>) -> Json<Value> {
    Json(json!({ "sku": sku, "price_cents": price_cents(&station, &sku) }))
}

async fn quote(
    State(station): State<Arc<Station>>,
    Path(_cart): Path<String>,
    Json(lines): Json<Lines>,
) -> Result<Json<Value>, ServiceError> {
    if lines.skus.is_empty() {
        return Err(ServiceError::Missing("skus"));
    }
    let total: u64 = lines.skus.iter().map(|sku| price_cents(&station, sku)).sum();
    Ok(Json(json!({ "total_cents": total, "currency": "EUR" })))
}

fn price_cents(station: &Station, sku: &str) -> u64 {
    station.seed().chance(&["price", sku]).between(250, 24_900)
}
