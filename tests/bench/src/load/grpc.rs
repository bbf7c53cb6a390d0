use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use ordertrace_otlp::{Encoded, Signal};
use prost::Message;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_types::StatusExt;

use super::{Answer, Compression, checked};

/// Wait before coming again when the answer names none.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// OTLP/gRPC over one connection.
pub(crate) struct GrpcSender {
    client: Grpc<Channel>,
    signal: Signal,
}

impl GrpcSender {
    pub(super) async fn new(address: SocketAddr, signal: Signal, compression: Compression) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
        let client = Grpc::new(channel);
        let client = match compression {
            Compression::None => client,
            Compression::Gzip => client.send_compressed(CompressionEncoding::Gzip),
        };
        Ok(Self { client, signal })
    }

    pub(super) async fn send(&mut self, body: Bytes) -> anyhow::Result<Answer> {
        self.client.ready().await.context("the connection broke")?;
        let path = PathAndQuery::from_static(self.signal.export_path());
        match self.client.unary(Request::new(body), path, Encoded).await {
            Ok(response) => checked(ExportTraceServiceResponse::decode(response.into_inner())?),
            Err(status) if matches!(status.code(), Code::Unavailable | Code::ResourceExhausted) => {
                let advised = status.get_details_retry_info().and_then(|info| info.retry_delay);
                Ok(Answer::Again(advised.unwrap_or(RETRY_DELAY)))
            }
            Err(status) => Err(status).context("a request was refused"),
        }
    }
}
