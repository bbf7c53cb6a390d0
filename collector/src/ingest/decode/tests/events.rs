use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};

use super::*;

fn decode_logs(log_records: Vec<LogRecord>) -> Decoded<'static, EventRecord<'static>> {
    decode_logs_of(None, log_records)
}

fn decode_logs_of(
    scope: Option<InstrumentationScope>,
    log_records: Vec<LogRecord>,
) -> Decoded<'static, EventRecord<'static>> {
    let scope_logs = vec![ScopeLogs { scope, log_records, ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    let (arena, body) = kept(ExportLogsServiceRequest { resource_logs }.encode_to_vec());
    DECODER.events(arena, body, NOW_NS).unwrap()
}

#[test]
fn log_records_tell_their_scope() {
    let scope = InstrumentationScope {
        name: "checkout".to_owned(),
        version: "1.2".to_owned(),
        attributes: vec![string("team", "payments")],
        dropped_attributes_count: 0,
    };
    let log = LogRecord { time_unix_nano: NOW_NS as u64, attributes: vec![string("a", "b")], ..LogRecord::default() };
    let decoded = decode_logs_of(Some(scope), vec![log]);
    let expected =
        [("a", "b"), ("otel.scope.name", "checkout"), ("otel.scope.version", "1.2"), ("otel.scope.team", "payments")];
    assert_eq!(decoded.records[0].attributes, expected);
}

#[test]
fn log_records_have_a_time_a_name_and_perhaps_a_trace() {
    let observed = LogRecord { observed_time_unix_nano: START - 1, ..LogRecord::default() };
    let named = LogRecord {
        time_unix_nano: START,
        attributes: vec![string("event.name", "order.placed"), string("order_id", "A-1")],
        severity_number: 9,
        body: Some(AnyValue { value: Some(Value::StringValue("placed".to_owned())) }),
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        ..LogRecord::default()
    };
    let bad = LogRecord { trace_id: vec![1; 4], ..LogRecord::default() };
    let old = LogRecord { time_unix_nano: 1, ..LogRecord::default() };
    let decoded = decode_logs(vec![observed, named, bad, LogRecord::default(), old]);
    assert_eq!(decoded.refusals.total(), 2);
    let times: Vec<_> = decoded.records.iter().map(|record| record.at_ns).collect();
    assert_eq!(times, [NOW_NS - 1, NOW_NS, NOW_NS]);
    let named = &decoded.records[1];
    assert_eq!((named.name, named.milestone, named.severity), ("order.placed", "order.placed", 9));
    assert_eq!((named.body, named.trace_id, named.span_id), ("placed", [1; 16], [2; 8]));
    assert_eq!(named.keys[0].key().to_string(), "order:A-1");
    assert_eq!(named.origin.service, "unknown_service");
}

/// Names and values.
type Pairs<'p> = &'p [(&'p str, &'p str)];

fn reading(attributes: Pairs) -> LogRecord {
    LogRecord {
        time_unix_nano: START,
        event_name: "commerce.reading".to_owned(),
        attributes: attributes.iter().map(|(name, value)| string(name, value)).collect(),
        ..LogRecord::default()
    }
}

#[test]
fn events_carry_readings_of_every_kind() {
    let told: [(Pairs, Entity, [&str; 6]); 6] = [
        (
            &[
                ("commerce.entity", "inventory"),
                ("commerce.sku", "S"),
                ("commerce.location", "main"),
                ("commerce.stock.state", "on_hand"),
                ("commerce.value", "12.500"),
            ],
            Entity::Inventory,
            ["S", "main", "", "on_hand", "", "12.5"],
        ),
        (
            &[
                ("commerce.entity", "price"),
                ("commerce.sku", "S"),
                ("commerce.channel", "web"),
                ("commerce.currency", "EUR"),
                ("commerce.value", "0.10"),
            ],
            Entity::Price,
            ["S", "", "EUR", "", "", "0.1"],
        ),
        (
            &[
                ("commerce.entity", "product"),
                ("commerce.sku", "S"),
                ("commerce.field", "title"),
                ("commerce.value", "A hat"),
            ],
            Entity::Product,
            ["S", "", "", "", "title", "A hat"],
        ),
        (
            &[("commerce.entity", "order_status"), ("commerce.order.id@oms", "17"), ("commerce.value", "shipped")],
            Entity::OrderStatus,
            ["order@oms:17", "", "", "", "", "shipped"],
        ),
        (
            &[
                ("commerce.entity", "feed"),
                ("commerce.feed", "google"),
                ("commerce.changed_at", "2026-11-21T09:25:53Z"),
            ],
            Entity::Feed,
            ["google", "", "", "", "", ""],
        ),
        (
            &[
                ("commerce.entity", "search_index"),
                ("commerce.feed", "products"),
                ("commerce.changed_at", "2026-11-21T09:25:53Z"),
                ("commerce.poll.interval_ms", "60000"),
            ],
            Entity::SearchIndex,
            ["products", "", "", "", "", ""],
        ),
    ];
    for (attributes, entity, expected) in told {
        let decoded = decode_logs(vec![reading(&[attributes, &[("commerce.system", "erp")]].concat())]);
        assert_eq!(decoded.refusals.total(), 0, "{}", decoded.refusals.message());
        let record = decoded.records[0].reading.unwrap();
        assert_eq!((record.entity, record.system, record.at_ns), (entity, "erp", NOW_NS));
        let found = [record.subject, record.location, record.currency, record.state, record.field, record.value];
        assert_eq!(found, expected);
        assert!(decoded.records[0].keys.is_empty(), "a reading of an order is nothing that happened to it");
        assert_eq!(record.interval_ms, if entity == Entity::SearchIndex { 60_000 } else { 0 });
    }
}

#[test]
fn another_id_stands_for_the_sku_or_beside_it() {
    let told = |ids: Pairs| {
        let stock = [("commerce.entity", "inventory"), ("commerce.system", "shop"), ("commerce.value", "1")];
        let decoded = decode_logs(vec![reading(&[&stock, ids].concat())]);
        assert_eq!(decoded.refusals.total(), 0, "{}", decoded.refusals.message());
        let record = decoded.records[0].reading.unwrap();
        let ids: Vec<_> = record.other_ids.iter().map(|id| (id.kind, id.system, id.value)).collect();
        ((record.subject, record.id_kind, record.id_system), ids, record.attributes.len())
    };
    let (sku, item) = (("commerce.sku", "HAT"), ("commerce.inventory_item.id", "808950810"));
    assert_eq!(told(&[item]), (("808950810", "inventory_item", "shop"), vec![], 0));
    assert_eq!(told(&[("commerce.variant.id", "gid://7")]), (("gid://7", "variant", ""), vec![], 0));
    assert_eq!(told(&[("commerce.variant.id@pim", "7")]), (("7", "variant", "pim"), vec![], 0));
    assert_eq!(told(&[sku, item]), (("HAT", "", ""), vec![("inventory_item", "shop", "808950810")], 0));
    assert_eq!(told(&[sku, ("commerce.customer.id", "7")]), (("HAT", "", ""), vec![], 1), "no id of a SKU");
}

#[test]
fn prices_in_minor_units_are_exact() {
    let told = |currency, value, minor_units| {
        let attributes: Pairs = &[
            ("commerce.entity", "price"),
            ("commerce.system", "shop"),
            ("commerce.sku", "HAT"),
            ("commerce.currency", currency),
            ("commerce.value", value),
            ("commerce.minor_units", minor_units),
        ];
        let decoded = decode_logs(vec![reading(attributes)]);
        let value = decoded.records.first().map(|record| record.reading.unwrap().value.to_owned());
        value.ok_or_else(|| decoded.refusals.message())
    };
    for (currency, value, minor_units, expected) in [
        ("EUR", "1230", "true", "12.3"),
        ("JPY", "1230", "true", "1230"),
        ("KWD", "1230", "true", "1.23"),
        ("EUR", "9007199254740993", "true", "90071992547409.93"),
        ("EUR", "1230", "false", "1230"),
        ("EUR", "79228162514264337593543950335", "true", "792281625142643375935439503.35"),
    ] {
        assert_eq!(told(currency, value, minor_units).as_deref(), Ok(expected), "{value} {currency}");
    }
    assert!(told("XAU", "5", "true").unwrap_err().contains("XAU has no minor unit"));
    assert!(told("EUR", "5", "cents").unwrap_err().contains("its commerce.minor_units is \"cents\""));
}

#[test]
fn an_event_that_is_no_reading_is_refused_with_the_reason() {
    let stock = [("commerce.entity", "inventory"), ("commerce.system", "erp"), ("commerce.sku", "S")];
    let price = [("commerce.entity", "price"), ("commerce.system", "erp"), ("commerce.sku", "S")];
    let cases: [(Pairs, &str); 8] = [
        (&[("commerce.entity", "mood")], "its commerce.entity is \"mood\", which is none of inventory, price"),
        (&stock, "it lacks the attribute commerce.value"),
        (&[&stock[..], &[("commerce.value", "NaN")]].concat(), "its value \"NaN\" is no decimal"),
        (&[&stock[..], &[("commerce.value", "1e400")]].concat(), "its value \"1e400\" is no decimal"),
        (
            &[&stock[..], &[("commerce.value", "1"), ("commerce.stock.state", "lost")]].concat(),
            "its commerce.stock.state is \"lost\", which is none of available, on_hand, reserved, allocated",
        ),
        (&[&price[..], &[("commerce.value", "1")]].concat(), "it lacks the attribute commerce.currency"),
        (
            &[&price[..], &[("commerce.value", "1"), ("commerce.currency", "EURO")]].concat(),
            "its commerce.currency \"EURO\" is no code of ISO 4217",
        ),
        (
            &[("commerce.entity", "feed"), ("commerce.system", "erp"), ("commerce.feed", "f")],
            "it lacks the attribute commerce.changed_at",
        ),
    ];
    for (attributes, reason) in cases {
        let decoded = decode_logs(vec![reading(attributes)]);
        assert_eq!((decoded.records.len(), decoded.refusals.total()), (0, 1), "{reason}");
        assert!(decoded.refusals.message().contains(reason), "{}", decoded.refusals.message());
    }
}
