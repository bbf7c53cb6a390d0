use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use bytes::{BufMut, Bytes};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use tonic::client::Grpc;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use super::{Answer, Compression, checked};

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// Wait before coming again when the answer names none.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// OTLP/gRPC over one connection.
pub(super) struct GrpcSender {
    client: Grpc<Channel>,
}

impl GrpcSender {
    pub(super) async fn new(address: SocketAddr, compression: Compression) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
        let client = Grpc::new(channel);
        let client = match compression {
            Compression::None => client,
            Compression::Gzip => client.send_compressed(CompressionEncoding::Gzip),
        };
        Ok(Self { client })
    }

    pub(super) async fn send(&mut self, body: Bytes) -> anyhow::Result<Answer> {
        self.client.ready().await.context("the connection broke")?;
        let path = PathAndQuery::from_static(EXPORT);
        match self.client.unary(Request::new(body), path, RecordedCodec).await {
            Ok(response) => checked(response.into_inner()),
            Err(status) if matches!(status.code(), Code::Unavailable | Code::ResourceExhausted) => {
                let advised = status.get_details_retry_info().and_then(|info| info.retry_delay);
                Ok(Answer::Again(advised.unwrap_or(RETRY_DELAY)))
            }
            Err(status) => Err(status).context("a request was refused"),
        }
    }
}

/// Requests are encoded already.
struct RecordedCodec;

impl Codec for RecordedCodec {
    type Encode = Bytes;
    type Decode = ExportTraceServiceResponse;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for RecordedCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, body: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(body);
        Ok(())
    }
}

impl Decoder for RecordedCodec {
    type Item = ExportTraceServiceResponse;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        let response = ExportTraceServiceResponse::decode(buffer);
        response.map(Some).map_err(|error| Status::internal(format!("the answer cannot be decoded: {error}")))
    }
}
