//! Readings and the account of a poll as OTLP log records.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber};
use opentelemetry_proto::tonic::resource::v1::Resource;
use ordertrace_api::attributes;

use super::config::Field;
use super::plan::Reading;
use super::report::{Outcome, PollReport};
use crate::attribute_list::AttributeList;
use crate::capture::SERVICE_NAME;

/// Of whom and how often: what is the same on every record of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The poll's name.
    pub source: String,
    /// Whose values they are.
    pub system: String,
    /// Of what its readings are, with commas between.
    pub entities: String,
    /// From one poll to the next, in milliseconds.
    pub interval_ms: u64,
    /// How long a poll may take, in milliseconds.
    pub timeout_ms: u64,
}

/// A reading that was read at `read_at_ns` (Unix time in nanoseconds).
pub(super) fn reading_record(reading: &Reading, origin: &Origin, read_at_ns: u64) -> LogRecord {
    let mut list = fields(reading, &origin.system);
    list.text(attributes::POLL_SOURCE, &origin.source);
    list.number(attributes::POLL_INTERVAL_MS, signed(origin.interval_ms));
    record(attributes::EVENT_READING, SeverityNumber::Info, list, read_at_ns)
}

/// A reading of what was handed over at `at_ns` (Unix time in nanoseconds), or told then.
pub(crate) fn reading_of_exchange(reading: &Reading, system: &str, at_ns: u64) -> LogRecord {
    record(attributes::EVENT_READING, SeverityNumber::Info, fields(reading, system), at_ns)
}

/// What a reading says, and whose value it is.
fn fields(reading: &Reading, system: &str) -> AttributeList {
    let mut list = AttributeList::default();
    list.text(attributes::ENTITY, reading.entity.name());
    list.text(attributes::SYSTEM, system);
    for (field, text) in &reading.fields {
        match (field, field.attribute()) {
            (Field::Order, _) => {
                let scope = Reading::key_scope(text, system);
                list.text(&attributes::key_attribute("order", scope), text);
            }
            // Where it is unique is seen by the collector, which knows the system by the same name as others do.
            (Field::Id, _) => {
                let kind = reading.id_kind.unwrap_or_default();
                list.text(&attributes::key_attribute(kind, None), text);
            }
            (_, Some(name)) => list.text(name, text),
            (_, None) => {}
        }
    }
    list
}

/// How a poll went that ended at `ended_at_ns`.
pub(super) fn poll_record(report: &PollReport, origin: &Origin, ended_at_ns: u64) -> LogRecord {
    let mut list = AttributeList::default();
    list.text(attributes::POLL_SOURCE, &origin.source);
    list.text(attributes::SYSTEM, &origin.system);
    list.text(attributes::POLL_ENTITIES, &origin.entities);
    list.text(attributes::POLL_OUTCOME, report.outcome.name());
    list.optional_text(attributes::POLL_REASON, report.reason.as_deref());
    list.number(attributes::POLL_READINGS, signed(report.readings));
    list.number(attributes::POLL_REFUSED, signed(report.refused));
    list.number(attributes::POLL_INTERVAL_MS, signed(origin.interval_ms));
    list.number(attributes::POLL_TIMEOUT_MS, signed(origin.timeout_ms));
    list.number(attributes::POLL_DURATION_MS, signed(report.duration_ms));
    let severity = match report.outcome {
        Outcome::Ok => SeverityNumber::Info,
        Outcome::Late | Outcome::Failed => SeverityNumber::Warn,
    };
    record(attributes::EVENT_POLL, severity, list, ended_at_ns)
}

/// Records of a part of the agent, `scope`, as an export request. `instance_id` tells agents apart.
pub(crate) fn export_request(scope: &str, log_records: Vec<LogRecord>, instance_id: &str) -> ExportLogsServiceRequest {
    let mut resource = AttributeList::default();
    resource.text("service.name", SERVICE_NAME);
    resource.text("service.instance.id", instance_id);
    resource.text("service.version", env!("CARGO_PKG_VERSION"));
    let scope = InstrumentationScope {
        name: scope.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource { attributes: resource.into_attributes(), ..Resource::default() }),
            scope_logs: vec![ScopeLogs { scope: Some(scope), log_records, schema_url: String::new() }],
            schema_url: String::new(),
        }],
    }
}

fn record(event: &str, severity: SeverityNumber, list: AttributeList, at_ns: u64) -> LogRecord {
    LogRecord {
        time_unix_nano: at_ns,
        observed_time_unix_nano: at_ns,
        severity_number: severity.into(),
        event_name: event.to_owned(),
        attributes: list.into_attributes(),
        ..LogRecord::default()
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
