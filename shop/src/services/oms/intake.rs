use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use http::StatusCode;
use ordertrace_api::attributes::MILESTONE;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Channel, Oms, Order, Wave, fulfilment};
use crate::network::{Scope, ServiceError};

#[derive(Debug, Deserialize)]
pub(super) struct WebOrder {
    order_code: String,
    payment_id: String,
    tax_doc_id: String,
    customer_id: String,
    skus: Vec<String>,
    review: bool,
    export_wave: Option<Wave>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MarketplaceOrder {
    amazon_order_id: String,
    skus: Vec<String>,
}

pub(super) async fn web(
    State(oms): State<Arc<Oms>>,
    Extension(scope): Extension<Scope>,
    Json(order): Json<WebOrder>,
) -> (StatusCode, Json<Value>) {
    let number = oms.station.seed().order_number(&order.order_code);
    scope.attribute("app.order.id", order.order_code.clone());
    scope.attribute(MILESTONE, "order.created");
    oms.codes.put(&order.order_code, number.clone());
    let channel = Channel::Web {
        code: order.order_code,
        payment: order.payment_id,
        tax_doc: order.tax_doc_id,
        customer: order.customer_id,
        review: order.review,
    };
    take(&oms, &scope, Order { number, channel, skus: order.skus, wave: order.export_wave, owner: scope.owner })
}

pub(super) async fn marketplace(
    State(oms): State<Arc<Oms>>,
    Extension(scope): Extension<Scope>,
    Json(order): Json<MarketplaceOrder>,
) -> (StatusCode, Json<Value>) {
    let number = oms.station.seed().order_number(&order.amazon_order_id);
    scope.attribute("amazon.order.id", order.amazon_order_id.clone());
    scope.attribute(MILESTONE, "order.placed");
    let channel = Channel::Marketplace { id: order.amazon_order_id };
    take(&oms, &scope, Order { number, channel, skus: order.skus, wave: None, owner: scope.owner })
}

pub(super) async fn look_up(
    State(oms): State<Arc<Oms>>,
    Path(code): Path<String>,
) -> Result<Json<Value>, ServiceError> {
    let order = oms.order_of_code(&code)?;
    let review = matches!(order.channel, Channel::Web { review: true, .. });
    Ok(Json(json!({ "state": if review { "in review" } else { "accepted" } })))
}

fn take(oms: &Arc<Oms>, scope: &Scope, order: Order) -> (StatusCode, Json<Value>) {
    let number = order.number.clone();
    oms.station.mints(scope, "order", &number);
    scope.attribute("order.number", number.clone());
    oms.orders.put(&number, order.clone());
    let cause = scope.context.clone();
    oms.station.spawn(scope.owner, fulfilment::fulfil(Arc::clone(oms), order, cause));
    (StatusCode::CREATED, Json(json!({ "order_number": number })))
}
