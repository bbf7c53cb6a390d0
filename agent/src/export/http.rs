//! OTLP/HTTP in protobuf.

use std::io::Write;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue};
use ordertrace_otlp::Signal;

use super::outcome::{Outcome, accepted, of_http_status};
use super::{ExportError, USER_AGENT};
use crate::config::{Compression, ExportConfig};
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
            .user_agent(USER_AGENT)
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
        accepted(&answer)
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
