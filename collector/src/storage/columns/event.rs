use super::mention::Mentions;
use super::{SPAN_ID, TIME, TRACE_ID};
use crate::native::{Block, BlockBuilder, Column, Dictionary, Fixed, Map, Text};
use crate::record::{EventRecord, Origin};

/// The table `events`.
#[derive(Debug)]
pub(super) struct Events {
    trace_id: Fixed<16>,
    span_id: Fixed<8>,
    at: Fixed<8>,
    name: Dictionary,
    severity: Fixed<1>,
    body: Text,
    service: Dictionary,
    system: Dictionary,
    resource_attributes: Map,
    attributes: Map,
    keys: Mentions,
    milestone: Dictionary,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            trace_id: Fixed::new(TRACE_ID),
            span_id: Fixed::new(SPAN_ID),
            at: Fixed::new(TIME),
            name: Dictionary::default(),
            severity: Fixed::new("UInt8"),
            body: Text::default(),
            service: Dictionary::default(),
            system: Dictionary::default(),
            resource_attributes: Map::default(),
            attributes: Map::default(),
            keys: Mentions::default(),
            milestone: Dictionary::default(),
        }
    }
}

impl Events {
    pub(super) fn extend<'r>(&mut self, events: impl IntoIterator<Item = &'r EventRecord<'r>>) {
        let mut previous: Option<&Origin<'_>> = None;
        for event in events {
            if previous.is_some_and(|previous| std::ptr::eq(previous, event.origin)) {
                self.service.push_again();
                self.system.push_again();
                self.resource_attributes.push_again();
            } else {
                self.service.push(event.origin.service);
                self.system.push(event.origin.system);
                self.resource_attributes.push(event.origin.attributes);
            }
            self.trace_id.push(event.trace_id);
            self.span_id.push(event.span_id);
            self.at.push(event.at_ns.to_le_bytes());
            self.name.push(event.name);
            self.severity.push([event.severity]);
            self.body.push(event.body);
            self.attributes.push(event.attributes);
            self.keys.push(event.keys);
            self.milestone.push(event.milestone);
            previous = Some(event.origin);
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.trace_id.rows()
    }

    pub(super) fn into_block(self) -> Block {
        let mut block = BlockBuilder::new(self.rows());
        block
            .column("trace_id", self.trace_id)
            .column("span_id", self.span_id)
            .column("at", self.at)
            .column("name", self.name)
            .column("severity", self.severity)
            .column("body", self.body)
            .column("service", self.service)
            .column("system", self.system)
            .column("resource_attributes", self.resource_attributes)
            .column("attributes", self.attributes)
            .column("milestone", self.milestone);
        self.keys.write(&mut block);
        block.finish()
    }
}
