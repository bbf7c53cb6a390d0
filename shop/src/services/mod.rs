//! The services. Each has its own state and its own ids and knows of the others only what
//! they send over HTTP.

mod crm;
mod erp;
mod fraud;
mod marketplace;
mod oms;
mod payments;
mod pim;
mod pricing;
mod search;
mod shipping;
mod storefront;
mod tax;
mod wms;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

pub(crate) use marketplace::import;

use crate::network::{Station, receive};
use crate::system::System;

/// The service that a station is of.
pub(crate) fn router(station: &Arc<Station>) -> Router {
    let service = match station.system {
        System::Shopper => Router::new(),
        System::Storefront => storefront::router(station),
        System::Payments => payments::router(station),
        System::Fraud => fraud::router(station),
        System::Tax => tax::router(station),
        System::Oms => oms::router(station),
        System::Erp => erp::router(station),
        System::Wms => wms::router(station),
        System::Shipping => shipping::router(station),
        System::Crm => crm::router(),
        System::Pim => pim::router(),
        System::Search => search::router(),
        System::Pricing => pricing::router(station),
        System::Marketplace => marketplace::router(),
    };
    service.route("/healthz", get(async || "ok")).route_layer(from_fn_with_state(Arc::clone(station), receive))
}
