//! OTLP/gRPC (OpenTelemetry Protocol specification 1.10.0, "OTLP/gRPC").

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::codec::CompressionEncoding;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request as Call, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};
use tower::limit::GlobalConcurrencyLimitLayer;

use super::request::Request;
use super::{Intake, LIMIT_BYTES, RETRY_AFTER};
use crate::signal::Signal;

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
    let traces = TraceServiceServer::new(intake.clone())
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(LIMIT_BYTES);
    let logs = LogsServiceServer::new(intake.clone())
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(LIMIT_BYTES);
    let metrics = MetricsServiceServer::new(intake)
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(LIMIT_BYTES);
    Server::builder()
        .layer(GlobalConcurrencyLimitLayer::new(CONCURRENT_REQUESTS))
        .add_service(traces)
        .add_service(logs)
        .add_service(metrics)
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), stop.cancelled_owned())
        .await
}

#[tonic::async_trait]
impl TraceService for Intake {
    async fn export(
        &self,
        call: Call<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.take(Signal::Traces, call).await
    }
}

#[tonic::async_trait]
impl LogsService for Intake {
    async fn export(
        &self,
        call: Call<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.take(Signal::Logs, call).await
    }
}

#[tonic::async_trait]
impl MetricsService for Intake {
    async fn export(
        &self,
        call: Call<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.take(Signal::Metrics, call).await
    }
}

impl Intake {
    async fn take<R: Request, A: Default>(&self, signal: Signal, call: Call<R>) -> Result<Response<A>, Status> {
        let request = call.into_inner();
        let stored = self.store(signal, request.items(), request.encode_to_vec().into()).await;
        stored.map(|()| Response::new(A::default())).map_err(|error| {
            let details = ErrorDetails::with_retry_info(Some(RETRY_AFTER));
            Status::with_error_details(Code::Unavailable, error.to_string(), details)
        })
    }
}
