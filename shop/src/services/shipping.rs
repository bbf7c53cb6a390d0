//! The carrier: instrumented, drops the trace context of those who call it, keeps its own.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Extension, Json, Router};
use http::StatusCode;
use opentelemetry::KeyValue;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::network::{Call, CallError, Scope, Station};
use crate::operation::TRACKING_WEBHOOK;

/// What happens to a parcel, in this order.
const STATES: [&str; 2] = ["in_transit", "delivered"];

pub(super) fn router(station: &Arc<Station>) -> Router {
    Router::new().route("/labels", post(label)).with_state(Arc::clone(station))
}

#[derive(Debug, Deserialize)]
struct Label {
    shipment_id: String,
    order_number: String,
}

async fn label(
    State(station): State<Arc<Station>>,
    Extension(scope): Extension<Scope>,
    Json(label): Json<Label>,
) -> (StatusCode, Json<Value>) {
    let tracking = station.seed().tracking_id(&label.shipment_id);
    station.mints(&scope, "tracking", &tracking);
    scope.attribute("shipment.id", label.shipment_id.clone());
    scope.attribute("tracking_number", tracking.clone());
    let keys = [("shipment.id", label.shipment_id.as_str()), ("tracking_number", tracking.as_str())];
    station.instruments.event(&scope.context, "shipment.created", &keys);
    let reply = Json(json!({ "tracking_number": tracking }));
    let parcel = deliver(Arc::clone(&station), tracking, label.order_number, scope.owner);
    station.spawn(scope.owner, parcel);
    (StatusCode::CREATED, reply)
}

async fn deliver(
    station: Arc<Station>,
    tracking: String,
    order_number: String,
    owner: Option<u64>,
) -> Result<(), CallError> {
    let station = &station;
    for state in STATES {
        station.pause(&["parcel", &tracking, state]).await;
        let job = Scope::job(station.seed(), state, &tracking, owner);
        let attributes = vec![KeyValue::new("tracking_number", tracking.clone())];
        let body = json!({ "tracking_number": tracking, "order_number": order_number, "state": state });
        let call = Call::new(&TRACKING_WEBHOOK).body(body);
        let work = |scope| async move { station.must(&scope, call).await };
        station.inside(&job, "notify merchant", None, attributes, work).await?;
    }
    Ok(())
}
