use bytes::Bytes;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use proptest::prelude::*;

use super::*;
use crate::capture::{BodyCopy, headers_from};

fn made(yaml: &str) -> Result<Vec<BodyReading>, BodyReadingError> {
    let configs: Vec<BodyReadingConfig> = ordertrace_config::parse(yaml, "test").unwrap();
    configs.iter().enumerate().map(|(at, config)| BodyReading::new(at, config)).collect()
}

fn put(path: &str, body: &str) -> Exchange {
    Exchange {
        request_headers: headers_from([("content-type", "application/json")]),
        request_body: Bytes::from(body.to_owned()).into(),
        status: Some(200),
        started_at_ns: 5,
        ended_at_ns: 7,
        ..Exchange::new("oms", "storefront", "PUT", path)
    }
}

/// What was read, as `name=value` without the common prefix, and how many were refused.
fn read(yaml: &str, exchange: &Exchange) -> (Vec<String>, u64) {
    let readings = BodyReadings::of(exchange, &made(yaml).unwrap());
    let line = |record: &LogRecord| {
        assert_eq!((record.event_name.as_str(), record.time_unix_nano), ("commerce.reading", 7));
        let attribute = |attribute: &opentelemetry_proto::tonic::common::v1::KeyValue| {
            let Some(Value::StringValue(text)) = attribute.value.clone().and_then(|value| value.value) else {
                panic!("{attribute:?} is no text")
            };
            format!("{}={text}", attribute.key.trim_start_matches("commerce."))
        };
        record.attributes.iter().map(attribute).collect::<Vec<_>>().join(" ")
    };
    (readings.records.iter().map(line).collect(), readings.refused)
}

const LEVEL: &str = "
- path: /inventory_levels/set.json
  reading:
    entity: inventory
    columns: {sku: inventory_item_id, location: location_id, value: available, changed_at: at}";

#[test]
fn the_receiving_system_has_what_it_was_told_to_have() {
    let body = r#"{"location_id": 655441491, "inventory_item_id": 808950810, "available": 42.50, "at": "2026-11-22T05:00:00Z"}"#;
    let (told, refused) = read(LEVEL, &put("/inventory_levels/set.json", body));
    let expected = "entity=inventory system=storefront sku=808950810 location=655441491 value=42.50 \
                    changed_at=2026-11-22T05:00:00Z";
    assert_eq!((told, refused), (vec![expected.to_owned()], 0));
    assert_eq!(read(LEVEL, &put("/inventory_levels", body)), (vec![], 0), "another path");
}

#[test]
fn only_once_the_answer_was_a_success() {
    let body = r#"{"location_id": 1, "inventory_item_id": 2, "available": 3}"#;
    let answered = |status, error_type| Exchange { status, error_type, ..put("/inventory_levels/set.json", body) };
    for (status, error_type, readings) in [
        (Some(201), None, 1),
        (Some(422), None, 0),
        (Some(304), None, 0),
        (None, Some("timeout"), 0),
        (Some(200), Some("reset"), 0),
    ] {
        let (told, refused) = read(LEVEL, &answered(status, error_type));
        assert_eq!((told.len(), refused), (readings, 0), "{status:?} {error_type:?}");
    }
}

#[test]
fn items_of_an_array_with_what_stands_around_them() {
    let yaml = "
- path: /stores/{store}/prices
  method: put
  items: /data/prices
  reading:
    entity: price
    columns: {sku: sku, value: /price/cents, currency: body:/data/currency, channel: path:store, version: v}
    value_scale: -2";
    let body = r#"{"data": {"currency": "EUR", "prices": [
        {"sku": "A", "price": {"cents": 1995}, "v": 7}, {"sku": "B", "price": {"cents": 9007199254740993}},
        {"sku": "C", "price": {"cents": "many"}}, 5, {"price": {"cents": 1}}]}}"#;
    let (told, refused) = read(yaml, &put("/stores/de%20shop/prices", body));
    let expected = [
        "entity=price system=storefront sku=A channel=de shop currency=EUR value=19.95 version=7",
        "entity=price system=storefront sku=B channel=de shop currency=EUR value=90071992547409.93",
    ];
    assert_eq!((told, refused), (expected.map(str::to_owned).to_vec(), 3), "no fault costs more than its own reading");
    let post = Exchange { method: "POST".to_owned(), ..put("/stores/x/prices", body) };
    assert_eq!(read(yaml, &post), (vec![], 0));
}

#[test]
fn a_webhook_tells_what_its_sender_has_and_an_answer_what_the_receiver_has() {
    let yaml = "
- path: /**
  when: /topic = inventory_levels/update
  system: from
  items: /level
  reading: {entity: inventory, columns: {sku: sku, value: on_hand}, constants: {state: on_hand}}
- path: /stock/{sku}
  from: response.body
  reading: {entity: inventory, columns: {sku: path:sku, value: available}}";
    let hook = put("/hooks/1", r#"{"topic": "inventory_levels/update", "level": {"sku": "A", "on_hand": 3}}"#);
    assert_eq!(read(yaml, &hook).0, ["entity=inventory system=oms sku=A stock.state=on_hand value=3"]);
    let other = put("/hooks/1", r#"{"topic": "orders/create", "level": {"sku": "A", "on_hand": 3}}"#);
    assert_eq!(read(yaml, &other), (vec![], 0));
    let answer = Exchange {
        method: "GET".to_owned(),
        response_body: Bytes::from_static(b"{\"available\": 8}").into(),
        ..put("/stock/HAT-1", "")
    };
    assert_eq!(read(yaml, &answer).0, ["entity=inventory system=storefront sku=HAT-1 value=8"]);
}

#[test]
fn bodies_that_cannot_be_read_are_counted() {
    let path = "/inventory_levels/set.json";
    let whole = r#"{"location_id": 1, "inventory_item_id": 2, "available": 3}"#;
    let cut = Exchange {
        request_body: BodyCopy { bytes: Bytes::from_static(&whole.as_bytes()[..20]), size: whole.len() as u64 },
        ..put(path, whole)
    };
    let coded = Exchange {
        request_headers: headers_from([("content-type", "application/json"), ("content-encoding", "br")]),
        ..put(path, whole)
    };
    let form = Exchange {
        request_headers: headers_from([("content-type", "application/x-www-form-urlencoded")]),
        ..put(path, "available=3")
    };
    for exchange in [cut, coded, form, put(path, "{"), put(path, "7"), put(path, "[[]]")] {
        assert_eq!(read(LEVEL, &exchange), (vec![], 1), "{exchange:?}");
    }
    assert_eq!(read(LEVEL, &put(path, "")), (vec![], 0), "no body at all");
    let many: Vec<&str> = vec![whole; ITEMS + 3];
    let (told, refused) = read(LEVEL, &put(path, &format!("[{}]", many.join(","))));
    assert_eq!((told.len(), refused), (ITEMS, 3));
    let secret =
        BodyReadings::of(&put(path, r#"{"inventory_item_id": 2, "available": "4111 1111"}"#), &made(LEVEL).unwrap());
    assert_eq!(secret.reason.as_deref(), Some("value (column available) is no decimal"), "never what it is");
}

#[test]
fn what_cannot_be_followed_is_named() {
    let one = |keys: &str| format!("[{{path: '/a/{{sku}}', {keys}}}]");
    for (yaml, told) in [
        (
            one("reading: {entity: inventory, columns: {sku: s}}"),
            "readings[0]: an inventory reading needs `value`, in columns or in constants",
        ),
        (
            one("reading: {entity: inventory, columns: {sku: path:item, value: v}}"),
            "readings[0]: column path:item needs {item} in the path \"/a/{sku}\"",
        ),
        (
            one("when: x, reading: {entity: inventory, columns: {sku: s, value: v}}"),
            "readings[0].when: \"x\" is no condition",
        ),
        (one("items: /~2, reading: {entity: inventory, columns: {sku: s, value: v}}"), "readings[0]"),
        ("[{path: a, reading: {entity: inventory, columns: {sku: s, value: v}}}]".to_owned(), "readings[0].path"),
    ] {
        let error = made(&yaml).unwrap_err().to_string();
        assert!(error.starts_with(told), "{yaml}: {error}");
    }
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in "\\PC{0,60}|[\\[\\]{}\":,0-9eE.nultrfaskv-]{0,80}", cut in 0..90_u64) {
        let yaml = "
- {path: /**, items: /a, reading: {entity: price, columns: {sku: s, value: /v/0, currency: body:c}}}
- {path: /**, reading: {entity: order_status, columns: {order: s, value: v}}}";
        let mut exchange = put("/x", &body);
        exchange.request_body.size = exchange.request_body.size.max(cut);
        BodyReadings::of(&exchange, &made(yaml).unwrap());
    }
}
