use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use http::StatusCode;
use serde_json::{Value, json};

use super::Storefront;
use super::visit::Visit;
use crate::network::{Call, Scope, ServiceError};
use crate::operation::{GET_ORDER, REQUEST_CANCELLATION};

pub(super) async fn look_up(storefront: &Storefront, visit: &Visit) -> Result<Value, ServiceError> {
    let code = Visit::need(&visit.variables.order_code, "orderCode")?;
    let found = storefront.station.must(&visit.scope, Call::new(&GET_ORDER).hole("order", &code)).await?;
    Ok(json!({ "orderCode": code, "state": found.text("/state")? }))
}

/// Every order of the session: an answer that names several orders and links none of them.
pub(super) fn history(storefront: &Storefront, visit: &Visit) -> Result<Value, ServiceError> {
    let session = Visit::need(&visit.session, "session token")?;
    let codes = storefront.history.get(&session).unwrap_or_default();
    Ok(json!({ "orders": codes.iter().map(|code| json!({ "orderCode": code })).collect::<Vec<_>>() }))
}

pub(super) async fn cancel(storefront: &Storefront, visit: &Visit) -> Result<Value, ServiceError> {
    let code = Visit::need(&visit.variables.order_code, "orderCode")?;
    let call = Call::new(&REQUEST_CANCELLATION).hole("order", &code).body(json!({ "reason": "changed my mind" }));
    storefront.station.must(&visit.scope, call).await?;
    Ok(json!({ "orderCode": code, "state": "CANCELLED" }))
}

/// The payment gateway says that money arrived.
pub(super) async fn payment_event(
    State(storefront): State<Arc<Storefront>>,
    Extension(scope): Extension<Scope>,
    Json(event): Json<Value>,
) -> Result<StatusCode, ServiceError> {
    let text = |pointer, name| event.pointer(pointer).and_then(Value::as_str).ok_or(ServiceError::Missing(name));
    let payment = text("/data/object/id", "payment")?;
    let code = text("/data/object/metadata/order_id", "order")?;
    scope.attribute("payment.id", payment.to_owned());
    scope.attribute("app.order.id", code.to_owned());
    let keys = [("payment.id", payment), ("app.order.id", code)];
    storefront.station.instruments.event(&scope.context, "payment.captured", &keys);
    Ok(StatusCode::OK)
}

/// The OMS says how an order stands. The order is known from the URL path alone.
pub(super) async fn status(Path(_order): Path<String>, Json(_status): Json<Value>) -> StatusCode {
    StatusCode::NO_CONTENT
}
