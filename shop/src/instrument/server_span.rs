use axum::extract::Request;
use http::{HeaderMap, StatusCode};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanKind, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::{ActiveSpan, Instruments};
use crate::system::Reporting;

/// A SERVER span: one request received.
#[derive(Debug)]
pub(crate) struct ServerSpan(ActiveSpan);

impl ServerSpan {
    pub(crate) fn start(instruments: &Instruments, request: &Request, route: &str) -> Self {
        let parent = match instruments.system.reporting() {
            Reporting::Sdk => {
                TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(request.headers()))
            }
            Reporting::SdkDropsContext | Reporting::Silent => Context::new(),
        };
        let method = request.method().as_str().to_owned();
        let attributes = vec![
            KeyValue::new("http.request.method", method.clone()),
            KeyValue::new("url.path", request.uri().path().to_owned()),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("http.route", route.to_owned()),
        ];
        Self(instruments.start(format!("{method} {route}").into(), SpanKind::Server, &parent, attributes, None))
    }

    pub(crate) fn context(&self) -> &Context {
        self.0.context()
    }

    pub(crate) fn answered(self, status: StatusCode) {
        let span = self.0.context().span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        // A client's mistake is no failure of the server (HTTP semantic conventions).
        if status.is_server_error() {
            span.set_attribute(KeyValue::new("error.type", status.as_u16().to_string()));
            span.set_status(Status::error(""));
        }
    }
}

struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
