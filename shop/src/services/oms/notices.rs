//! What others tell the OMS.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use serde::Deserialize;

use super::{Oms, fulfilment};
use crate::network::{Scope, ServiceError};

#[derive(Debug, Deserialize)]
pub(super) struct Invoice {
    order_number: String,
    invoice_number: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tracking {
    order_number: String,
    tracking_number: String,
    state: String,
}

pub(super) async fn invoiced(Extension(scope): Extension<Scope>, Json(invoice): Json<Invoice>) -> StatusCode {
    scope.attribute("order.number", invoice.order_number);
    scope.attribute("invoice.id", invoice.invoice_number);
    StatusCode::NO_CONTENT
}

pub(super) async fn tracked(
    State(oms): State<Arc<Oms>>,
    Extension(scope): Extension<Scope>,
    Json(tracking): Json<Tracking>,
) -> Result<StatusCode, ServiceError> {
    scope.attribute("tracking_number", tracking.tracking_number);
    let order = oms.order(&tracking.order_number)?;
    if tracking.state == "delivered" {
        oms.station.spawn(scope.owner, fulfilment::complete(Arc::clone(&oms), order));
    }
    Ok(StatusCode::NO_CONTENT)
}
