//! OTLP/gRPC (OpenTelemetry Protocol specification 1.10.0, "OTLP/gRPC").

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use bytes::Bytes;
use http::Request;
use ordertrace_otlp::{Encoded, Signal};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::codec::CompressionEncoding;
use tonic::server::Grpc;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request as Call, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::service_fn;

use super::request::from_protobuf;
use super::{Intake, LIMIT_BYTES, RETRY_AFTER};
use crate::cause::with_causes;
use crate::telemetry::Refusal;

/// Requests held at once; further ones wait, so that memory stays bounded.
const CONCURRENT_REQUESTS: usize = 16;

/// Serves until `stop`, then finishes what is under way.
///
/// # Errors
/// When the server fails.
pub async fn serve_grpc(
    listener: TcpListener,
    intake: Intake,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let mut router = Router::new();
    for signal in Signal::ALL {
        let intake = intake.clone();
        let export = move |request: Request<Body>| async move {
            let mut server = Grpc::new(Encoded)
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd)
                .max_decoding_message_size(LIMIT_BYTES);
            let taken = service_fn(move |call: Call<Bytes>| {
                let intake = intake.clone();
                async move { intake.take(signal, call.into_inner()).await }
            });
            server.unary(taken, request).await
        };
        router = router.route(signal.export_path(), post(export));
    }
    Server::builder()
        .layer(GlobalConcurrencyLimitLayer::new(CONCURRENT_REQUESTS))
        .add_routes(Routes::from(router))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), stop.cancelled_owned())
        .await
}

impl Intake {
    /// Stores a request; the answer without a partial success is an empty message.
    async fn take(&self, signal: Signal, request: Bytes) -> Result<Response<Bytes>, Status> {
        let counted = from_protobuf(signal, request).map_err(|error| {
            self.meter.refused(signal, None, Refusal::Malformed, 1);
            Status::invalid_argument(with_causes(&error))
        })?;
        self.store(signal, counted).await.map_err(|error| {
            let details = ErrorDetails::with_retry_info(Some(RETRY_AFTER));
            Status::with_error_details(Code::Unavailable, error.to_string(), details)
        })?;
        Ok(Response::new(Bytes::new()))
    }
}
