use ordertrace_api::journey::Observer;

use super::span::TEXT_END;
use super::{SPAN_ID, TIME, TRACE_ID};
use crate::native::{Block, BlockBuilder, Column, Dictionary, Fixed, Text};
use crate::record::SpanRecord;
use crate::storage::codes::observer_code;

/// The table `loose_ends`.
#[derive(Debug)]
pub(super) struct LooseEnds {
    handoff_to: Dictionary,
    started_at: Fixed<8>,
    duration_ns: Fixed<8>,
    observer: Fixed<1>,
    method: Dictionary,
    path: Text,
    status_code: Fixed<2>,
    trace_id: Fixed<16>,
    span_id: Fixed<8>,
    parent_span_id: Fixed<8>,
    keys: Text,
}

impl Default for LooseEnds {
    fn default() -> Self {
        Self {
            handoff_to: Dictionary::default(),
            started_at: Fixed::new(TIME),
            duration_ns: Fixed::new("UInt64"),
            observer: Fixed::new("Enum8('proxy' = 3, 'server' = 4)"),
            method: Dictionary::default(),
            path: Text::default(),
            status_code: Fixed::new("UInt16"),
            trace_id: Fixed::new(TRACE_ID),
            span_id: Fixed::new(SPAN_ID),
            parent_span_id: Fixed::new(SPAN_ID),
            keys: Text::default(),
        }
    }
}

impl LooseEnds {
    /// Adds those spans whose other end no trace context need name: proxied attempts, whose
    /// receiver may have dropped it, and receivers that were given none.
    pub(super) fn extend(&mut self, spans: &[SpanRecord<'_>]) {
        for span in spans.iter().filter(|span| span.noise.is_empty()) {
            let Some(side) = span.side else { continue };
            let loose = match side.observer {
                Observer::Proxy => true,
                Observer::Server => span.parent_span_id == [0; 8],
                Observer::Client | Observer::Producer | Observer::Consumer => false,
            };
            if loose && !side.method.is_empty() {
                self.handoff_to.push(side.to);
                self.started_at.push(span.started_at_ns.to_le_bytes());
                self.duration_ns.push(span.duration_ns.to_le_bytes());
                self.observer.push(observer_code(side.observer).to_le_bytes());
                self.method.push(side.method);
                self.path.push(side.path);
                self.status_code.push(side.status_code.to_le_bytes());
                self.trace_id.push(span.trace_id);
                self.span_id.push(span.span_id);
                self.parent_span_id.push(span.parent_span_id);
                let strong = span.keys.iter().filter(|key| key.is_strong());
                let texts = strong.flat_map(|key| [key.kind, key.system, key.value]);
                let keys: Vec<u8> = texts.flat_map(|text| text.bytes().chain([TEXT_END])).collect();
                self.keys.push_bytes(&keys);
            }
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.trace_id.rows()
    }

    pub(super) fn into_block(self) -> Block {
        let mut block = BlockBuilder::new(self.rows());
        block
            .column("handoff_to", self.handoff_to)
            .column("started_at", self.started_at)
            .column("duration_ns", self.duration_ns)
            .column("observer", self.observer)
            .column("method", self.method)
            .column("path", self.path)
            .column("status_code", self.status_code)
            .column("trace_id", self.trace_id)
            .column("span_id", self.span_id)
            .column("parent_span_id", self.parent_span_id)
            .column("keys", self.keys);
        block.finish()
    }
}
