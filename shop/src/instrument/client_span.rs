use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::propagation::{Injector, TextMapPropagator};
use opentelemetry::trace::{SpanKind, Status, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::{ActiveSpan, Instruments};
use crate::network::{Call, Scope};

/// A CLIENT span: one attempt of a call.
#[derive(Debug)]
pub(crate) struct ClientSpan(ActiveSpan);

impl ClientSpan {
    pub(crate) fn start(
        instruments: &Instruments,
        scope: &Scope,
        call: &Call,
        address: SocketAddr,
        resend_count: u8,
    ) -> Self {
        let operation = call.operation;
        let mut attributes = vec![
            KeyValue::new("http.request.method", operation.method),
            // Without the query, as sanitising instrumentations do.
            KeyValue::new("url.full", format!("http://{address}{}", call.path)),
            KeyValue::new("url.path", call.path.clone()),
            KeyValue::new("url.template", operation.template),
            KeyValue::new("server.address", address.ip().to_string()),
            KeyValue::new("server.port", i64::from(address.port())),
            KeyValue::new("service.peer.name", operation.to.name()),
        ];
        if resend_count > 0 {
            attributes.push(KeyValue::new("http.request.resend_count", i64::from(resend_count)));
        }
        if let Some(name) = operation.graphql {
            attributes.push(KeyValue::new("graphql.operation.name", name));
        }
        attributes.extend(call.attributes.iter().cloned());
        let name = format!("{} {}", operation.method, operation.template);
        Self(instruments.start(name.into(), SpanKind::Client, &scope.context, attributes, None))
    }

    /// The headers that pass the trace context on.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = Headers(HeaderMap::new());
        TraceContextPropagator::new().inject_context(self.0.context(), &mut headers);
        headers.0
    }

    pub(crate) fn answered(self, status: StatusCode) {
        let span = self.0.context().span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if status.as_u16() >= 400 {
            span.set_attribute(KeyValue::new("error.type", status.as_u16().to_string()));
            span.set_status(Status::error(""));
        }
    }

    pub(crate) fn broken(self, error_type: &'static str) {
        let span = self.0.context().span();
        span.set_attribute(KeyValue::new("error.type", error_type));
        span.set_status(Status::error(error_type));
    }
}

struct Headers(HeaderMap);

impl Injector for Headers {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}
