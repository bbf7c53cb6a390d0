//! OTLP/HTTP in protobuf.

use std::io::Write;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

use super::ExportError;
use super::outcome::{Outcome, of_http_status};
use crate::config::{Compression, ExportConfig};
use crate::signal::Signal;
use crate::tls::client_config;

/// Answers are not read beyond this.
const ANSWER_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct HttpTransport {
    client: reqwest::Client,
    endpoint: String,
    headers: HeaderMap,
    compression: Compression,
}

impl HttpTransport {
    pub(super) fn new(config: &ExportConfig) -> Result<Self, ExportError> {
        let endpoint = config.endpoint.trim_end_matches('/').to_owned();
        let is_url =
            reqwest::Url::parse(&endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_url {
            return Err(ExportError::Endpoint { endpoint: config.endpoint.clone() });
        }
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(client_config(config.ca_file.as_deref(), &[b"h2", b"http/1.1"])?)
            .timeout(Duration::from_millis(config.timeout_ms))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|source| ExportError::Client { endpoint: endpoint.clone(), source })?;
        let mut headers = HeaderMap::new();
        for (name, value) in &config.headers {
            let invalid = || ExportError::Header { name: name.clone() };
            let key = HeaderName::try_from(name.as_str()).map_err(|_| invalid())?;
            headers.insert(key, HeaderValue::from_str(value).map_err(|_| invalid())?);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        match config.compression {
            Compression::Zstd => headers.insert(CONTENT_ENCODING, HeaderValue::from_static("zstd")),
            Compression::Gzip => headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip")),
            Compression::None => None,
        };
        Ok(Self { client, endpoint, headers, compression: config.compression })
    }

    pub(super) async fn send(&self, signal: Signal, request: &Bytes) -> Outcome {
        let body = match compress(self.compression, request) {
            Ok(body) => body,
            Err(error) => return Outcome::Refused { reason: format!("cannot be compressed: {error}") },
        };
        let url = format!("{}/v1/{}", self.endpoint, signal.name());
        let sent = self.client.post(url).headers(self.headers.clone()).body(body).send().await;
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => return Outcome::Retry { after: None, reason: error.without_url().to_string() },
        };
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        if let Some(outcome) = of_http_status(response.status().as_u16(), retry_after, SystemTime::now()) {
            return outcome;
        }
        let mut answer = Vec::new();
        while answer.len() < ANSWER_BYTES
            && let Ok(Some(chunk)) = response.chunk().await
        {
            answer.extend_from_slice(&chunk);
        }
        let (rejected_items, message) = partial_success(signal, &answer);
        Outcome::Accepted { rejected_items, message }
    }
}

fn compress(compression: Compression, request: &Bytes) -> std::io::Result<Bytes> {
    match compression {
        Compression::None => Ok(request.clone()),
        Compression::Zstd => zstd::bulk::compress(request, zstd::DEFAULT_COMPRESSION_LEVEL).map(Bytes::from),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(request)?;
            encoder.finish().map(Bytes::from)
        }
    }
}

/// Items that the receiver took not, and why. An answer that cannot be read counts as full
/// success: its status said so.
fn partial_success(signal: Signal, answer: &[u8]) -> (u64, String) {
    let partial = match signal {
        Signal::Traces => ExportTraceServiceResponse::decode(answer)
            .ok()
            .and_then(|response| response.partial_success)
            .map(|partial| (partial.rejected_spans, partial.error_message)),
        Signal::Logs => ExportLogsServiceResponse::decode(answer)
            .ok()
            .and_then(|response| response.partial_success)
            .map(|partial| (partial.rejected_log_records, partial.error_message)),
        Signal::Metrics => ExportMetricsServiceResponse::decode(answer)
            .ok()
            .and_then(|response| response.partial_success)
            .map(|partial| (partial.rejected_data_points, partial.error_message)),
    };
    let (rejected, message) = partial.unwrap_or_default();
    (u64::try_from(rejected).unwrap_or(0), message)
}
