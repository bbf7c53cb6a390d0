use super::mention::Mentions;
use super::{SPAN_ID, TIME, TRACE_ID};
use crate::native::{Block, BlockBuilder, Column, Dictionary, Fixed, Map, Offsets, Text};
use crate::record::{SpanEventRecord, SpanLinkRecord, SpanRecord};
use crate::storage::codes::{kind_code, observer_code};

/// The table `spans`.
#[derive(Debug)]
pub(super) struct Spans {
    trace_id: Fixed<16>,
    span_id: Fixed<8>,
    parent_span_id: Fixed<8>,
    trace_state: Text,
    started_at: Fixed<8>,
    duration_ns: Fixed<8>,
    name: Dictionary,
    kind: Fixed<1>,
    status: Fixed<1>,
    status_message: Text,
    service: Dictionary,
    system: Dictionary,
    resource_attributes: Map,
    scope_name: Dictionary,
    scope_version: Dictionary,
    attributes: Map,
    events: Events,
    links: Links,
    keys: Mentions,
    noise: Dictionary,
    milestone: Dictionary,
    observer: Fixed<1>,
    handoff_from: Dictionary,
    handoff_to: Dictionary,
    operation: Dictionary,
    method: Dictionary,
    path: Text,
    status_code: Fixed<2>,
    resend_count: Fixed<4>,
    idempotency_key: Text,
    error_type: Dictionary,
}

impl Default for Spans {
    fn default() -> Self {
        let kinds =
            "Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5)";
        let observers = "Enum8('none' = 0, 'client' = 1, 'producer' = 2, 'proxy' = 3, 'server' = 4, 'consumer' = 5)";
        Self {
            trace_id: Fixed::new(TRACE_ID),
            span_id: Fixed::new(SPAN_ID),
            parent_span_id: Fixed::new(SPAN_ID),
            trace_state: Text::default(),
            started_at: Fixed::new(TIME),
            duration_ns: Fixed::new("UInt64"),
            name: Dictionary::default(),
            kind: Fixed::new(kinds),
            status: Fixed::new("Enum8('unset' = 0, 'ok' = 1, 'error' = 2)"),
            status_message: Text::default(),
            service: Dictionary::default(),
            system: Dictionary::default(),
            resource_attributes: Map::default(),
            scope_name: Dictionary::default(),
            scope_version: Dictionary::default(),
            attributes: Map::default(),
            events: Events::default(),
            links: Links::default(),
            keys: Mentions::default(),
            noise: Dictionary::default(),
            milestone: Dictionary::default(),
            observer: Fixed::new(observers),
            handoff_from: Dictionary::default(),
            handoff_to: Dictionary::default(),
            operation: Dictionary::default(),
            method: Dictionary::default(),
            path: Text::default(),
            status_code: Fixed::new("UInt16"),
            resend_count: Fixed::new("UInt32"),
            idempotency_key: Text::default(),
            error_type: Dictionary::default(),
        }
    }
}

impl Spans {
    pub(super) fn extend(&mut self, spans: &[SpanRecord<'_>]) {
        let mut previous: Option<&SpanRecord<'_>> = None;
        for span in spans {
            if previous.is_some_and(|previous| std::ptr::eq(previous.origin, span.origin)) {
                self.service.push_again();
                self.system.push_again();
                self.resource_attributes.push_again();
            } else {
                self.service.push(span.origin.service);
                self.system.push(span.origin.system);
                self.resource_attributes.push(span.origin.attributes);
            }
            if previous.is_some_and(|previous| std::ptr::eq(previous.scope, span.scope)) {
                self.scope_name.push_again();
                self.scope_version.push_again();
            } else {
                self.scope_name.push(span.scope.name);
                self.scope_version.push(span.scope.version);
            }
            self.push(span);
            previous = Some(span);
        }
    }

    fn push(&mut self, span: &SpanRecord<'_>) {
        self.trace_id.push(span.trace_id);
        self.span_id.push(span.span_id);
        self.parent_span_id.push(span.parent_span_id);
        self.trace_state.push(span.trace_state);
        self.started_at.push(span.started_at_ns.to_le_bytes());
        self.duration_ns.push(span.duration_ns.to_le_bytes());
        self.name.push(span.name);
        self.kind.push(kind_code(span.kind).to_le_bytes());
        self.status.push((span.status as i8).to_le_bytes());
        self.status_message.push(span.status_message);
        self.attributes.push(span.attributes);
        self.events.push(span.events);
        self.links.push(span.links);
        self.keys.push(span.keys);
        self.noise.push(span.noise);
        self.milestone.push(span.milestone);
        let side = span.side;
        self.observer.push(side.map_or(0, |side| observer_code(side.observer)).to_le_bytes());
        self.handoff_from.push(side.map_or("", |side| side.from));
        self.handoff_to.push(side.map_or("", |side| side.to));
        self.operation.push(side.map_or("", |side| side.operation));
        self.method.push(side.map_or("", |side| side.method));
        self.path.push(side.map_or("", |side| side.path));
        self.status_code.push(side.map_or(0, |side| side.status_code).to_le_bytes());
        self.resend_count.push(side.map_or(0, |side| side.resend_count).to_le_bytes());
        self.idempotency_key.push(side.map_or("", |side| side.idempotency_key));
        self.error_type.push(side.map_or("", |side| side.error_type));
    }

    pub(super) fn rows(&self) -> usize {
        self.trace_id.rows()
    }

    pub(super) fn into_block(self) -> Block {
        let mut block = BlockBuilder::new(self.rows());
        block
            .column("trace_id", self.trace_id)
            .column("span_id", self.span_id)
            .column("parent_span_id", self.parent_span_id)
            .column("trace_state", self.trace_state)
            .column("started_at", self.started_at)
            .column("duration_ns", self.duration_ns)
            .column("name", self.name)
            .column("kind", self.kind)
            .column("status", self.status)
            .column("status_message", self.status_message)
            .column("service", self.service)
            .column("system", self.system)
            .column("resource_attributes", self.resource_attributes)
            .column("scope_name", self.scope_name)
            .column("scope_version", self.scope_version)
            .column("attributes", self.attributes)
            .column("noise", self.noise)
            .column("milestone", self.milestone)
            .column("observer", self.observer)
            .column("handoff_from", self.handoff_from)
            .column("handoff_to", self.handoff_to)
            .column("operation", self.operation)
            .column("method", self.method)
            .column("path", self.path)
            .column("status_code", self.status_code)
            .column("resend_count", self.resend_count)
            .column("idempotency_key", self.idempotency_key)
            .column("error_type", self.error_type);
        self.events.write(&mut block);
        self.links.write(&mut block);
        self.keys.write(&mut block);
        block.finish()
    }
}

/// `events Nested(at, name, attributes)`.
#[derive(Debug)]
struct Events {
    offsets: Offsets,
    at: Fixed<8>,
    name: Dictionary,
    attributes: Map,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            offsets: Offsets::default(),
            at: Fixed::new(TIME),
            name: Dictionary::default(),
            attributes: Map::default(),
        }
    }
}

impl Events {
    fn push(&mut self, events: &[SpanEventRecord<'_>]) {
        for event in events {
            self.at.push(event.at_ns.to_le_bytes());
            self.name.push(event.name);
            self.attributes.push(event.attributes);
        }
        self.offsets.push(events.len());
    }

    fn write(self, block: &mut BlockBuilder) {
        let offsets = self.offsets.into_bytes();
        block.array("events.at", &offsets, self.at).array("events.name", &offsets, self.name).array(
            "events.attributes",
            &offsets,
            self.attributes,
        );
    }
}

/// `links Nested(trace_id, span_id, trace_state, attributes)`.
#[derive(Debug)]
struct Links {
    offsets: Offsets,
    trace_id: Fixed<16>,
    span_id: Fixed<8>,
    trace_state: Text,
    attributes: Map,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            offsets: Offsets::default(),
            trace_id: Fixed::new(TRACE_ID),
            span_id: Fixed::new(SPAN_ID),
            trace_state: Text::default(),
            attributes: Map::default(),
        }
    }
}

impl Links {
    fn push(&mut self, links: &[SpanLinkRecord<'_>]) {
        for link in links {
            self.trace_id.push(link.trace_id);
            self.span_id.push(link.span_id);
            self.trace_state.push(link.trace_state);
            self.attributes.push(link.attributes);
        }
        self.offsets.push(links.len());
    }

    fn write(self, block: &mut BlockBuilder) {
        let offsets = self.offsets.into_bytes();
        block
            .array("links.trace_id", &offsets, self.trace_id)
            .array("links.span_id", &offsets, self.span_id)
            .array("links.trace_state", &offsets, self.trace_state)
            .array("links.attributes", &offsets, self.attributes);
    }
}
