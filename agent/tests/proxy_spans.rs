//! What the handoff proxy tells of the exchanges that it passed on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use http::{HeaderValue, Response, StatusCode};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use ordertrace_agent::capture::Preset;
use prost::Message;
use support::{Routed, Upstream, attribute, client, echo, fixture, full};

#[tokio::test]
async fn traces_are_continued_started_and_restarted() {
    let upstream = Upstream::start(echo).await;
    let routed = Routed::to(&upstream.url()).await;
    let client = client();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let seen = async |traceparent: Option<&str>| {
        let mut request = client.get(routed.url("/"));
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent).header("tracestate", "a=1");
        }
        let answer = request.send().await.unwrap();
        let text = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (text("seen-traceparent").unwrap(), text("seen-tracestate"))
    };
    let (continued, state) = seen(Some(parent)).await;
    assert!(continued.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && continued.ends_with("-01"));
    assert!(!continued.contains("00f067aa0ba902b7"), "the upstream's parent is the proxy's span");
    assert_eq!(state.as_deref(), Some("a=1"));
    let (started, _) = seen(None).await;
    let (restarted, state) = seen(Some("nonsense")).await;
    assert_eq!(state, None);
    let spans = routed.collector.wait_for_spans(3).await;
    for (traceparent, parent) in [(&continued, "00f067aa0ba902b7"), (&started, ""), (&restarted, "")] {
        let span = spans.iter().find(|span| traceparent.contains(&hex::encode(&span.span_id))).unwrap();
        assert!(traceparent.contains(&hex::encode(&span.trace_id)));
        assert_eq!(hex::encode(&span.parent_span_id), parent);
    }
    routed.agent.stop().await;
}

#[tokio::test]
async fn repeated_idempotency_keys_are_counted_as_retries() {
    let upstream = Upstream::start(|_| async {
        let mut response = Response::new(full("{}"));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response
    })
    .await;
    let routed = Routed::to(&upstream.url()).await;
    let client = client();
    for _ in 0..3 {
        client.post(routed.url("/pay")).header("idempotency-key", "once").send().await.unwrap();
    }
    let spans = routed.collector.wait_for_spans(3).await;
    let counts: Vec<_> = spans.iter().map(|span| attribute(span, "http.request.resend_count")).collect();
    assert_eq!(counts, [None, Some("1".to_owned()), Some("2".to_owned())]);
    assert_eq!(attribute(&spans[0], "error.type").as_deref(), Some("503"));
    routed.agent.stop().await;
}

#[tokio::test]
async fn the_recorded_shop_is_understood_on_the_wire() {
    #[derive(serde::Deserialize)]
    struct Recorded {
        req: String,
        resp: String,
    }
    let recorded: Recorded = serde_json::from_slice(&fixture("handoffs/0007.json")).unwrap();
    let answer = recorded.resp.clone();
    let upstream = Upstream::start(move |_| {
        let mut response = Response::new(full(answer.clone()));
        response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
        async move { response }
    })
    .await;
    let routed = Routed::with(&upstream.url(), |route| route.presets = vec![Preset::Vendure]).await;
    let request = client()
        .post(routed.url("/shop-api"))
        .header("content-type", "application/json")
        .bearer_auth("a-session-token")
        .body(recorded.req);
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), recorded.resp);
    let span = routed.span().await;
    assert_eq!(span.name, "AddPayment");
    assert_eq!(attribute(&span, "commerce.order.id").as_deref(), Some("FCJVW7ZW9CKTTHM1"));
    assert_eq!(attribute(&span, "commerce.order.id@oms").as_deref(), Some("4"));
    assert_eq!(attribute(&span, "commerce.payment.id").as_deref(), Some("pi_uKa3HTSa0qZBtw"));
    assert_eq!(attribute(&span, "graphql.operation.name").as_deref(), Some("AddPayment"));
    assert_eq!(attribute(&span, "commerce.auth.scheme").as_deref(), Some("bearer"));
    assert!(!format!("{span:?}").contains("a-session-token"));
    routed.agent.stop().await;
}

#[tokio::test]
async fn what_a_body_tells_of_stock_becomes_a_reading_once_it_was_taken() {
    let upstream = Upstream::start(|request| async move {
        let mut response = Response::new(full("{}"));
        if request.uri().path().starts_with("/closed") {
            *response.status_mut() = StatusCode::CONFLICT;
        }
        response
    })
    .await;
    let routed = Routed::with(&upstream.url(), |route| {
        route.readings = ordertrace_config::parse(
            "[{path: '/{store}/levels', items: /levels, reading: {entity: inventory,
               columns: {sku: sku, location: 'path:store', value: available}}}]",
            "test",
        )
        .unwrap();
    })
    .await;
    let client = client();
    for (store, body) in [
        ("closed", r#"{"levels": [{"sku": "HAT", "available": 1}]}"#),
        ("main", r#"{"levels": [{"sku": "HAT", "available": 12.50}, {"sku": "CAP"}, {"sku": "MUG", "available": 0}]}"#),
    ] {
        let request = client.post(routed.url(&format!("/{store}/levels"))).header("content-type", "application/json");
        request.body(body).send().await.unwrap();
    }
    let records = routed.collector.wait(|| Some(logs(&routed.collector)).filter(|records| records.len() >= 2)).await;
    let texts = |name: &str| -> Vec<String> { records.iter().map(|record| text(record, name)).collect() };
    assert_eq!(texts("commerce.sku"), ["HAT", "MUG"]);
    assert_eq!(texts("commerce.value"), ["12.50", "0"]);
    assert_eq!(
        (&texts("commerce.location")[0], &records[0].event_name),
        (&"main".to_owned(), &"commerce.reading".to_owned())
    );
    assert_eq!(routed.collector.wait_for_spans(2).await.len(), 2);
    routed.agent.stop().await;
}

fn logs(collector: &support::Collector) -> Vec<LogRecord> {
    let received = collector.received();
    let logs = received.iter().filter(|request| request.path == "/v1/logs");
    let requests = logs.map(|request| ExportLogsServiceRequest::decode(&request.body[..]).unwrap());
    let scopes = requests.flat_map(|request| request.resource_logs).flat_map(|resource| resource.scope_logs);
    scopes.flat_map(|scope| scope.log_records).collect()
}

fn text(record: &LogRecord, name: &str) -> String {
    let found = record.attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        other => panic!("{name}: {other:?}"),
    }
}
