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
