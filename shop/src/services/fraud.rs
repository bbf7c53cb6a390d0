//! Fraud screening: instrumented.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flow::{Stock, by_sku};
use crate::network::{Scope, Station};

pub(super) fn router(station: &Arc<Station>) -> Router {
    Router::new().route("/assessments", post(assess)).with_state(Arc::clone(station))
}

#[derive(Debug, Deserialize)]
struct Assessment {
    order_id: String,
    skus: Vec<String>,
}

async fn assess(
    State(station): State<Arc<Station>>,
    Extension(scope): Extension<Scope>,
    Json(assessment): Json<Assessment>,
) -> Json<Value> {
    let case = station.seed().fraud_case_id(&assessment.order_id);
    station.mints(&scope, "fraud_case", &case);
    scope.attribute("commerce.order.id", assessment.order_id);
    scope.attribute("fraud.case.id", case.clone());
    let reviewed = |sku: &String| by_sku(sku).is_some_and(|product| product.stock == Stock::Reviewed);
    let decision = if assessment.skus.iter().any(reviewed) { "review" } else { "accept" };
    scope.attribute("fraud.decision", decision);
    Json(json!({ "fraud_case_id": case, "decision": decision }))
}
