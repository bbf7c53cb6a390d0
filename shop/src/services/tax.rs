//! Tax: silent. Its documents are made for carts and voided with their orders.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::network::{Scope, Station};

pub(super) fn router(station: &Arc<Station>) -> Router {
    Router::new()
        .route("/quotes", post(quote))
        .route("/documents/{tax_doc}/void", post(void))
        .with_state(Arc::clone(station))
}

#[derive(Debug, Deserialize)]
struct Quote {
    cart_id: String,
    total_cents: u64,
}

async fn quote(
    State(station): State<Arc<Station>>,
    Extension(scope): Extension<Scope>,
    Json(quote): Json<Quote>,
) -> Json<Value> {
    let document = station.seed().tax_doc_id(&quote.cart_id);
    station.mints(&scope, "tax_doc", &document);
    Json(json!({ "tax_doc_id": document, "tax_cents": quote.total_cents * 19 / 100 }))
}

async fn void(Path(_document): Path<String>) -> Json<Value> {
    Json(json!({ "state": "void" }))
}
