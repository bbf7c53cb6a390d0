use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use prost::Message;
use serde_json::json;
use tonic::Code;

use super::super::budget::Overloaded;
use super::super::error::IngestError;
use super::super::examine::Encoding;
use super::super::export::Export;
use super::super::pipeline::Taken;

/// Why nothing of a request was taken, as its sender is told.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Refused {
    status: StatusCode,
    code: Code,
    pub(super) message: String,
    retry_after: Option<Duration>,
    /// For metrics.
    pub(super) outcome: &'static str,
}

impl Refused {
    /// The sender must send something else.
    pub(super) fn bad_request(message: String) -> Self {
        let (status, code) = (StatusCode::BAD_REQUEST, Code::InvalidArgument);
        Self { status, code, message, retry_after: None, outcome: "malformed" }
    }

    /// The receiver cannot read what it is.
    pub(super) fn unsupported(message: String) -> Self {
        let (status, code) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::InvalidArgument);
        Self { status, code, message, retry_after: None, outcome: "unsupported" }
    }

    /// The body is longer than allowed.
    pub(super) fn too_large(message: String) -> Self {
        let (status, code) = (StatusCode::PAYLOAD_TOO_LARGE, Code::InvalidArgument);
        Self { status, code, message, retry_after: None, outcome: "too_large" }
    }

    /// The body came too slowly.
    pub(super) fn too_slow(message: String) -> Self {
        let (status, code) = (StatusCode::REQUEST_TIMEOUT, Code::DeadlineExceeded);
        Self { status, code, message, retry_after: None, outcome: "too_slow" }
    }

    /// Too much is under way.
    pub(super) fn overloaded(overloaded: Overloaded) -> Self {
        let (status, code) = (StatusCode::TOO_MANY_REQUESTS, Code::ResourceExhausted);
        let retry_after = Some(overloaded.retry_after);
        Self { status, code, message: overloaded.to_string(), retry_after, outcome: "overloaded" }
    }
}

impl From<IngestError> for Refused {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Malformed { .. } => Self::bad_request(error.to_string()),
            IngestError::Unavailable(unavailable) => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: Code::Unavailable,
                message: unavailable.to_string(),
                retry_after: Some(unavailable.retry_after),
                outcome: "unavailable",
            },
        }
    }
}

impl Encoding {
    /// The format that the request says its body is in.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refused> {
        let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = sent.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/x-protobuf") {
            Ok(Self::Protobuf)
        } else if essence.eq_ignore_ascii_case("application/json") {
            Ok(Self::Json)
        } else {
            let sent = &sent[..sent.len().min(80)];
            Err(Refused::unsupported(format!(
                "the content type {sent:?} is not supported: send application/x-protobuf or application/json"
            )))
        }
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        })
    }

    /// The response to a request that was taken, all or in part.
    pub(super) fn success<G: Export>(self, taken: Taken) -> Response {
        let rejected = i64::try_from(taken.refused).unwrap_or(i64::MAX);
        let body = match self {
            Self::Protobuf if rejected == 0 => Vec::new(),
            Self::Protobuf => G::response(rejected, taken.message).encode_to_vec(),
            Self::Json if rejected == 0 => b"{}".to_vec(),
            Self::Json => {
                let partial = json!({ G::REJECTED: rejected.to_string(), "errorMessage": taken.message });
                json!({ "partialSuccess": partial }).to_string().into_bytes()
            }
        };
        self.response(StatusCode::OK, body)
    }

    /// The response to a request of which nothing was taken: a google.rpc.Status.
    pub(super) fn refusal(self, refused: &Refused) -> Response {
        let code = i32::from(refused.code);
        let body = match self {
            Self::Protobuf => {
                let message = refused.message.clone();
                tonic_types::Status { code, message, details: Vec::new() }.encode_to_vec()
            }
            Self::Json => json!({ "code": code, "message": refused.message }).to_string().into_bytes(),
        };
        let mut response = self.response(refused.status, body);
        if let Some(after) = refused.retry_after {
            // Whole seconds, and never "at once".
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }

    fn response(self, status: StatusCode, body: Vec<u8>) -> Response {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, self.content_type());
        response
    }
}
