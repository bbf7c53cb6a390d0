mod admission;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use prost::Message;
use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::budget::{Overloaded, Reservation};
use super::pipeline::{Ingest, IngestError, Taken};
use super::signal::{Logs, Metrics, Signal, Traces};
use crate::store::Store;
use admission::AdmissionLayer;

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
    let limit = ingest.limits().request_bytes;
    /// The three services differ in their type only.
    macro_rules! service {
        ($server:ident) => {
            $server::new(Receiver(Arc::clone(&ingest)))
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd)
                .max_decoding_message_size(limit)
        };
    }
    Server::builder()
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .max_concurrent_streams(Some(STREAMS))
        .layer(AdmissionLayer::new(ingest.budget().clone(), ingest.limits()))
        .add_service(service!(TraceServiceServer))
        .add_service(service!(LogsServiceServer))
        .add_service(service!(MetricsServiceServer))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), shutdown)
        .await?;
    Ok(())
}

#[derive(Debug)]
struct Receiver<S>(Arc<Ingest<S>>);

impl<S: Store> Receiver<S> {
    async fn export<G: Signal>(&self, request: Request<G::Request>) -> Result<Response<G::Response>, Status> {
        let result = self.answer::<G>(request).await;
        let outcome = match &result {
            Ok(_) => "taken",
            Err(status) if status.code() == Code::ResourceExhausted => "overloaded",
            Err(_) => "unavailable",
        };
        self.0.metrics().add_request(G::NAME, "grpc", outcome);
        let taken = result?;
        Ok(Response::new(match i64::try_from(taken.refused).unwrap_or(i64::MAX) {
            0 => G::Response::default(),
            rejected => G::response(rejected, taken.message),
        }))
    }

    async fn answer<G: Signal>(&self, mut request: Request<G::Request>) -> Result<Taken, Status> {
        let admitted = request.extensions_mut().remove::<Reservation>();
        let reservation = match admitted {
            Some(reservation) => reservation,
            None => self.0.budget().admit().map_err(overloaded)?,
        };
        let request = request.into_inner();
        let length = request.encoded_len();
        reservation.grow_to(length).map_err(overloaded)?;
        self.0.take::<G>(length, reservation, || Ok(request)).await.map_err(|error| match error {
            IngestError::Malformed { .. } => Status::invalid_argument(error.to_string()),
            IngestError::Unavailable(unavailable) => {
                retry(Code::Unavailable, unavailable.to_string(), unavailable.retry_after)
            }
        })
    }
}

/// OTLP specification, "OTLP/gRPC Throttling": RESOURCE_EXHAUSTED is tried again only when it
/// says when.
fn overloaded(overloaded: Overloaded) -> Status {
    retry(Code::ResourceExhausted, overloaded.to_string(), overloaded.retry_after)
}

fn retry(code: Code, message: String, after: Duration) -> Status {
    Status::with_error_details(code, message, ErrorDetails::with_retry_info(Some(after)))
}

#[tonic::async_trait]
impl<S: Store> TraceService for Receiver<S> {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.export::<Traces>(request).await
    }
}

#[tonic::async_trait]
impl<S: Store> LogsService for Receiver<S> {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.export::<Logs>(request).await
    }
}

#[tonic::async_trait]
impl<S: Store> MetricsService for Receiver<S> {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.export::<Metrics>(request).await
    }
}
