//! Product search: keyless, instrumented, drops the trace context.

use axum::extract::Query;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flow::CATALOGUE;

/// Hits of one search.
const HITS_MAX: usize = 3;

pub(super) fn router() -> Router {
    Router::new().route("/search", get(search))
}

#[derive(Debug, Deserialize)]
struct Term {
    q: String,
}

async fn search(Query(term): Query<Term>) -> Json<Value> {
    let first = CATALOGUE.iter().position(|product| product.name == term.q).unwrap_or(0);
    let hits = CATALOGUE.iter().cycle().skip(first).take(HITS_MAX);
    Json(json!({ "hits": hits.map(|product| json!({ "sku": product.sku })).collect::<Vec<_>>() }))
}
