use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// An HTTP API of nine pages, of which the third cannot be had until it is healed.
pub(super) struct Pages {
    address: SocketAddr,
    is_well: Arc<AtomicBool>,
}

impl Pages {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let is_well = Arc::new(AtomicBool::new(false));
        let router = Router::new().route("/stock", get(page)).with_state(Arc::clone(&is_well));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, is_well }
    }

    pub(super) fn heal(&self) {
        self.is_well.store(true, Ordering::SeqCst);
    }

    pub(super) fn source(&self) -> Value {
        json!({
            "http": {
                "url": format!("http://{}/stock", self.address),
                "items": "/items",
                "pagination": { "page": {} },
                "requests_per_minute": 60_000,
            },
        })
    }
}

async fn page(State(is_well): State<Arc<AtomicBool>>, query: Query<BTreeMap<String, String>>) -> Response {
    let number: u32 = query.get("page").map_or(1, |page| page.parse().unwrap());
    match number {
        3 if !is_well.load(Ordering::SeqCst) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        1..=9 => Json(json!({ "items": [{ "sku": format!("S{number}"), "qty": number }] })).into_response(),
        _ => Json(json!({ "items": [] })).into_response(),
    }
}
