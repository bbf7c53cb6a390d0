//! The books: instrumented, drops the trace context; its documents are plain numbers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{post, put};
use axum::{Extension, Json, Router};
use http::StatusCode;
use opentelemetry::KeyValue;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::network::{Call, Scope, Station};
use crate::operation::ERP_WEBHOOK;

pub(super) fn router(station: &Arc<Station>) -> Router {
    Router::new()
        .route("/sales-orders", post(import))
        .route("/batches", post(open))
        .route("/batches/{batch}/orders/{order}", put(line))
        .route("/batches/{batch}/commit", post(commit))
        .with_state(Arc::clone(station))
}

#[derive(Debug, Deserialize)]
struct SalesOrder {
    order_number: String,
}

#[derive(Debug, Deserialize)]
struct Batch {
    run: String,
}

async fn import(
    State(station): State<Arc<Station>>,
    Extension(scope): Extension<Scope>,
    Json(order): Json<SalesOrder>,
) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(book(&station, &scope, order.order_number)))
}

async fn open(Json(batch): Json<Batch>) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(json!({ "batch": format!("B-{}", batch.run) })))
}

async fn line(
    State(station): State<Arc<Station>>,
    Extension(scope): Extension<Scope>,
    Path((_batch, order)): Path<(String, String)>,
) -> Json<Value> {
    Json(book(&station, &scope, order))
}

async fn commit(Path(_batch): Path<String>) -> Json<Value> {
    Json(json!({ "state": "committed" }))
}

/// Enters an order into the books and, later, tells the OMS its invoice.
fn book(station: &Arc<Station>, scope: &Scope, order_number: String) -> Value {
    let seed = station.seed();
    let document = seed.erp_doc_id(&order_number);
    let invoice = seed.invoice_id(&order_number);
    station.mints(scope, "erp_doc", &document.to_string());
    station.mints(scope, "invoice", &invoice);
    scope.attribute("erp.doc.id", document);
    scope.attribute("order_id", order_number.clone());
    let job = Scope::job(seed, "invoice", &order_number, scope.owner);
    station.spawn(scope.owner, {
        let station = Arc::clone(station);
        async move {
            station.pause(&["invoice", &order_number]).await;
            let attributes =
                vec![KeyValue::new("order_id", order_number.clone()), KeyValue::new("invoice.id", invoice.clone())];
            let call = Call::new(&ERP_WEBHOOK).body(json!({ "order_number": order_number, "invoice_number": invoice }));
            let erp = &station;
            let work = |scope| async move { erp.may(&scope, call).await };
            erp.inside(&job, "send invoice", None, attributes, work).await;
            Ok(())
        }
    });
    json!({ "erp_doc_id": document })
}
