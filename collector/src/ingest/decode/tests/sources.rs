use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::*;
use crate::record::{SourceOutcome, SourceRecord};

/// Names and values.
type Pairs<'p> = &'p [(&'p str, &'p str)];

fn log(event: &str, at_s: u64, attributes: Pairs) -> LogRecord {
    LogRecord {
        time_unix_nano: START + at_s * 1_000_000_000,
        event_name: event.to_owned(),
        attributes: attributes.iter().map(|(name, value)| string(name, value)).collect(),
        ..LogRecord::default()
    }
}

fn poll(at_s: u64, outcome: &str, more: Pairs) -> LogRecord {
    let poll = [("commerce.poll.source", "erp-stock"), ("commerce.system", "erp"), ("commerce.poll.outcome", outcome)];
    log("commerce.poll", at_s, &[&poll[..], more].concat())
}

const STOCK: [(&str, &str); 3] =
    [("commerce.entity", "inventory"), ("commerce.system", "erp"), ("commerce.sku", "HAT")];

fn decode_logs(log_records: Vec<LogRecord>) -> Decoded<'static, EventRecord<'static>> {
    let attributes = vec![string("service.name", "ordertrace-agent"), string("service.instance.id", "agent-1")];
    let resource = Some(Resource { attributes, ..Resource::default() });
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { resource, scope_logs, ..ResourceLogs::default() }];
    let (arena, body) = kept(ExportLogsServiceRequest { resource_logs }.encode_to_vec());
    DECODER.events(arena, body, NOW_NS).unwrap()
}

/// Outcome, seconds from now, readings, refused, reason.
fn told<'a>(sources: &[SourceRecord<'a>]) -> Vec<(SourceOutcome, i64, u64, u64, &'a str)> {
    let line = |source: &SourceRecord<'a>| {
        let at_s = (source.at_ns - NOW_NS) / 1_000_000_000;
        (source.outcome, at_s, source.readings, source.refused, source.reason)
    };
    sources.iter().map(line).collect()
}

#[test]
fn of_each_source_and_outcome_the_last_poll_is_told() {
    let decoded = decode_logs(vec![
        poll(3, "ok", &[("commerce.poll.readings", "7")]),
        poll(1, "ok", &[("commerce.poll.readings", "5")]),
        poll(2, "failed", &[("commerce.poll.reason", "gone")]),
        poll(
            4,
            "ok",
            &[("commerce.poll.readings", "6"), ("commerce.poll.refused", "2"), ("commerce.poll.reason", "a")],
        ),
        poll(5, "late", &[]),
        poll(6, "odd", &[]),
        log("commerce.poll", 7, &[("commerce.system", "erp")]),
    ]);
    assert_eq!(decoded.records.len(), 7, "all of them are events");
    let odd = "its commerce.poll.outcome is \"odd\", which is none of ok, late, failed";
    assert_eq!(
        told(&decoded.sources),
        [
            (SourceOutcome::Ok, 3, 7, 0, ""),
            (SourceOutcome::Failed, 6, 0, 0, odd),
            (SourceOutcome::Partly, 4, 6, 2, "a"),
            (SourceOutcome::Late, 5, 0, 0, ""),
        ]
    );
    let names = decoded.sources[0];
    assert_eq!((names.system, names.poll, names.agent), ("erp", "erp-stock", "agent-1"));
}

#[test]
fn a_poll_says_how_often_and_how_long_and_of_what() {
    let more = [
        ("commerce.poll.interval_ms", "60000"),
        ("commerce.poll.timeout_ms", "30000"),
        ("commerce.poll.entities", "inventory,price"),
    ];
    let decoded = decode_logs(vec![poll(0, "ok", &more)]);
    let source = decoded.sources[0];
    assert_eq!((source.interval_ms, source.timeout_ms, source.entities), (60_000, 30_000, "inventory,price"));
}

#[test]
fn readings_tell_of_a_system_unless_an_agent_polled_them() {
    let value = [("commerce.value", "1")];
    let own = |at_s| log("commerce.reading", at_s, &[&STOCK[..], &value].concat());
    let polled = log("commerce.reading", 9, &[&STOCK[..], &value, &[("commerce.poll.source", "erp-stock")]].concat());
    let decoded = decode_logs(vec![own(2), own(4), polled, own(3)]);
    assert_eq!(told(&decoded.sources), [(SourceOutcome::Read, 4, 3, 0, "")]);
    let source = decoded.sources[0];
    assert_eq!((source.system, source.poll, source.agent, source.entities), ("erp", "", "", "inventory"));
}

#[test]
fn refused_readings_are_told_of_the_source_that_they_are_from() {
    let bad =
        |value, more: Pairs| log("commerce.reading", 1, &[&STOCK[..], &[("commerce.value", value)], more].concat());
    let decoded = decode_logs(vec![
        bad("NaN", &[]),
        bad("1e400", &[]),
        bad("many", &[("commerce.poll.source", "erp-stock")]),
        log("commerce.reading", 1, &[("commerce.value", "1")]),
    ]);
    assert_eq!((decoded.records.len(), decoded.refusals.total()), (0, 4));
    let [own, polled] = decoded.sources[..] else { panic!("{:#?}", decoded.sources) };
    assert_eq!(
        (own.outcome, own.refused, own.entities, own.poll, own.agent),
        (SourceOutcome::Refused, 2, "inventory", "", "")
    );
    assert_eq!(own.reason, "its value \"NaN\" is no decimal of at most 28 digits");
    assert_eq!((polled.refused, polled.poll, polled.agent), (1, "erp-stock", "agent-1"));
}

#[test]
fn gauge_points_tell_of_a_system_also_those_that_are_refused() {
    let point = |value, time_unix_nano, more: Pairs| NumberDataPoint {
        attributes: [&STOCK[1..], more].concat().iter().map(|(name, value)| string(name, value)).collect(),
        time_unix_nano,
        value: Some(Number::AsDouble(value)),
        ..NumberDataPoint::default()
    };
    let gauge = |name: &str, data_points| Metric {
        name: name.to_owned(),
        data: Some(Data::Gauge(Gauge { data_points })),
        ..Metric::default()
    };
    let decoded = decode_metrics(vec![
        gauge("commerce.inventory.level", vec![point(7.0, START, &[]), point(f64::NAN, START, &[])]),
        gauge("commerce.price", vec![point(7.0, START, &[("commerce.currency", "XXQ")]), point(7.0, 5, &[])]),
    ]);
    let lines: Vec<_> =
        decoded.sources.iter().map(|source| (source.entities, source.outcome, source.refused)).collect();
    let (read, refused) = (SourceOutcome::Read, SourceOutcome::Refused);
    assert_eq!(lines, [("inventory", read, 0), ("inventory", refused, 1), ("price", refused, 2)]);
    assert_eq!(decoded.sources[1].reason, "its value is NaN");
    assert_eq!(decoded.sources[2].reason, "its commerce.currency \"XXQ\" is no code of ISO 4217, such as EUR");
    assert!(decoded.sources.iter().all(|source| source.at_ns == NOW_NS), "a time that nobody believes is now");
}

#[test]
fn sources_of_one_request_are_bounded() {
    let logs = (0..300).map(|n| {
        log("commerce.poll", 0, &[("commerce.system", "erp"), ("commerce.poll.source", &format!("poll-{n}"))])
    });
    let decoded = decode_logs(logs.collect());
    assert_eq!(decoded.sources.len(), 256);
    let left_out = decoded.adjustments.counts().find(|(what, _)| *what == Adjustment::SourcesLeftOut);
    assert_eq!(left_out, Some((Adjustment::SourcesLeftOut, 44)));
}
