//! What the walk over the body reads is what prost reads.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Status;
use serde_json::Value as Json;

use super::*;
use crate::record::Attribute;

/// A span as it should be and as it is, written alike.
type Written = String;

fn json(value: Option<Value>) -> Json {
    match value {
        None | Some(Value::StringValueStrindex(_)) => Json::Null,
        Some(Value::StringValue(text)) => text.into(),
        Some(Value::BoolValue(value)) => value.into(),
        Some(Value::IntValue(value)) => value.into(),
        Some(Value::DoubleValue(value)) if value.is_finite() => value.into(),
        Some(Value::DoubleValue(value)) => value.to_string().into(),
        Some(Value::BytesValue(bytes)) => STANDARD.encode(bytes).into(),
        Some(Value::ArrayValue(array)) => array.values.into_iter().map(|inner| json(inner.value)).collect(),
        Some(Value::KvlistValue(list)) => {
            list.values.into_iter().map(|pair| (pair.key, json(pair.value.and_then(|value| value.value)))).collect()
        }
    }
}

fn pairs(sent: Vec<KeyValue>, dropped: u32) -> Vec<(String, String)> {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        None | Some(Value::StringValueStrindex(_)) => String::new(),
        Some(Value::StringValue(text)) => text,
        Some(Value::DoubleValue(value)) => value::decimal(value),
        Some(Value::BytesValue(bytes)) => STANDARD.encode(bytes),
        Some(value) => json(Some(value)).to_string(),
    };
    let mut pairs: Vec<_> = sent.into_iter().map(|pair| (pair.key, text(pair.value))).collect();
    if dropped > 0 {
        pairs.push(("otel.dropped_attributes_count".to_owned(), dropped.to_string()));
    }
    pairs
}

/// What prost reads; every span of the body is valid.
fn expected(body: &[u8]) -> Vec<Written> {
    let mut written = Vec::new();
    for resource_spans in ExportTraceServiceRequest::decode(body).unwrap().resource_spans {
        let resource = resource_spans.resource.unwrap_or_default();
        let resource = pairs(resource.attributes, resource.dropped_attributes_count);
        for scope_spans in resource_spans.scope_spans {
            let scope = scope_spans.scope.unwrap_or_default();
            let of_scope = pairs(scope.attributes, scope.dropped_attributes_count).into_iter();
            let of_scope: Vec<_> = of_scope.map(|(name, value)| (format!("otel.scope.{name}"), value)).collect();
            for span in scope_spans.spans {
                let Status { message, code, .. } = span.status.unwrap_or_default();
                let times = (span.start_time_unix_nano, span.end_time_unix_nano - span.start_time_unix_nano);
                let events: Vec<_> = span
                    .events
                    .into_iter()
                    .map(|event| {
                        let attributes = pairs(event.attributes, event.dropped_attributes_count);
                        (event.time_unix_nano, event.name, attributes)
                    })
                    .collect();
                let links: Vec<_> = span
                    .links
                    .into_iter()
                    .map(|link| {
                        let attributes = pairs(link.attributes, link.dropped_attributes_count);
                        (link.trace_id, link.span_id, link.trace_state, attributes)
                    })
                    .collect();
                let parent = if span.parent_span_id.is_empty() { vec![0; 8] } else { span.parent_span_id };
                let ids = (span.trace_id, span.span_id, parent, span.trace_state);
                let mut attributes = pairs(span.attributes, span.dropped_attributes_count);
                for (what, dropped) in [("events", span.dropped_events_count), ("links", span.dropped_links_count)] {
                    if dropped > 0 {
                        attributes.push((format!("otel.dropped_{what}_count"), dropped.to_string()));
                    }
                }
                attributes.extend(of_scope.clone());
                let rest = (&resource, &scope.name, &scope.version, attributes);
                written.push(format!(
                    "{ids:?} {:?} {} {times:?} {code} {message:?} {rest:?} {events:?} {links:?}",
                    span.name, span.kind
                ));
            }
        }
    }
    written
}

fn actual(body: &[u8]) -> Vec<Written> {
    let arena = Bump::new();
    let decoded = DECODER.spans(&arena, body, NOW_NS).unwrap();
    assert_eq!(decoded.refusals.message(), "");
    let owned = |attributes: &[Attribute<'_>]| -> Vec<(String, String)> {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let write = |span: &SpanRecord<'_>| {
        let events: Vec<_> =
            span.events.iter().map(|event| (event.at_ns, event.name, owned(event.attributes))).collect();
        let links: Vec<_> = span
            .links
            .iter()
            .map(|link| (link.trace_id, link.span_id, link.trace_state, owned(link.attributes)))
            .collect();
        let ids = (span.trace_id, span.span_id, span.parent_span_id, span.trace_state);
        let rest = (owned(span.origin.attributes), span.scope.name, span.scope.version, owned(span.attributes));
        let times = (span.started_at_ns, span.duration_ns);
        let (code, message) = (span.status as i8, span.status_message);
        let kind = span.kind as i32;
        format!("{ids:?} {:?} {kind} {times:?} {code} {message:?} {rest:?} {events:?} {links:?}", span.name)
    };
    decoded.records.iter().map(write).collect()
}

fn value() -> impl Strategy<Value = Option<AnyValue>> {
    let leaf = prop_oneof![
        "\\PC{0,9}".prop_map(Value::StringValue),
        any::<bool>().prop_map(Value::BoolValue),
        any::<i64>().prop_map(Value::IntValue),
        any::<f64>().prop_map(Value::DoubleValue),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(Value::BytesValue),
        any::<i32>().prop_map(Value::StringValueStrindex),
    ];
    let value = leaf.prop_recursive(4, 16, 4, |inner| {
        let inner = prop::option::of(inner.prop_map(|value| AnyValue { value: Some(value) }));
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|values| {
                Value::ArrayValue(ArrayValue { values: values.into_iter().map(Option::unwrap_or_default).collect() })
            }),
            prop::collection::vec(("[a-c]{0,2}", inner), 0..4).prop_map(|pairs| {
                let pair = |(key, value)| KeyValue { key, value, ..KeyValue::default() };
                Value::KvlistValue(KeyValueList { values: pairs.into_iter().map(pair).collect() })
            }),
        ]
    });
    prop::option::of(value.prop_map(|value| AnyValue { value: Some(value) }))
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let pair = ("\\PC{0,9}", value()).prop_map(|(key, value)| KeyValue { key, value, ..KeyValue::default() });
    prop::collection::vec(pair, 0..5)
}

fn a_span() -> impl Strategy<Value = Span> {
    let id = |length: usize| prop::collection::vec(1..=u8::MAX, length);
    let event = (0..1000_u64, "\\PC{0,9}", attributes(), 0..3_u32).prop_map(|(after, name, attributes, dropped)| {
        Event { time_unix_nano: START + after, name, attributes, dropped_attributes_count: dropped }
    });
    let link = (id(16), id(8), "[a-z=]{0,9}", attributes()).prop_map(|(trace_id, span_id, trace_state, attributes)| {
        Link { trace_id, span_id, trace_state, attributes, ..Link::default() }
    });
    let ids = (id(16), id(8), prop_oneof![Just(Vec::new()), id(8)], "[a-z=]{0,9}");
    let lists = (attributes(), prop::collection::vec(event, 0..3), prop::collection::vec(link, 0..3));
    let rest = ("\\PC{0,9}", 0..6_i32, 0..1_000_000_u64, 0..3_u32, prop::option::of(("\\PC{0,9}", 0..3_i32)));
    (ids, lists, rest).prop_map(|(ids, lists, rest)| {
        let (name, kind, length, dropped_attributes_count, status) = rest;
        Span {
            trace_id: ids.0,
            // Told apart from any parent.
            span_id: [&[0], &ids.1[1..]].concat(),
            parent_span_id: ids.2,
            trace_state: ids.3,
            attributes: lists.0,
            events: lists.1,
            links: lists.2,
            name,
            kind,
            start_time_unix_nano: START,
            end_time_unix_nano: START + length,
            dropped_attributes_count,
            dropped_events_count: dropped_attributes_count * 7,
            dropped_links_count: dropped_attributes_count * 5,
            flags: 1,
            status: status.map(|(message, code)| Status { message, code }),
        }
    })
}

fn a_body() -> impl Strategy<Value = Vec<u8>> {
    let scope = prop::option::of(("\\PC{0,9}", "[0-9.]{0,9}", attributes(), 0..3_u32));
    let scope = scope.prop_map(|scope| {
        scope.map(|(name, version, attributes, dropped_attributes_count)| InstrumentationScope {
            name,
            version,
            attributes,
            dropped_attributes_count,
        })
    });
    let scope_spans = (scope, prop::collection::vec(a_span(), 0..3)).prop_map(|(scope, spans)| ScopeSpans {
        scope,
        spans,
        schema_url: "https://opentelemetry.io/schemas/1.44.0".to_owned(),
    });
    let resource = prop::option::of(attributes()).prop_map(|attributes| {
        attributes.map(|attributes| Resource { attributes, dropped_attributes_count: 2, ..Resource::default() })
    });
    let resource_spans = (resource, prop::collection::vec(scope_spans, 0..3))
        .prop_map(|(resource, scope_spans)| ResourceSpans { resource, scope_spans, ..ResourceSpans::default() });
    prop::collection::vec(resource_spans, 0..3)
        .prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans }.encode_to_vec())
}

#[test]
fn a_real_order_is_read_as_prost_reads_it() {
    for (name, body) in recorded() {
        assert_eq!(actual(&body), expected(&body), "{name}");
    }
}

#[test]
fn messages_sent_in_parts_are_one() {
    let part = |attribute: &str, spans| ResourceSpans {
        resource: Some(Resource { attributes: vec![string(attribute, "x")], ..Resource::default() }),
        scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    };
    // The resource of the second part comes after the spans of the first.
    let inner = [part("a", vec![span()]).encode_to_vec(), part("b", Vec::new()).encode_to_vec()].concat();
    let mut body = vec![0x0a];
    prost::encoding::encode_varint(inner.len() as u64, &mut body);
    body.extend(inner);
    assert_eq!(actual(&body), expected(&body));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_request_is_read_as_prost_reads_it(body in a_body()) {
        prop_assert_eq!(actual(&body), expected(&body));
    }

    #[test]
    fn what_prost_refuses_is_refused(body in a_body(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        prop_assume!(!body.is_empty());
        let mut body = body;
        let at = at.index(body.len());
        body[at] = byte;
        // A span that is refused is not looked into, so that the reverse need not be.
        if DECODER.spans(&Bump::new(), &body, NOW_NS).is_err() {
            prop_assert!(ExportTraceServiceRequest::decode(body.as_slice()).is_err());
        }
    }
}
