mod every_field;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use proptest::prelude::*;

use super::logs::logs;
use super::metrics::metrics;
use super::traces::traces;
use super::*;

#[test]
fn a_request_as_the_specification_shows_it() {
    let body = br#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"oms"}}]},
        "scopeSpans":[{"scope":{"name":"lib","version":"1"},"spans":[{
            "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174","parentSpanId":"",
            "name":"I","kind":2,"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,
            "attributes":[{"key":"n","value":{"intValue":"9007199254740993"}},{"key":"m","value":{"intValue":3}},
                {"key":"d","value":{"doubleValue":"NaN"}},{"key":"b","value":{"bytesValue":"AQI="}},
                {"key":"a","value":{"arrayValue":{}}},{"key":"e","value":{}},{"key":"u","value":{"newValue":[1,{}]}},
                {"key":"k","value":{"kvlistValue":{"values":[{"key":"x","value":{"boolValue":true}}]}}}],
            "status":{"code":2,"message":"no"},"links":null,"events":[{"timeUnixNano":"1","name":"e"}],
            "future":{"a":[1]}}]}]}]}"#;
    let request = traces(body).unwrap();
    let group = &request.resource_spans[0].scope_spans[0];
    let span = &group.spans[0];
    assert_eq!(group.scope.as_ref().unwrap().name, "lib");
    assert_eq!(span.trace_id[..2], [0x5b, 0x8e]);
    assert_eq!((span.span_id.len(), span.parent_span_id.len(), span.kind), (8, 0, 2));
    assert_eq!((span.start_time_unix_nano, span.end_time_unix_nano), (1544712660000000000, 1544712661000000000));
    let value = |at: usize| span.attributes[at].value.clone().unwrap().value;
    assert_eq!(value(0), Some(Value::IntValue(9_007_199_254_740_993)));
    assert_eq!(value(1), Some(Value::IntValue(3)));
    assert!(matches!(value(2), Some(Value::DoubleValue(number)) if number.is_nan()));
    assert_eq!(value(3), Some(Value::BytesValue(vec![1, 2])));
    assert!(matches!(value(4), Some(Value::ArrayValue(array)) if array.values.is_empty()));
    assert_eq!((value(5), value(6)), (None, None));
    assert!(matches!(value(7), Some(Value::KvlistValue(list)) if list.values.len() == 1));
    assert_eq!(span.status.as_ref().unwrap().code, 2);
    assert_eq!((span.events.len(), span.links.len()), (1, 0));
}

#[test]
fn absent_and_null_are_empty() {
    for body in ["{}", r#"{"resourceSpans":null}"#, r#"{"resourceSpans":[]}"#, r#"{"other":1}"#] {
        assert_eq!(traces(body.as_bytes()).unwrap().resource_spans.len(), 0, "{body}");
        logs(body.as_bytes()).unwrap();
        metrics(body.as_bytes()).unwrap();
    }
}

#[test]
fn wrong_shapes_are_refused() {
    for body in [
        "",
        "[]",
        "null",
        "5",
        "\"x\"",
        "{",
        r#"{"resourceSpans":{}}"#,
        r#"{"resourceSpans":[[]]}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":5}]}]}]}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"SPAN_KIND_SERVER"}]}]}]}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":-5}]}]}]}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":1.5}]}]}]}"#,
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a","value":"b"}]}]}]}]}"#,
        r#"{"resourceSpans":[]} trailing"#,
    ] {
        assert!(traces(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn no_nesting_exhausts_the_stack() {
    let open = r#"{"arrayValue":{"values":["#;
    let head = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":"#;
    assert!(logs(format!("{head}{}", open.repeat(100_000)).as_bytes()).is_err());
}

/// The generated types write what they hold in JSON; what is read from it is what they hold.
#[test]
fn every_field_is_kept() {
    let request = every_field::traces();
    let json = serde_json::to_vec(&request).unwrap();
    assert_eq!(traces(&json).unwrap(), request);
    assert_eq!(to_protobuf(Signal::Traces, &json).unwrap(), request.encode_to_vec());
    let request = every_field::logs();
    assert_eq!(logs(&serde_json::to_vec(&request).unwrap()).unwrap(), request);
    let request = every_field::metrics();
    assert_eq!(metrics(&serde_json::to_vec(&request).unwrap()).unwrap(), request);
}

#[test]
fn empty_messages_by_the_million_are_refused() {
    let many = |element: &str| vec![element; 1_000_000].join(",");
    for body in [
        format!(r#"{{"resourceSpans":[{}]}}"#, many("{}")),
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, many("{}")),
        format!(r#"{{"resourceSpans":[{{"resource":{{"attributes":[{}]}}}}]}}"#, many("{}")),
    ] {
        let read = |room_bytes| within(room_bytes, || traces(body.as_bytes()));
        assert!(read(16 * body.len()).unwrap_err().to_string().contains("more empty messages"));
        assert!(read(usize::MAX).is_ok());
    }
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = (traces(&body), logs(&body), metrics(&body));
    }
}
