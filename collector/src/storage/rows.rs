//! Rows as the tables of `migrations/` have them.

use clickhouse::Row;
use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{Key, Strength};
use ordertrace_api::span::SpanKind;
use serde::Serialize;

use crate::record::{Attributes, EventRecord, KeyRecord, ReadingRecord, SpanRecord};

/// A row of `spans`.
#[derive(Debug, Row, Serialize)]
pub(super) struct SpanRow {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    parent_span_id: [u8; 8],
    trace_state: String,
    started_at: i64,
    duration_ns: u64,
    name: String,
    kind: i8,
    status: i8,
    status_message: String,
    service: String,
    system: String,
    resource_attributes: Attributes,
    scope_name: String,
    scope_version: String,
    attributes: Attributes,
    #[serde(rename = "events.at")]
    events_at: Vec<i64>,
    #[serde(rename = "events.name")]
    events_name: Vec<String>,
    #[serde(rename = "events.attributes")]
    events_attributes: Vec<Attributes>,
    #[serde(rename = "links.trace_id")]
    links_trace_id: Vec<[u8; 16]>,
    #[serde(rename = "links.span_id")]
    links_span_id: Vec<[u8; 8]>,
    #[serde(rename = "links.trace_state")]
    links_trace_state: Vec<String>,
    #[serde(rename = "links.attributes")]
    links_attributes: Vec<Attributes>,
    #[serde(rename = "keys.kind")]
    keys_kind: Vec<String>,
    #[serde(rename = "keys.system")]
    keys_system: Vec<String>,
    #[serde(rename = "keys.value")]
    keys_value: Vec<String>,
    #[serde(rename = "keys.strength")]
    keys_strength: Vec<i8>,
    noise: String,
    milestone: String,
    observer: i8,
    handoff_from: String,
    handoff_to: String,
    operation: String,
    method: String,
    path: String,
    status_code: u16,
    resend_count: u32,
    idempotency_key: String,
    error_type: String,
}

impl From<SpanRecord> for SpanRow {
    fn from(span: SpanRecord) -> Self {
        let mut row = Self {
            trace_id: span.trace_id,
            span_id: span.span_id,
            parent_span_id: span.parent_span_id,
            trace_state: span.trace_state,
            started_at: span.started_at_ns,
            duration_ns: span.duration_ns,
            name: span.name,
            kind: kind_code(span.kind),
            status: span.status as i8,
            status_message: span.status_message,
            service: span.service,
            system: span.system,
            resource_attributes: span.resource_attributes.as_ref().clone(),
            scope_name: span.scope_name,
            scope_version: span.scope_version,
            attributes: span.attributes,
            events_at: Vec::with_capacity(span.events.len()),
            events_name: Vec::with_capacity(span.events.len()),
            events_attributes: Vec::with_capacity(span.events.len()),
            links_trace_id: Vec::with_capacity(span.links.len()),
            links_span_id: Vec::with_capacity(span.links.len()),
            links_trace_state: Vec::with_capacity(span.links.len()),
            links_attributes: Vec::with_capacity(span.links.len()),
            keys_kind: Vec::new(),
            keys_system: Vec::new(),
            keys_value: Vec::new(),
            keys_strength: Vec::new(),
            noise: span.noise,
            milestone: span.milestone,
            observer: 0,
            handoff_from: String::new(),
            handoff_to: String::new(),
            operation: String::new(),
            method: String::new(),
            path: String::new(),
            status_code: 0,
            resend_count: 0,
            idempotency_key: String::new(),
            error_type: String::new(),
        };
        for event in span.events {
            row.events_at.push(event.at_ns);
            row.events_name.push(event.name);
            row.events_attributes.push(event.attributes);
        }
        for link in span.links {
            row.links_trace_id.push(link.trace_id);
            row.links_span_id.push(link.span_id);
            row.links_trace_state.push(link.trace_state);
            row.links_attributes.push(link.attributes);
        }
        let keys = KeyColumns::from(span.keys);
        row.keys_kind = keys.kind;
        row.keys_system = keys.system;
        row.keys_value = keys.value;
        row.keys_strength = keys.strength;
        if let Some(side) = span.side {
            row.observer = observer_code(side.observer);
            row.handoff_from = side.from;
            row.handoff_to = side.to;
            row.operation = side.operation;
            row.method = side.method;
            row.path = side.path;
            row.status_code = side.status_code;
            row.resend_count = side.resend_count;
            row.idempotency_key = side.idempotency_key;
            row.error_type = side.error_type;
        }
        row
    }
}

/// A row of `events`.
#[derive(Debug, Row, Serialize)]
pub(super) struct EventRow {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    at: i64,
    name: String,
    severity: u8,
    body: String,
    service: String,
    system: String,
    resource_attributes: Attributes,
    attributes: Attributes,
    #[serde(rename = "keys.kind")]
    keys_kind: Vec<String>,
    #[serde(rename = "keys.system")]
    keys_system: Vec<String>,
    #[serde(rename = "keys.value")]
    keys_value: Vec<String>,
    #[serde(rename = "keys.strength")]
    keys_strength: Vec<i8>,
    milestone: String,
}

impl From<EventRecord> for EventRow {
    fn from(event: EventRecord) -> Self {
        let keys = KeyColumns::from(event.keys);
        Self {
            trace_id: event.trace_id,
            span_id: event.span_id,
            at: event.at_ns,
            name: event.name,
            severity: event.severity,
            body: event.body,
            service: event.service,
            system: event.system,
            resource_attributes: event.resource_attributes.as_ref().clone(),
            attributes: event.attributes,
            keys_kind: keys.kind,
            keys_system: keys.system,
            keys_value: keys.value,
            keys_strength: keys.strength,
            milestone: event.milestone,
        }
    }
}

/// A row of `readings`.
#[derive(Debug, Row, Serialize)]
pub(super) struct ReadingRow {
    kind: i8,
    system: String,
    sku: String,
    location: String,
    channel: String,
    currency: String,
    value: String,
    at: i64,
    version: String,
    changed_at: i64,
    attributes: Attributes,
}

impl From<ReadingRecord> for ReadingRow {
    fn from(reading: ReadingRecord) -> Self {
        Self {
            kind: reading.kind as i8,
            system: reading.system,
            sku: reading.sku,
            location: reading.location,
            channel: reading.channel,
            currency: reading.currency,
            value: reading.value,
            at: reading.at_ns,
            version: reading.version,
            changed_at: reading.changed_at_ns,
            attributes: reading.attributes,
        }
    }
}

#[derive(Default)]
struct KeyColumns {
    kind: Vec<String>,
    system: Vec<String>,
    value: Vec<String>,
    strength: Vec<i8>,
}

impl From<Vec<KeyRecord>> for KeyColumns {
    fn from(keys: Vec<KeyRecord>) -> Self {
        let mut columns = Self::default();
        for KeyRecord { key, strength } in keys {
            columns.kind.push(key.kind);
            columns.system.push(key.system.unwrap_or_default());
            columns.value.push(key.value);
            columns.strength.push(strength_code(strength));
        }
        columns
    }
}

/// A key as a query binds it: kind, value, and system, which is empty when valid everywhere.
pub fn key_tuple(key: &Key) -> (&str, &str, &str) {
    (&key.kind, &key.value, key.system.as_deref().unwrap_or_default())
}

/// Reverse of [`key_tuple`].
pub fn key_of(kind: String, value: String, system: String) -> Key {
    Key { kind, value, system: Some(system).filter(|system| !system.is_empty()) }
}

/// Code of `strength` in the tables' enumerations.
fn strength_code(strength: Strength) -> i8 {
    match strength {
        Strength::Strong => 1,
        Strength::Session => 2,
        Strength::Weak => 3,
    }
}

/// Reverse of [`strength_code`].
pub fn strength_of(code: i8) -> Strength {
    match code {
        1 => Strength::Strong,
        2 => Strength::Session,
        _ => Strength::Weak,
    }
}

/// Code of `observer` in the tables' enumerations; 0 stands for "not an end of a handoff".
fn observer_code(observer: Observer) -> i8 {
    match observer {
        Observer::Client => 1,
        Observer::Producer => 2,
        Observer::Proxy => 3,
        Observer::Server => 4,
        Observer::Consumer => 5,
    }
}

/// Reverse of [`observer_code`].
pub fn observer_of(code: i8) -> Option<Observer> {
    match code {
        1 => Some(Observer::Client),
        2 => Some(Observer::Producer),
        3 => Some(Observer::Proxy),
        4 => Some(Observer::Server),
        5 => Some(Observer::Consumer),
        _ => None,
    }
}

fn kind_code(kind: SpanKind) -> i8 {
    match kind {
        SpanKind::Unspecified => 0,
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

/// The span kind behind its code in the tables' enumerations.
pub fn kind_of(code: i8) -> SpanKind {
    match code {
        1 => SpanKind::Internal,
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_to_what_they_stand_for() {
        for observer in [Observer::Client, Observer::Producer, Observer::Proxy, Observer::Server, Observer::Consumer] {
            assert_eq!(observer_of(observer_code(observer)), Some(observer));
        }
        for strength in [Strength::Strong, Strength::Session, Strength::Weak] {
            assert_eq!(strength_of(strength_code(strength)), strength);
        }
        for kind in [
            SpanKind::Unspecified,
            SpanKind::Internal,
            SpanKind::Server,
            SpanKind::Client,
            SpanKind::Producer,
            SpanKind::Consumer,
        ] {
            assert_eq!(kind_of(kind_code(kind)), kind);
        }
    }
}
