//! OTLP/HTTP (OpenTelemetry Protocol specification 1.10.0, "OTLP/HTTP").

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER as RETRY_AFTER_HEADER};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use ordertrace_otlp::Signal;
use prost::Message;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::body::{BodyError, Budget, Coding, read};
use super::request::{from_json, from_protobuf};
use super::{Intake, RETRY_AFTER};
use crate::cause::with_causes;
use crate::telemetry::Refusal;

/// Memory that the bodies of all requests may take together.
const BUDGET_BYTES: usize = 256 * 1024 * 1024;
/// A body that takes longer than this is given up.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

#[derive(Clone)]
struct Receiver {
    intake: Intake,
    budget: Budget,
}

#[derive(Clone, Copy)]
enum Encoding {
    Protobuf,
    Json,
}

/// Serves until `stop`, then finishes what is under way.
///
/// # Errors
/// When the listener fails.
pub async fn serve_http(listener: TcpListener, intake: Intake, stop: CancellationToken) -> std::io::Result<()> {
    let receiver = Receiver { intake, budget: Budget::new(BUDGET_BYTES) };
    let route = |signal: Signal| {
        post(move |State(receiver): State<Receiver>, request: Request<Body>| async move {
            receiver.receive(signal, request).await
        })
    };
    let router = Router::new()
        .route("/v1/traces", route(Signal::Traces))
        .route("/v1/logs", route(Signal::Logs))
        .route("/v1/metrics", route(Signal::Metrics))
        .with_state(receiver);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

impl Receiver {
    async fn receive(&self, signal: Signal, request: Request<Body>) -> Response {
        let (head, body) = request.into_parts();
        let encoding = match encoding(&head.headers) {
            Some(encoding) => encoding,
            None => {
                self.intake.meter.refused(signal, None, Refusal::Unsupported, 1);
                let message = "Content-Type must be application/x-protobuf or application/json";
                return refusal(Encoding::Json, StatusCode::UNSUPPORTED_MEDIA_TYPE, 3, message);
            }
        };
        let Some(coding) = coding(&head.headers) else {
            self.intake.meter.refused(signal, None, Refusal::Unsupported, 1);
            let message = "Content-Encoding must be gzip, zstd or absent";
            return refusal(encoding, StatusCode::UNSUPPORTED_MEDIA_TYPE, 3, message);
        };
        let read = tokio::time::timeout(READ_TIMEOUT, read(body, coding, &self.budget)).await;
        let (bytes, _share) = match read {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => return self.unread(signal, encoding, &error),
            Err(_) => {
                self.intake.meter.refused(signal, None, Refusal::Malformed, 1);
                return refusal(encoding, StatusCode::REQUEST_TIMEOUT, 4, "the body took too long");
            }
        };
        let counted = match encoding {
            Encoding::Protobuf => from_protobuf(signal, bytes),
            Encoding::Json => from_json(signal, &bytes),
        };
        let counted = match counted {
            Ok(counted) => counted,
            Err(error) => {
                self.intake.meter.refused(signal, None, Refusal::Malformed, 1);
                return refusal(encoding, StatusCode::BAD_REQUEST, 3, &with_causes(&error));
            }
        };
        match self.intake.store(signal, counted).await {
            Ok(()) => success(encoding),
            Err(error) => later(encoding, &error.to_string()),
        }
    }

    fn unread(&self, signal: Signal, encoding: Encoding, error: &BodyError) -> Response {
        let (reason, status, code) = match error {
            BodyError::Busy => {
                self.intake.meter.refused(signal, None, Refusal::NoRoom, 1);
                return later(encoding, &error.to_string());
            }
            BodyError::TooLong => (Refusal::TooLarge, StatusCode::PAYLOAD_TOO_LARGE, 8),
            BodyError::Broken(_) => (Refusal::Malformed, StatusCode::BAD_REQUEST, 3),
        };
        self.intake.meter.refused(signal, None, reason, 1);
        refusal(encoding, status, code, &error.to_string())
    }
}

fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    match value.split(';').next()?.trim().to_ascii_lowercase().as_str() {
        "application/x-protobuf" | "application/protobuf" => Some(Encoding::Protobuf),
        "application/json" => Some(Encoding::Json),
        _ => None,
    }
}

fn coding(headers: &HeaderMap) -> Option<Coding> {
    match headers.get(CONTENT_ENCODING) {
        None => Some(Coding::Identity),
        Some(value) => Coding::parse(value.to_str().ok()?),
    }
}

/// An export response without a partial success is an empty message.
fn success(encoding: Encoding) -> Response {
    match encoding {
        Encoding::Protobuf => ([(CONTENT_TYPE, PROTOBUF)], Body::empty()).into_response(),
        Encoding::Json => ([(CONTENT_TYPE, JSON)], "{}").into_response(),
    }
}

fn later(encoding: Encoding, message: &str) -> Response {
    let mut response = refusal(encoding, StatusCode::SERVICE_UNAVAILABLE, 14, message);
    response.headers_mut().insert(RETRY_AFTER_HEADER, HeaderValue::from(RETRY_AFTER.as_secs()));
    response
}

/// The specification wants a `google.rpc.Status` as body, encoded as the request was.
fn refusal(encoding: Encoding, status: StatusCode, code: i32, message: &str) -> Response {
    match encoding {
        Encoding::Protobuf => {
            let body = tonic_types::Status { code, message: message.to_owned(), details: Vec::new() };
            (status, [(CONTENT_TYPE, PROTOBUF)], body.encode_to_vec()).into_response()
        }
        Encoding::Json => {
            let body = serde_json::json!({ "code": code, "message": message });
            (status, [(CONTENT_TYPE, JSON)], body.to_string()).into_response()
        }
    }
}
