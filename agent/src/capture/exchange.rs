//! One request and its response, as a proxy or a recording saw them.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::trace::TraceContext;

/// One attempt of a handoff over HTTP.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// The system that sent the request.
    pub from: String,
    /// The system that it was sent to.
    pub to: String,
    /// Request method, upper case.
    pub method: String,
    /// URL path without the query.
    pub path: String,
    /// URL query without the question mark, if there was one.
    pub query: Option<String>,
    /// HTTP version of the exchange with the receiving system: `1.1`, `2`.
    pub http_version: &'static str,
    /// Request headers.
    pub request_headers: HeaderMap,
    /// Request body.
    pub request_body: BodyCopy,
    /// Response status; `None` when no response came.
    pub status: Option<u16>,
    /// Response headers.
    pub response_headers: HeaderMap,
    /// Response body.
    pub response_body: BodyCopy,
    /// Start of the attempt, Unix time in nanoseconds.
    pub started_at_ns: u64,
    /// End of the response's body, or of the attempt when it failed, Unix time in nanoseconds.
    pub ended_at_ns: u64,
    /// Time until a connection stood, TLS included; `None` when one was reused.
    pub connect_ns: Option<u64>,
    /// Time from the start to the response's head.
    pub first_byte_ns: Option<u64>,
    /// Host of the receiving system.
    pub server_address: String,
    /// Port of the receiving system; 0 = unknown.
    pub server_port: u16,
    /// TLS protocol towards the receiving system (`TLSv1.3`); `None` in the clear.
    pub tls: Option<&'static str>,
    /// Why the attempt failed where no status says it: `connect`, `timeout`, `reset`, …
    pub error_type: Option<&'static str>,
    /// Where it stands in which trace.
    pub trace: TraceContext,
    /// Earlier attempts with the same idempotency key, as far as known.
    pub resend_count: u32,
}

/// What is known of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyCopy {
    /// Its beginning.
    pub bytes: Bytes,
    /// Length of the whole in bytes, as far as it was seen.
    pub size: u64,
}

impl BodyCopy {
    /// Whether the body was longer than the copy.
    pub fn is_truncated(&self) -> bool {
        self.size > self.bytes.len() as u64
    }
}

impl From<Bytes> for BodyCopy {
    /// A copy of the whole body.
    fn from(bytes: Bytes) -> Self {
        Self { size: bytes.len() as u64, bytes }
    }
}

impl Exchange {
    /// An exchange of which only the request line is known; the other fields can be set as
    /// they are. `target` is path and query.
    pub fn new(from: &str, to: &str, method: &str, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            http_version: "1.1",
            ..Self::default()
        }
    }
}

/// A header map from recorded names and values. What HTTP allows in no header is left out.
pub fn headers_from<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> HeaderMap {
    pairs
        .into_iter()
        .filter_map(|(name, value)| {
            let name = HeaderName::try_from(name.as_ref()).ok()?;
            Some((name, HeaderValue::from_str(value.as_ref()).ok()?))
        })
        .fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        })
}
