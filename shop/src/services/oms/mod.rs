//! Order management: instrumented. Takes orders from the storefront and the marketplace and
//! sees them through.

mod cancellation;
mod export;
mod fulfilment;
mod intake;
mod notices;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{get, post};
use serde::Deserialize;

use crate::network::{ServiceError, Station};
use crate::shelf::Shelf;

struct Oms {
    station: Arc<Station>,
    /// By order number.
    orders: Shelf<Order>,
    /// Order numbers by order code.
    codes: Shelf<String>,
    waves: Mutex<HashMap<String, export::Gathering>>,
}

/// What the OMS knows of an order.
#[derive(Clone, Debug)]
struct Order {
    number: String,
    channel: Channel,
    skus: Vec<String>,
    wave: Option<Wave>,
    /// Index in the record of the truth, for work that no request causes.
    owner: Option<u64>,
}

#[derive(Clone, Debug)]
enum Channel {
    Web { code: String, payment: String, tax_doc: String, customer: String, review: bool },
    Marketplace { id: String },
}

#[derive(Clone, Debug, Deserialize)]
struct Wave {
    id: String,
    size: usize,
}

pub(super) fn router(station: &Arc<Station>) -> Router {
    let oms = Oms {
        station: Arc::clone(station),
        orders: Shelf::default(),
        codes: Shelf::default(),
        waves: Mutex::default(),
    };
    Router::new()
        .route("/orders", post(intake::web))
        .route("/marketplace-orders", post(intake::marketplace))
        .route("/orders/{order}", get(intake::look_up))
        .route("/orders/{order}/cancellation", post(cancellation::requested))
        .route("/webhooks/erp", post(notices::invoiced))
        .route("/webhooks/tracking", post(notices::tracked))
        .with_state(Arc::new(oms))
}

impl Oms {
    fn order(&self, number: &str) -> Result<Order, ServiceError> {
        self.orders.get(number).ok_or_else(|| ServiceError::Unknown { kind: "order", id: number.to_owned() })
    }

    fn order_of_code(&self, code: &str) -> Result<Order, ServiceError> {
        let number = self.codes.get(code);
        self.order(&number.ok_or_else(|| ServiceError::Unknown { kind: "order", id: code.to_owned() })?)
    }
}
