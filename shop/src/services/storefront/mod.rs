//! The storefront: instrumented; its shoppers' API is GraphQL.

mod browsing;
mod checkout;
mod graphql;
mod orders;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::routing::{post, put};

use crate::network::Station;
use crate::shelf::Shelf;

struct Storefront {
    station: Arc<Station>,
    carts: Shelf<Cart>,
    checkouts: Shelf<Checkout>,
    /// Order codes by session token.
    history: Shelf<Vec<String>>,
}

#[derive(Clone, Debug, Default)]
struct Cart {
    skus: Vec<String>,
}

#[derive(Clone, Debug)]
struct Checkout {
    cart: String,
    skus: Vec<String>,
    total_cents: u64,
    tax_doc: String,
}

pub(super) fn router(station: &Arc<Station>) -> Router {
    let storefront = Storefront {
        station: Arc::clone(station),
        carts: Shelf::default(),
        checkouts: Shelf::default(),
        history: Shelf::default(),
    };
    Router::new()
        .route("/graphql", post(graphql::answer))
        .route("/webhooks/payments", post(orders::payment_event))
        .route("/orders/{order}/status", put(orders::status))
        .with_state(Arc::new(storefront))
}
