//! The payment gateway: silent. Tells the storefront of captures by a webhook that starts
//! from nothing, as a vendor's does.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::network::{Call, Scope, ServiceError, Station};
use crate::operation::PAYMENT_WEBHOOK;
use crate::shelf::Shelf;

struct Payments {
    station: Arc<Station>,
    payments: Shelf<Payment>,
}

#[derive(Clone, Debug)]
struct Payment {
    order_code: String,
    /// In cents.
    amount: u64,
}

pub(super) fn router(station: &Arc<Station>) -> Router {
    let payments = Payments { station: Arc::clone(station), payments: Shelf::default() };
    Router::new()
        .route("/v1/payment_intents", post(create))
        .route("/v1/payment_intents/{payment}/confirm", post(confirm))
        .route("/v1/payment_intents/{payment}/capture", post(capture))
        .route("/v1/payment_intents/{payment}/cancel", post(cancel))
        .route("/v1/refunds", post(refund))
        .with_state(Arc::new(payments))
}

#[derive(Debug, Deserialize)]
struct Intent {
    amount: u64,
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    order_id: String,
}

#[derive(Debug, Deserialize)]
struct Refund {
    payment_intent: String,
}

async fn create(
    State(payments): State<Arc<Payments>>,
    Extension(scope): Extension<Scope>,
    Json(intent): Json<Intent>,
) -> Json<Value> {
    let seed = payments.station.seed();
    let order_code = intent.metadata.order_id;
    let id = seed.payment_id(&order_code);
    payments.station.mints(&scope, "payment", &id);
    payments.payments.put(&id, Payment { order_code: order_code.clone(), amount: intent.amount });
    // The secret begins like an id and must never be taken for one.
    let secret = format!("{id}_secret_{}", seed.chance(&["secret", &id]).base62(24));
    Json(json!({
        "id": id,
        "amount": intent.amount,
        "client_secret": secret,
        "metadata": { "order_id": order_code },
        "status": "requires_confirmation",
    }))
}

async fn confirm(Path(id): Path<String>) -> Json<Value> {
    Json(json!({ "id": id, "status": "requires_capture" }))
}

async fn cancel(Path(id): Path<String>) -> Json<Value> {
    Json(json!({ "id": id, "status": "canceled" }))
}

async fn capture(
    State(payments): State<Arc<Payments>>,
    Extension(scope): Extension<Scope>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ServiceError> {
    let payment =
        payments.payments.get(&id).ok_or_else(|| ServiceError::Unknown { kind: "payment", id: id.clone() })?;
    let station = &payments.station;
    let charge = station.seed().charge_id(&id);
    station.mints(&scope, "charge", &charge);
    let object = json!({ "id": id, "latest_charge": charge, "status": "succeeded" });
    let mut event = json!({
        "id": format!("evt_{}", station.seed().chance(&["event", &id]).base62(16)),
        "type": "payment_intent.succeeded",
        "data": { "object": object },
    });
    event["data"]["object"]["metadata"] = json!({ "order_id": payment.order_code });
    event["data"]["object"]["amount_received"] = json!(payment.amount);
    event["data"]["object"]["currency"] = json!("eur");
    let job = Scope::job(station.seed(), "payment webhook", &id, scope.owner);
    station.spawn(scope.owner, {
        let station = Arc::clone(station);
        async move {
            station.pause(&["payment webhook", &id]).await;
            station.may(&job, Call::new(&PAYMENT_WEBHOOK).body(event)).await;
            Ok(())
        }
    });
    Ok(Json(object))
}

async fn refund(
    State(payments): State<Arc<Payments>>,
    Extension(scope): Extension<Scope>,
    Json(refund): Json<Refund>,
) -> Json<Value> {
    let id = payments.station.seed().refund_id(&refund.payment_intent);
    payments.station.mints(&scope, "refund", &id);
    Json(json!({ "id": id, "payment_intent": refund.payment_intent, "status": "succeeded" }))
}
