//! OTLP/gRPC.

use std::time::Duration;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

use super::ExportError;
use super::outcome::{Outcome, of_grpc_status};
use crate::config::{Compression, ExportConfig};
use crate::signal::Signal;

#[derive(Debug)]
pub(super) struct GrpcTransport {
    channel: Channel,
    metadata: MetadataMap,
    compression: Option<CompressionEncoding>,
}

impl GrpcTransport {
    pub(super) fn new(config: &ExportConfig) -> Result<Self, ExportError> {
        let invalid = || ExportError::Endpoint { endpoint: config.endpoint.clone() };
        let failed = |source| ExportError::Grpc { endpoint: config.endpoint.clone(), source };
        let timeout = Duration::from_millis(config.timeout_ms);
        let mut endpoint = Endpoint::from_shared(config.endpoint.clone()).map_err(|_| invalid())?;
        match endpoint.uri().scheme_str() {
            Some("http") => {}
            Some("https") => {
                let tls = match &config.ca_file {
                    Some(path) => {
                        let pem =
                            std::fs::read(path).map_err(|source| ExportError::CaFile { path: path.clone(), source })?;
                        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem))
                    }
                    None => ClientTlsConfig::new().with_webpki_roots(),
                };
                endpoint = endpoint.tls_config(tls).map_err(failed)?;
            }
            _ => return Err(invalid()),
        }
        let channel = endpoint.timeout(timeout).connect_timeout(timeout).connect_lazy();
        let mut metadata = MetadataMap::new();
        for (name, value) in &config.headers {
            let invalid = || ExportError::Header { name: name.clone() };
            let key: MetadataKey<_> = name.to_ascii_lowercase().parse().map_err(|_| invalid())?;
            metadata.insert(key, MetadataValue::try_from(value).map_err(|_| invalid())?);
        }
        let compression = match config.compression {
            Compression::Zstd => Some(CompressionEncoding::Zstd),
            Compression::Gzip => Some(CompressionEncoding::Gzip),
            Compression::None => None,
        };
        Ok(Self { channel, metadata, compression })
    }

    pub(super) async fn send(&self, signal: Signal, request: &Bytes) -> Outcome {
        let answer = match signal {
            Signal::Traces => self.traces(request).await,
            Signal::Logs => self.logs(request).await,
            Signal::Metrics => self.metrics(request).await,
        };
        match answer {
            Ok((rejected, message)) => {
                Outcome::Accepted { rejected_items: u64::try_from(rejected).unwrap_or(0), message }
            }
            Err(status) => of_grpc_status(&status),
        }
    }

    async fn traces(&self, bytes: &Bytes) -> Result<(i64, String), Status> {
        let request = self.request::<ExportTraceServiceRequest>(bytes)?;
        let mut client = TraceServiceClient::new(self.channel.clone());
        if let Some(compression) = self.compression {
            client = client.send_compressed(compression);
        }
        let partial = client.export(request).await?.into_inner().partial_success.unwrap_or_default();
        Ok((partial.rejected_spans, partial.error_message))
    }

    async fn logs(&self, bytes: &Bytes) -> Result<(i64, String), Status> {
        let request = self.request::<ExportLogsServiceRequest>(bytes)?;
        let mut client = LogsServiceClient::new(self.channel.clone());
        if let Some(compression) = self.compression {
            client = client.send_compressed(compression);
        }
        let partial = client.export(request).await?.into_inner().partial_success.unwrap_or_default();
        Ok((partial.rejected_log_records, partial.error_message))
    }

    async fn metrics(&self, bytes: &Bytes) -> Result<(i64, String), Status> {
        let request = self.request::<ExportMetricsServiceRequest>(bytes)?;
        let mut client = MetricsServiceClient::new(self.channel.clone());
        if let Some(compression) = self.compression {
            client = client.send_compressed(compression);
        }
        let partial = client.export(request).await?.into_inner().partial_success.unwrap_or_default();
        Ok((partial.rejected_data_points, partial.error_message))
    }

    /// Decoding and encoding again gives the same bytes on every try.
    fn request<R: Message + Default>(&self, bytes: &Bytes) -> Result<Request<R>, Status> {
        let message = R::decode(&bytes[..]).map_err(|error| Status::invalid_argument(error.to_string()))?;
        let mut request = Request::new(message);
        *request.metadata_mut() = self.metadata.clone();
        Ok(request)
    }
}
