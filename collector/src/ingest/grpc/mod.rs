mod admission;
mod service;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::budget::Overloaded;
use super::export::{Logs, Metrics, Traces};
use super::pipeline::Ingest;
use crate::store::Store;
use admission::AdmissionLayer;
use service::ExportService;

/// The OTLP/gRPC receiver ended.
#[derive(Debug, thiserror::Error)]
#[error("the OTLP/gRPC receiver failed")]
pub struct GrpcError(#[from] tonic::transport::Error);

/// A connection whose peer does not answer for so long is given up.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Requests that one connection may have under way; further ones wait at the sender.
const STREAMS: u32 = 64;

/// Serves OTLP/gRPC until `shutdown`, then finishes what is under way.
///
/// # Errors
/// [`GrpcError`] when the transport fails.
pub async fn serve_grpc<S: Store>(
    listener: TcpListener,
    ingest: Arc<Ingest<S>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), GrpcError> {
    Server::builder()
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .max_concurrent_streams(Some(STREAMS))
        .layer(AdmissionLayer::new(ingest.budget().clone(), ingest.limits()))
        .add_service(ExportService::<S, Traces>::new(&ingest))
        .add_service(ExportService::<S, Logs>::new(&ingest))
        .add_service(ExportService::<S, Metrics>::new(&ingest))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), shutdown)
        .await?;
    Ok(())
}

/// OTLP specification, "OTLP/gRPC Throttling": RESOURCE_EXHAUSTED is tried again only when it
/// says when.
fn overloaded(overloaded: Overloaded) -> Status {
    retry(Code::ResourceExhausted, overloaded.to_string(), overloaded.retry_after)
}

fn retry(code: Code, message: String, after: Duration) -> Status {
    Status::with_error_details(code, message, ErrorDetails::with_retry_info(Some(after)))
}
