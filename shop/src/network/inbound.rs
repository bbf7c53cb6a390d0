use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::USER_AGENT;
use serde_json::json;

use super::listener::DropSocket;
use super::request_id::{REQUEST_ID, RequestId};
use super::{CallError, Scope, Station};
use crate::edge::Edge;
use crate::fault::Fault;
use crate::instrument::ServerSpan;
use crate::system::System;

/// A stalled request ends when its caller leaves; this is for callers that never do.
const STALL_MAX: Duration = Duration::from_secs(60);

/// Why a request cannot be answered as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    /// Something this service needs from another one failed.
    #[error("a system behind this one failed")]
    Call(#[from] CallError),
    /// The id names nothing here.
    #[error("no {kind} {id:?} here")]
    Unknown {
        /// What it should name.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// The request lacks something.
    #[error("the request has no {0}")]
    Missing(&'static str),
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        let status = match &self {
            // 500, not 502: what failed has been tried often enough.
            Self::Call(cause) => {
                tracing::warn!(%cause, "a request of the shop failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Unknown { .. } => StatusCode::NOT_FOUND,
            Self::Missing(_) => StatusCode::BAD_REQUEST,
        };
        (status, axum::Json(json!({ "error": self.to_string() }))).into_response()
    }
}

/// Receives every request of a service: opens its SERVER span, lets time pass, fails it as
/// planned, and hands it to its handler with a [`Scope`].
pub(crate) async fn receive(
    State(station): State<Arc<Station>>,
    route: MatchedPath,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let id = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()?.parse::<RequestId>().ok());
    let caller = headers.get(USER_AGENT).and_then(|value| System::named(value.to_str().ok()?));
    let fault = id.zip(caller).and_then(|(id, from)| fault(&station, from, id));
    if fault == Some(Fault::Reset) {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(DropSocket);
        return response;
    }
    let span = ServerSpan::start(&station.instruments, &request, route.as_str());
    if let Some(id) = id {
        let mut chance = station.seed().chance(&["latency", &id.to_string()]);
        tokio::time::sleep(station.world.pace().latency(&mut chance)).await;
    }
    let response = match fault {
        None => {
            let (owner, call) = id.map_or((None, 0), |id| (id.owner, id.call));
            request.extensions_mut().insert(Scope::new(span.context().clone(), owner, call));
            next.run(request).await
        }
        Some(Fault::Stall) => {
            tokio::time::sleep(STALL_MAX).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Fault::RateLimited) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Some(Fault::Unavailable | Fault::Reset) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    span.answered(response.status());
    response
}

fn fault(station: &Station, from: System, id: RequestId) -> Option<Fault> {
    let edge = Edge { from, to: station.system };
    let faults = station.seed().faults(edge, id.call, station.world.fault_percent);
    faults.get(usize::from(id.attempt)).copied()
}
