mod body;
mod reply;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use tokio::net::TcpListener;

use super::examine::Encoding;
use super::export::{Export, Logs, Metrics, Traces};
use super::pipeline::{Ingest, Taken};
use crate::store::Store;
use body::Coding;
use reply::Refused;

/// The OTLP/HTTP receiver: `POST /v1/traces`, `/v1/logs` and `/v1/metrics`, in Protobuf or
/// JSON (OTLP specification, "OTLP/HTTP").
pub fn router<S: Store>(ingest: Arc<Ingest<S>>) -> Router {
    Router::new()
        .route("/v1/traces", post(export::<S, Traces>))
        .route("/v1/logs", post(export::<S, Logs>))
        .route("/v1/metrics", post(export::<S, Metrics>))
        .with_state(ingest)
}

/// Serves OTLP/HTTP until `shutdown`, then finishes what is under way.
///
/// # Errors
/// What the listener ends with.
pub async fn serve_http<S: Store>(
    listener: TcpListener,
    ingest: Arc<Ingest<S>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(ingest)).with_graceful_shutdown(shutdown).await
}

async fn export<S: Store, G: Export>(State(ingest): State<Arc<Ingest<S>>>, request: Request) -> Response {
    let encoding = Encoding::of(request.headers());
    let (outcome, response) =
        match answer::<S, G>(&ingest, request, encoding.as_ref().copied().map_err(Clone::clone)).await {
            Ok(taken) => ("taken", encoding.unwrap_or(Encoding::Json).success::<G>(taken)),
            Err(refused) => (refused.outcome, encoding.unwrap_or(Encoding::Json).refusal(&refused)),
        };
    ingest.metrics().add_request(G::NAME, "http", outcome);
    response
}

async fn answer<S: Store, G: Export>(
    ingest: &Arc<Ingest<S>>,
    request: Request,
    encoding: Result<Encoding, Refused>,
) -> Result<Taken, Refused> {
    let encoding = encoding?;
    let coding = Coding::of(request.headers())?;
    let reservation = ingest.budget().admit().map_err(Refused::overloaded)?;
    let body = body::read(request, coding, ingest.limits(), &reservation).await?;
    ingest.take::<G>(encoding, body, reservation).await.map_err(Refused::from)
}
