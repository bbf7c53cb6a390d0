//! An OTLP/HTTP endpoint that keeps what it is sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A span as far as these tests look at it.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) system: String,
    pub(crate) kind: i32,
    pub(crate) trace: String,
    pub(crate) id: String,
    /// Empty on a root.
    pub(crate) parent: String,
    pub(crate) started_ns: u64,
    pub(crate) ended_ns: u64,
    pub(crate) linked: bool,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Span {
    pub(crate) fn is_root(&self) -> bool {
        self.parent.is_empty()
    }
}

/// An event as far as these tests look at it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) system: String,
    pub(crate) name: String,
    pub(crate) at_ns: u64,
    pub(crate) attributes: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Kept {
    completed: CancellationToken,
    spans: Mutex<Vec<Span>>,
    events: Mutex<Vec<Event>>,
}

pub(crate) struct Sink {
    pub(crate) endpoint: String,
    kept: Arc<Kept>,
    server: JoinHandle<()>,
}

impl Sink {
    pub(crate) async fn bind() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let kept = Arc::new(Kept::default());
        let router =
            Router::new().route("/v1/traces", post(traces)).route("/v1/logs", post(logs)).with_state(Arc::clone(&kept));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, kept, server }
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        self.kept.spans.lock().unwrap().clone()
    }

    /// Cancelled when an order is reported as completed.
    pub(crate) fn completed(&self) -> CancellationToken {
        self.kept.completed.clone()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.kept.events.lock().unwrap().clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn traces(State(kept): State<Arc<Kept>>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let mut spans = kept.spans.lock().unwrap();
    for resource in request.resource_spans {
        let system = service(resource.resource);
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.push(Span {
                system: system.clone(),
                kind: span.kind,
                trace: hex::encode(span.trace_id),
                id: hex::encode(span.span_id),
                parent: hex::encode(span.parent_span_id),
                started_ns: span.start_time_unix_nano,
                ended_ns: span.end_time_unix_nano,
                linked: !span.links.is_empty(),
                attributes: texts(span.attributes),
            });
        }
    }
}

async fn logs(State(kept): State<Arc<Kept>>, body: Bytes) {
    let request = ExportLogsServiceRequest::decode(body).unwrap();
    let mut events = kept.events.lock().unwrap();
    for resource in request.resource_logs {
        let system = service(resource.resource);
        for record in resource.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
            assert!(!record.trace_id.is_empty(), "an event stands within a trace");
            if record.event_name == "order.completed" {
                kept.completed.cancel();
            }
            events.push(Event {
                system: system.clone(),
                name: record.event_name,
                at_ns: record.time_unix_nano,
                attributes: texts(record.attributes),
            });
        }
    }
}

fn service(resource: Option<Resource>) -> String {
    texts(resource.unwrap().attributes).remove("service.name").unwrap()
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    attributes.into_iter().map(|attribute| (attribute.key, text(attribute.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}
