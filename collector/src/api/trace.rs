//! The collector's own span for each request to its API. Receiving telemetry has none: a
//! collector that exports to itself would never come to rest.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use tracing::field::{Empty, display};

/// A SERVER span after the semantic conventions for HTTP, part of the caller's trace. Without
/// `url.path`: it holds keys of orders, and looking at an order is no part of its journey.
pub(super) async fn traced(route: MatchedPath, request: Request, next: Next) -> Response {
    let span = tracing::info_span!(
        "request",
        otel.name = %format_args!("{} {}", request.method(), route.as_str()),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = %request.method(),
        http.route = route.as_str(),
        http.response.status_code = Empty,
    );
    ordertrace_telemetry::continue_from(&span, request.headers());
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", display(response.status().as_u16()));
    if response.status().is_server_error() {
        span.record("otel.status_code", "error");
    }
    response
}
