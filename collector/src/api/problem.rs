use axum::Json;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use ordertrace_api::problem::Problem;

/// A refusal on its way out.
#[derive(Debug)]
pub(super) struct Refusal(Problem);

impl Refusal {
    pub(super) fn new(status: StatusCode, title: &str, detail: impl Into<String>) -> Self {
        Self(Problem { title: title.to_owned(), status: status.as_u16(), detail: detail.into() })
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad request", detail)
    }

    /// `given` or else `otherwise`, if it is 1 to `most`.
    pub(super) fn unless_within(name: &str, given: Option<u32>, otherwise: u32, most: u32) -> Result<u32, Self> {
        let value = given.unwrap_or(otherwise);
        if (1..=most).contains(&value) {
            return Ok(value);
        }
        Err(Self::bad_request(format!("{name} is {value}; it must be 1 to {most}")))
    }

    /// A query that failed.
    pub(super) fn unavailable(reason: String) -> Self {
        tracing::warn!(error = reason, "a query failed");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "storage is not available", reason)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not found", detail)
    }
}

impl From<clickhouse::error::Error> for Refusal {
    fn from(error: clickhouse::error::Error) -> Self {
        Self::unavailable(error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(self.0)).into_response()
    }
}

pub(super) async fn no_such_route(uri: Uri) -> Refusal {
    Refusal::not_found(format!("{} is no route of this API; /openapi.json lists them", uri.path()))
}
