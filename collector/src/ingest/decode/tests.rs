mod differential;
mod events;
mod sources;

use std::sync::LazyLock;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use ordertrace_api::reading::Entity;
use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::record::{EventRecord, ReadingRecord, SpanRecord};
use crate::settings::RecogniseSettings;

/// 2026-11-21T09:25:54Z, when the recorded order was placed.
const NOW_NS: i64 = 1_795_253_154_000_000_000;
const START: u64 = NOW_NS as u64;

static DECODER: LazyLock<Decoder> = LazyLock::new(|| {
    let recogniser = Arc::new(Recogniser::new(&RecogniseSettings::default()).unwrap());
    Decoder::new(LimitSettings::default(), AcceptSettings::default(), recogniser)
});

/// An arena and a body that records of a test may lie in for as long as they like.
fn kept(body: Vec<u8>) -> (&'static Bump, &'static [u8]) {
    (Box::leak(Box::default()), Vec::leak(body))
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn string(key: &str, value: &str) -> KeyValue {
    pair(key, Value::StringValue(value.to_owned()))
}

fn span() -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "pay".to_owned(),
        start_time_unix_nano: START,
        end_time_unix_nano: START + 5,
        ..Span::default()
    }
}

fn decode(spans: Vec<Span>) -> Decoded<'static, SpanRecord<'static>> {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    let (arena, body) = kept(ExportTraceServiceRequest { resource_spans }.encode_to_vec());
    DECODER.spans(arena, body, NOW_NS).unwrap()
}

fn decode_metrics(metrics: Vec<Metric>) -> Decoded<'static, ReadingRecord<'static>> {
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
    let (arena, body) = kept(ExportMetricsServiceRequest { resource_metrics }.encode_to_vec());
    DECODER.readings(arena, body, NOW_NS).unwrap()
}

/// The only record of a request.
fn only(decoded: Decoded<'static, SpanRecord<'static>>) -> SpanRecord<'static> {
    assert_eq!(decoded.refusals.message(), "");
    decoded.records.into_iter().next().unwrap()
}

#[test]
fn one_bad_span_refuses_only_itself() {
    let bad = [
        Span { trace_id: vec![1; 15], ..span() },
        Span { trace_id: vec![0; 16], ..span() },
        Span { trace_id: vec![], ..span() },
        Span { span_id: vec![1; 9], ..span() },
        Span { span_id: vec![0; 8], ..span() },
        Span { parent_span_id: vec![1; 3], ..span() },
        Span { start_time_unix_nano: 0, ..span() },
        Span { start_time_unix_nano: 7_258_118_400_000_000_000, end_time_unix_nano: u64::MAX, ..span() },
        Span { end_time_unix_nano: u64::MAX, ..span() },
    ];
    let count = bad.len();
    let decoded = decode(bad.into_iter().chain([span()]).collect());
    assert_eq!(decoded.records.len(), 1);
    assert_eq!(decoded.refusals.total(), count as u64);
    let counts: Vec<_> = decoded.refusals.counts().map(|(reason, count)| (reason.label(), count)).collect();
    assert_eq!(counts, [("trace_id", 3), ("span_id", 2), ("parent_span_id", 1), ("time", 3)]);
    let message = decoded.refusals.message();
    for part in ["3 × trace_id: span \"pay\": its trace id has 15 bytes instead of 16", "1970-01-01T00:00:00Z"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_message_about_refusals_is_bounded() {
    let endless = "\u{2028}".repeat(100_000);
    let decoded = decode(vec![Span { trace_id: vec![], name: endless.clone(), ..span() }; 100]);
    assert!(decoded.refusals.message().len() < 1_000);
    let decoded = decode_metrics(vec![Metric {
        name: endless,
        data: Some(Data::Gauge(Gauge { data_points: vec![NumberDataPoint::default()] })),
        ..Metric::default()
    }]);
    assert!(decoded.refusals.message().len() < 1_000);
}

#[test]
fn a_negative_duration_is_none() {
    let decoded = decode(vec![Span { end_time_unix_nano: START - 1, ..span() }]);
    assert_eq!(decoded.adjustments.counts().collect::<Vec<_>>(), [(Adjustment::NegativeDuration, 1)]);
    assert_eq!(only(decoded).duration_ns, 0);
}

#[test]
fn a_span_that_is_its_own_parent_is_a_root() {
    let decoded = decode(vec![Span { parent_span_id: vec![2; 8], ..span() }]);
    assert_eq!(decoded.adjustments.counts().collect::<Vec<_>>(), [(Adjustment::SelfParent, 1)]);
    assert_eq!(only(decoded).parent_span_id, [0; 8]);
}

#[test]
fn a_circle_of_parents_is_stored_as_it_is() {
    let first = Span { span_id: vec![3; 8], parent_span_id: vec![4; 8], ..span() };
    let second = Span { span_id: vec![4; 8], parent_span_id: vec![3; 8], ..span() };
    assert_eq!(decode(vec![first, second]).records.len(), 2);
}

#[test]
fn ten_thousand_attributes_are_cut_and_said_to_be() {
    let attributes = (0..10_000).map(|n| string(&format!("a{n}"), "v")).collect();
    let record = only(decode(vec![Span { attributes, dropped_attributes_count: 7, ..span() }]));
    assert_eq!(record.attributes.len(), 1_001);
    assert_eq!(record.attributes[999].0, "a999");
    assert_eq!(record.attributes[1_000], ("otel.dropped_attributes_count", "9007"));
}

#[test]
fn a_long_value_is_cut_at_a_character_and_says_so() {
    let limit = LimitSettings::default().attribute_value_bytes;
    let record = only(decode(vec![Span { attributes: vec![string("a", &"é".repeat(100_000))], ..span() }]));
    let value = record.attributes[0].1;
    assert!((limit - 8..=limit).contains(&value.len()), "{}", value.len());
    assert!(value.ends_with("é… (cut, 200000 bytes)"), "{}", &value[value.len() - 40..]);
}

#[test]
fn events_and_links_are_bounded_and_checked() {
    let events = vec![Event { time_unix_nano: 5, name: "e".to_owned(), ..Event::default() }; 1_500];
    let good = Link { trace_id: vec![1; 16], span_id: vec![1; 8], ..Link::default() };
    let links = vec![good, Link::default(), Link { trace_id: vec![1; 5], span_id: vec![1; 8], ..Link::default() }];
    let decoded = decode(vec![Span { events, links, ..span() }]);
    assert_eq!(decoded.adjustments.counts().collect::<Vec<_>>(), [(Adjustment::EventsOrLinksDropped, 502)]);
    let record = only(decoded);
    assert_eq!((record.events.len(), record.links.len()), (1_000, 1));
    assert_eq!(record.events[0].at_ns, NOW_NS, "a time that is not believed is that of the span");
}

#[test]
fn values_are_text() {
    let list =
        KeyValueList { values: vec![pair("x", Value::BoolValue(true)), pair("n", Value::DoubleValue(f64::NAN))] };
    let array = ArrayValue {
        values: vec![
            AnyValue { value: Some(Value::IntValue(1)) },
            AnyValue::default(),
            AnyValue { value: Some(Value::StringValue("a\"b".to_owned())) },
        ],
    };
    for (value, text) in [
        (Value::StringValue("s".to_owned()), "s"),
        (Value::BoolValue(false), "false"),
        (Value::IntValue(i64::MIN), "-9223372036854775808"),
        (Value::DoubleValue(19.9), "19.9"),
        (Value::DoubleValue(3.0), "3"),
        (Value::DoubleValue(1e300), "1e300"),
        (Value::DoubleValue(-0.0), "-0"),
        (Value::BytesValue(vec![1, 2]), "AQI="),
        (Value::ArrayValue(array), r#"[1,null,"a\"b"]"#),
        (Value::KvlistValue(list), r#"{"n":"NaN","x":true}"#),
    ] {
        let record = only(decode(vec![Span { attributes: vec![pair("a", value)], ..span() }]));
        assert_eq!(record.attributes[0].1, text);
    }
}

fn stock(points: Vec<NumberDataPoint>) -> Metric {
    let data = Some(Data::Gauge(Gauge { data_points: points }));
    Metric { name: "commerce.inventory.level".to_owned(), data, ..Metric::default() }
}

fn point(value: Number) -> NumberDataPoint {
    let attributes = [
        ("commerce.system", "erp-service"),
        ("commerce.sku", "SKU-1"),
        ("commerce.location", "main"),
        ("commerce.version", "7"),
        ("commerce.changed_at", "2026-11-21T09:25:53Z"),
        ("note", "x"),
    ];
    let attributes = attributes.map(|(name, value)| string(name, value)).to_vec();
    NumberDataPoint { attributes, time_unix_nano: START, value: Some(value), ..NumberDataPoint::default() }
}

#[test]
fn a_reading_is_whose_of_what_and_when() {
    let decoded = decode_metrics(vec![stock(vec![point(Number::AsInt(12))])]);
    let expected = ReadingRecord {
        entity: Entity::Inventory,
        system: "erp",
        subject: "SKU-1",
        id_kind: "",
        id_system: "",
        other_ids: &[],
        location: "main",
        channel: "",
        currency: "",
        state: "available",
        field: "",
        value: "12",
        at_ns: NOW_NS,
        version: "7",
        changed_at_ns: NOW_NS - 1_000_000_000,
        interval_ms: 0,
        attributes: &[("note", "x")],
    };
    assert_eq!(decoded.records, [expected]);
}

#[test]
fn what_is_no_reading_is_refused_with_the_reason() {
    let without = |name: &str| {
        let mut point = point(Number::AsInt(1));
        point.attributes.retain(|pair| pair.key != name);
        point
    };
    let mut unclear = without("commerce.changed_at");
    unclear.attributes.push(string("commerce.changed_at", "yesterday"));
    for (point, reason) in [
        (point(Number::AsDouble(f64::NAN)), "its value is NaN"),
        (point(Number::AsDouble(f64::INFINITY)), "its value is inf"),
        (NumberDataPoint { value: None, ..point(Number::AsInt(1)) }, "it has no value"),
        (NumberDataPoint { flags: 1, ..point(Number::AsInt(1)) }, "it has no recorded value"),
        (NumberDataPoint { time_unix_nano: 0, ..point(Number::AsInt(1)) }, "its time 1970"),
        (without("commerce.system"), "it lacks the attribute commerce.system"),
        (without("commerce.sku"), "it lacks the attribute commerce.sku"),
        (unclear, "its commerce.changed_at \"yesterday\" is no RFC 3339 time"),
    ] {
        let decoded = decode_metrics(vec![stock(vec![point])]);
        assert_eq!((decoded.records.len(), decoded.refusals.total()), (0, 1), "{reason}");
        assert!(decoded.refusals.message().contains(reason), "{}", decoded.refusals.message());
    }
}

#[test]
fn other_metrics_are_refused_by_the_number_of_their_points() {
    let histogram = |name: &str| Metric {
        name: name.to_owned(),
        data: Some(Data::Histogram(Histogram {
            data_points: vec![HistogramDataPoint::default(); 3],
            ..Histogram::default()
        })),
        ..Metric::default()
    };
    let decoded = decode_metrics(vec![histogram("http.server.duration"), histogram("commerce.price")]);
    assert_eq!(decoded.refusals.total(), 6);
    let message = decoded.refusals.message();
    assert!(message.contains("stores readings of stock and prices only"), "{message}");
    assert!(message.contains("commerce.price must be a gauge"), "{message}");
}

/// The bodies that a real shop's SDK sent; see the fixture's README.
fn recorded() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/real-order/otlp");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn a_real_order_is_told_from_the_polling_around_it() {
    let mut spans = Vec::new();
    for (name, body) in recorded() {
        let (arena, body) = kept(body);
        let decoded = DECODER.spans(arena, body, NOW_NS).unwrap();
        assert_eq!(decoded.refusals.message(), "", "{name}");
        spans.extend(decoded.records);
    }
    assert_eq!(spans.len(), 1_433);
    let noisy = spans.iter().filter(|span| !span.noise.is_empty());
    assert!(noisy.clone().all(|span| span.noise == "db-polling"));
    assert_eq!(noisy.count(), 618);

    let roots: Vec<_> = spans.iter().filter(|span| span.name == "POST /shop-api" && span.side.is_some()).collect();
    assert_eq!(roots.len(), 7);
    let of_the_seven = |span: &&SpanRecord<'_>| roots.iter().any(|root| root.trace_id == span.trace_id);
    assert_eq!(spans.iter().filter(of_the_seven).count(), 472);
    assert!(spans.iter().filter(of_the_seven).all(|span| span.noise.is_empty()));
    for root in &roots {
        let side = root.side.unwrap();
        assert_eq!((side.operation, side.to, side.path), ("POST /shop-api", "vendure", "/shop-api"));
    }

    // Three calls of the payment provider and the thirteen requests are all the sides there are.
    let sides: Vec<_> = spans.iter().filter_map(|span| span.side).collect();
    assert_eq!(sides.len(), 16);
    let calls: Vec<_> = sides.iter().filter(|side| side.from == "vendure").map(|side| side.operation).collect();
    let expected = ["POST /v1/payment_methods", "POST /v1/payment_intents", "POST /v1/payment_intents/{}/confirm"];
    assert_eq!(calls, expected);
    let keys: Vec<_> = spans.iter().flat_map(|span| span.keys).map(|key| key.key().to_string()).collect();
    assert_eq!(keys, ["payment:pi_uKa3HTSa0qZBtw"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..512)) {
        decode_anything(&body);
    }

    #[test]
    fn no_damage_to_a_real_body_makes_it_panic(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20), cut in any::<prop::sample::Index>()) {
        let mut body = small_body();
        for (at, byte) in damage {
            let at = at.index(body.len());
            body[at] = byte;
        }
        body.truncate(cut.index(body.len() + 1));
        decode_anything(&body);
    }
}

fn decode_anything(body: &[u8]) {
    let arena = Bump::new();
    let _ = DECODER.spans(&arena, body, NOW_NS);
    let _ = DECODER.events(&arena, body, NOW_NS);
    let _ = DECODER.readings(&arena, body, NOW_NS);
}

fn small_body() -> Vec<u8> {
    let attributes = vec![
        string("http.request.method", "POST"),
        string("url.full", "http://psp:80/v1/payment_intents/pi_uKa3HTSa0qZBtw?order_id=A-1"),
        pair("list", Value::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(Value::IntValue(1)) }] })),
    ];
    let spans = vec![Span { attributes, kind: 3, ..span() }, Span { parent_span_id: vec![2; 8], ..span() }];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}
