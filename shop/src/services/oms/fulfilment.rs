use std::sync::Arc;

use http::StatusCode;
use opentelemetry::{Context, KeyValue};
use serde_json::json;

use super::{Channel, Oms, Order, cancellation, export};
use crate::network::{Call, CallError, Scope};
use crate::operation::{
    ACKNOWLEDGE_MARKETPLACE, CAPTURE_PAYMENT, CONFIRM_MARKETPLACE_SHIPMENT, CREATE_SHIPMENT, RESERVE_STOCK,
    SET_ORDER_STATUS, TELL_CRM,
};

/// Sees an order to the warehouse. A trace of its own, linked to the request that caused it.
pub(super) async fn fulfil(oms: Arc<Oms>, order: Order, cause: Context) -> Result<(), CallError> {
    let job = Scope::job(oms.station.seed(), "fulfil", &order.number, order.owner);
    oms.station.pause(&["fulfil", &order.number]).await;
    let attributes = vec![KeyValue::new("order.number", order.number.clone())];
    let (oms, order) = (&oms, &order);
    let work = |scope| async move { steps(oms, order, &scope).await };
    oms.station.inside(&job, "fulfil order", Some(&cause), attributes, work).await
}

async fn steps(oms: &Oms, order: &Order, scope: &Scope) -> Result<(), CallError> {
    let station = &oms.station;
    let number = &order.number;
    let reserve = Call::new(&RESERVE_STOCK).hole("order", number).body(json!({ "skus": order.skus }));
    if station.call(scope, reserve).await?.status == StatusCode::CONFLICT {
        return cancellation::out_of_stock(oms, order, scope).await;
    }
    match &order.channel {
        Channel::Web { payment, review, .. } => {
            let capture = Call::new(&CAPTURE_PAYMENT).hole("payment", payment).body(json!({}));
            station.must(scope, capture).await?;
            if *review {
                // Somebody has to look at it first.
                return Ok(());
            }
        }
        Channel::Marketplace { id } => {
            let acknowledge = Call::new(&ACKNOWLEDGE_MARKETPLACE).hole("marketplace_order", id);
            station.must(scope, acknowledge.body(json!({ "accepted": true }))).await?;
        }
    }
    export::export(oms, order, scope).await?;
    let shipment = station.must(scope, Call::new(&CREATE_SHIPMENT).body(json!({ "order_number": number }))).await?;
    scope.attribute("shipment.id", shipment.text("/shipment_id")?.to_owned());
    Ok(())
}

/// The parcel has arrived.
pub(super) async fn complete(oms: Arc<Oms>, order: Order) -> Result<(), CallError> {
    let job = Scope::job(oms.station.seed(), "complete", &order.number, order.owner);
    oms.station.pause(&["complete", &order.number]).await;
    let attributes = vec![KeyValue::new("order.number", order.number.clone())];
    let (oms, order) = (&oms, &order);
    let work = |scope| async move { last_steps(oms, order, &scope).await };
    oms.station.inside(&job, "complete order", None, attributes, work).await
}

async fn last_steps(oms: &Oms, order: &Order, scope: &Scope) -> Result<(), CallError> {
    let station = &oms.station;
    match &order.channel {
        Channel::Web { code, customer, .. } => {
            let body = json!({ "order_number": order.number, "skus": order.skus });
            station.may(scope, Call::new(&TELL_CRM).hole("customer", customer).body(body)).await;
            let status = Call::new(&SET_ORDER_STATUS).hole("order", code).body(json!({ "state": "completed" }));
            station.must(scope, status).await?;
        }
        Channel::Marketplace { id } => {
            let confirm = Call::new(&CONFIRM_MARKETPLACE_SHIPMENT).hole("marketplace_order", id);
            station.must(scope, confirm.body(json!({ "state": "delivered" }))).await?;
        }
    }
    station.instruments.event(&scope.context, "order.completed", &[("order.number", order.number.as_str())]);
    Ok(())
}
