//! OTLP to any receiver, over gRPC and over HTTP.

use std::time::Duration;

use anyhow::Context;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use ordertrace_tests::PROTOBUF;
use prost::Message;
use reqwest::header::CONTENT_TYPE;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};

use super::request::{Payload, Request};
use crate::world::Receiver;

/// How OTLP is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Grpc,
    Http,
}

/// What a sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is stored, but for so many items.
    Taken { refused: u64 },
    /// To come again.
    Again,
}

/// Connections to one receiver.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    at: Receiver,
    channel: Channel,
    http: reqwest::Client,
}

impl Transport {
    pub(super) fn new(at: Receiver) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(format!("http://{}", at.grpc))?;
        let channel = endpoint.connect_timeout(Duration::from_secs(1)).connect_lazy();
        Ok(Self { at, channel, http: reqwest::Client::new() })
    }

    /// Sends a request once; the same request is always the same bytes.
    ///
    /// # Errors
    /// When the receiver says that coming again is of no use.
    pub(super) async fn send(&self, protocol: Protocol, request: &Request) -> anyhow::Result<Answer> {
        match protocol {
            Protocol::Grpc => self.grpc(&request.payload).await,
            Protocol::Http => self.http(request).await,
        }
    }

    async fn grpc(&self, payload: &Payload) -> anyhow::Result<Answer> {
        let channel = self.channel.clone();
        // The rejected items stand in the same field of each response.
        let answer = match payload.clone() {
            Payload::Traces(traces) => TraceServiceClient::new(channel).export(traces).await.map(encoded),
            Payload::Logs(logs) => LogsServiceClient::new(channel).export(logs).await.map(encoded),
            Payload::Metrics(metrics) => MetricsServiceClient::new(channel).export(metrics).await.map(encoded),
        };
        match answer {
            Ok(response) => taken(&response),
            Err(status) if is_final(&status) => Err(status).context("a request was refused for good"),
            Err(_) => Ok(Answer::Again),
        }
    }

    async fn http(&self, request: &Request) -> anyhow::Result<Answer> {
        let body = match &request.payload {
            Payload::Traces(traces) => traces.encode_to_vec(),
            Payload::Logs(logs) => logs.encode_to_vec(),
            Payload::Metrics(metrics) => metrics.encode_to_vec(),
        };
        let url = format!("http://{}/v1/{}", self.at.http, request.signal.name());
        let Ok(response) = self.http.post(url).header(CONTENT_TYPE, PROTOBUF).body(body).send().await else {
            return Ok(Answer::Again);
        };
        let status = response.status();
        // An answer that breaks off is none.
        let Ok(answer) = response.bytes().await else { return Ok(Answer::Again) };
        if matches!(status.as_u16(), 429 | 502..=504) {
            return Ok(Answer::Again);
        }
        anyhow::ensure!(
            status.is_success(),
            "a request was refused for good with {status}: {}",
            String::from_utf8_lossy(&answer)
        );
        taken(&answer)
    }
}

fn encoded<R: Message>(response: Response<R>) -> Vec<u8> {
    response.into_inner().encode_to_vec()
}

/// Whether a status is the receiver's own last word, and not a broken connection.
fn is_final(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::InvalidArgument
            | Code::Unimplemented
            | Code::NotFound
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::FailedPrecondition
    )
}

fn taken(response: &[u8]) -> anyhow::Result<Answer> {
    let response = ExportTraceServiceResponse::decode(response).context("an answer cannot be decoded")?;
    let refused = response.partial_success.unwrap_or_default().rejected_spans;
    Ok(Answer::Taken { refused: u64::try_from(refused)? })
}
