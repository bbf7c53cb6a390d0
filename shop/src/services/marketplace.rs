//! A sales channel outside of the shop: silent.

use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use http::StatusCode;
use serde_json::json;

use crate::flow::Product;
use crate::network::{Call, CallError, Scope, Station};
use crate::operation::IMPORT_MARKETPLACE_ORDER;

pub(super) fn router() -> Router {
    Router::new()
        .route("/orders/{marketplace_order}/acknowledgement", post(note))
        .route("/orders/{marketplace_order}/shipments", post(note))
}

async fn note(Path(_order): Path<String>) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Somebody bought on the marketplace, which hands the order on to the shop.
pub(crate) async fn import(station: &Station, index: u64, items: &[&'static Product]) -> Result<(), CallError> {
    let id = station.seed().marketplace_order_id(index);
    let scope = Scope::job(station.seed(), "marketplace order", &id, Some(index));
    station.mints(&scope, "marketplace_order", &id);
    let skus: Vec<&str> = items.iter().map(|product| product.sku).collect();
    let body = json!({ "amazon_order_id": id, "skus": skus });
    station.must(&scope, Call::new(&IMPORT_MARKETPLACE_ORDER).body(body)).await.map(drop)
}
