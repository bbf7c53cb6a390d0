//! Customer relations: silent; seen only by those who call it.

use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use http::StatusCode;

pub(super) fn router() -> Router {
    Router::new().route("/customers/{customer}/orders", post(remember))
}

async fn remember(Path(_customer): Path<String>) -> StatusCode {
    StatusCode::NO_CONTENT
}
