use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use ordertrace_api::attributes::{MILESTONE, REASON};
use serde_json::{Value, json};

use super::{Channel, Oms, Order};
use crate::network::{Call, CallError, Scope, ServiceError};
use crate::operation::{CANCEL_PAYMENT, REFUND_PAYMENT, RELEASE_STOCK, SET_ORDER_STATUS, VOID_TAX};

/// The shopper changed their mind: everything that was done is undone, within the request.
pub(super) async fn requested(
    State(oms): State<Arc<Oms>>,
    Extension(scope): Extension<Scope>,
    Path(code): Path<String>,
) -> Result<Json<Value>, ServiceError> {
    let order = oms.order_of_code(&code)?;
    let station = &oms.station;
    scope.attribute("order.number", order.number.clone());
    station.must(&scope, Call::new(&RELEASE_STOCK).hole("order", &order.number)).await?;
    if let Channel::Web { payment, tax_doc, .. } = &order.channel {
        let refund = Call::new(&REFUND_PAYMENT).body(json!({ "payment_intent": payment }));
        let refund = station.must(&scope, refund).await?.text("/id")?.to_owned();
        scope.attribute("refund.id", refund);
        station.may(&scope, Call::new(&VOID_TAX).hole("tax_doc", tax_doc)).await;
    }
    station.instruments.event(&scope.context, "order.cancelled", &[("order.number", order.number.as_str())]);
    Ok(Json(json!({ "state": "cancelled" })))
}

/// The warehouse has nothing to send.
pub(super) async fn out_of_stock(oms: &Oms, order: &Order, scope: &Scope) -> Result<(), CallError> {
    let station = &oms.station;
    if let Channel::Web { code, payment, tax_doc, .. } = &order.channel {
        station.must(scope, Call::new(&CANCEL_PAYMENT).hole("payment", payment).body(json!({}))).await?;
        station.may(scope, Call::new(&VOID_TAX).hole("tax_doc", tax_doc)).await;
        let status = Call::new(&SET_ORDER_STATUS).hole("order", code).body(json!({ "state": "cancelled" }));
        station.must(scope, status).await?;
    }
    scope.attribute(MILESTONE, "order.cancelled");
    scope.attribute(REASON, "out_of_stock");
    Ok(())
}
