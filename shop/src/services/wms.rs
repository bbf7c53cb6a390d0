//! The warehouse: silent.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Extension, Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flow::{Stock, by_sku};
use crate::network::{Call, Scope, Station};
use crate::operation::CREATE_LABEL;

pub(super) fn router(station: &Arc<Station>) -> Router {
    Router::new()
        .route("/orders/{order}/reservations", post(reserve).delete(release))
        .route("/shipments", post(ship))
        .with_state(Arc::clone(station))
}

#[derive(Debug, Deserialize)]
struct Reservation {
    skus: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Shipment {
    order_number: String,
}

async fn reserve(Path(_order): Path<String>, Json(wanted): Json<Reservation>) -> (StatusCode, Json<Value>) {
    let gone = |sku: &&String| by_sku(sku).is_none_or(|product| product.stock == Stock::Gone);
    match wanted.skus.iter().find(gone) {
        Some(sku) => (StatusCode::CONFLICT, Json(json!({ "error": "out of stock", "sku": sku }))),
        None => (StatusCode::CREATED, Json(json!({ "reserved": wanted.skus.len() }))),
    }
}

async fn release(Path(_order): Path<String>) -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn ship(
    State(station): State<Arc<Station>>,
    Extension(scope): Extension<Scope>,
    Json(shipment): Json<Shipment>,
) -> (StatusCode, Json<Value>) {
    let id = station.seed().shipment_id(&shipment.order_number);
    station.mints(&scope, "shipment", &id);
    let job = Scope::job(station.seed(), "label", &id, scope.owner);
    let reply = Json(json!({ "shipment_id": id }));
    station.spawn(scope.owner, {
        let station = Arc::clone(&station);
        async move {
            station.pause(&["pick and pack", &id]).await;
            let body = json!({ "shipment_id": id, "order_number": shipment.order_number, "weight_g": 740 });
            station.must(&job, Call::new(&CREATE_LABEL).body(body)).await.map(drop)
        }
    });
    (StatusCode::CREATED, reply)
}
