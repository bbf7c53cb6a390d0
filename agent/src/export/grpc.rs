//! OTLP/gRPC.

use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use ordertrace_otlp::{Encoded, Signal};
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Response, Status};

use super::outcome::{Outcome, accepted, of_grpc_status};
use super::{ExportError, USER_AGENT};
use crate::config::{Compression, ExportConfig};

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
        endpoint = endpoint.user_agent(USER_AGENT).map_err(failed)?;
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
        match self.export(signal, request.clone()).await {
            Ok(answer) => accepted(&answer),
            Err(status) => of_grpc_status(&status),
        }
    }

    /// The bytes go as they are, so that every try sends the same.
    async fn export(&self, signal: Signal, request: Bytes) -> Result<Bytes, Status> {
        let mut client = Grpc::new(self.channel.clone());
        if let Some(compression) = self.compression {
            client = client.send_compressed(compression);
        }
        client.ready().await.map_err(|error| Status::from_error(error.into()))?;
        let mut call = Request::new(request);
        *call.metadata_mut() = self.metadata.clone();
        let path = PathAndQuery::from_static(signal.export_path());
        client.unary(call, path, Encoded).await.map(Response::into_inner)
    }
}
