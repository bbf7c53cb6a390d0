use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use ordertrace_otlp::Signal;
use prost::Message;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, StatusCode};

use super::{Answer, Compression, checked};

/// Wait before coming again when the answer names none.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// OTLP/HTTP over one connection.
pub(crate) struct HttpSender {
    client: Client,
    url: String,
    compression: Compression,
}

impl HttpSender {
    pub(super) fn new(address: SocketAddr, signal: Signal, compression: Compression) -> anyhow::Result<Self> {
        let client = Client::builder().pool_max_idle_per_host(1).build()?;
        Ok(Self { client, url: format!("http://{address}/v1/{}", signal.name()), compression })
    }

    pub(super) async fn send(&mut self, body: Bytes) -> anyhow::Result<Answer> {
        let post = self.client.post(&self.url).header(CONTENT_TYPE, "application/x-protobuf");
        let post = match self.compression {
            Compression::None => post.body(body),
            Compression::Gzip => post.header(CONTENT_ENCODING, "gzip").body(gzip(&body)?),
        };
        let response = post.send().await?;
        let status = response.status();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let advised = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            return Ok(Answer::Again(advised.map_or(RETRY_DELAY, Duration::from_secs)));
        }
        let answer = response.bytes().await?;
        anyhow::ensure!(
            status.is_success(),
            "a request was refused with {status}: {}",
            String::from_utf8_lossy(&answer)
        );
        checked(ExportTraceServiceResponse::decode(answer).context("the answer cannot be decoded")?)
    }
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}
