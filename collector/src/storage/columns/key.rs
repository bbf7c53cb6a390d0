use super::sighting::{Place, Sightings};
use super::span::TEXT_END;
use super::{TIME, TRACE_ID};
use crate::native::{Block, BlockBuilder, Column, Dictionary, Fixed, Text};
use crate::record::{EventRecord, Mention, SpanRecord};
use crate::storage::codes::strength_code;

/// The tables `keys` and `activity`.
#[derive(Debug)]
pub(super) struct Keys {
    kind: Dictionary,
    value: Text,
    system: Dictionary,
    strength: Fixed<1>,
    at: Fixed<4>,
    trace_id: Fixed<16>,
    links: Text,
    milestones: Text,
    activity: Activity,
    /// A row of texts as it is put together.
    texts: Vec<u8>,
}

#[derive(Debug)]
struct Activity {
    at: Fixed<8>,
    kind: Dictionary,
    value: Text,
    system: Dictionary,
    reached: Fixed<1>,
}

/// The kind under which a trace is found that others continue by a span link, and the code of
/// such a row in place of a strength.
const CONTINUED: (&str, i8) = ("trace", 4);

/// Outside of any trace, or in one to which another row leads.
const NO_TRACE: [u8; 16] = [0; 16];

impl Default for Keys {
    fn default() -> Self {
        Self {
            kind: Dictionary::default(),
            value: Text::default(),
            system: Dictionary::default(),
            strength: Fixed::new("Enum8('strong' = 1, 'session' = 2, 'weak' = 3, 'span_link' = 4)"),
            at: Fixed::new("DateTime('UTC')"),
            trace_id: Fixed::new(TRACE_ID),
            links: Text::default(),
            milestones: Text::default(),
            activity: Activity {
                at: Fixed::new(TIME),
                kind: Dictionary::default(),
                value: Text::default(),
                system: Dictionary::default(),
                reached: Fixed::new("Bool"),
            },
            texts: Vec::new(),
        }
    }
}

/// A row but for its texts.
#[derive(Clone, Copy, Debug)]
struct Head<'r> {
    key: (&'r str, &'r str, &'r str),
    strength: i8,
    at_ns: i64,
    trace_id: [u8; 16],
}

impl<'r> Head<'r> {
    fn of(key: &Mention<'r>, at_ns: i64, trace_id: [u8; 16]) -> Self {
        Self { key: (key.kind, key.value, key.system), strength: strength_code(key.strength), at_ns, trace_id }
    }
}

impl Keys {
    /// Adds what the spans of one request say of keys, and which traces they continue.
    pub(super) fn extend_from_spans(&mut self, spans: &[SpanRecord<'_>]) {
        let mut sightings = Sightings::default();
        for span in spans {
            let place = Place {
                trace_id: span.trace_id,
                at_ns: span.started_at_ns,
                seen_in: span.origin.system,
                milestone: span.milestone,
            };
            sightings.add(place, span.keys);
            // A span with several links is a batch and continues none of them.
            if let [link] = span.links
                && link.trace_id != span.trace_id
            {
                let ((kind, strength), value) = (CONTINUED, hex::encode(link.trace_id));
                let key = (kind, value.as_str(), "");
                self.push(Head { key, strength, at_ns: span.started_at_ns, trace_id: span.trace_id }, &[], &[]);
            }
        }
        self.extend(&sightings);
    }

    /// Adds what the log records of one request say of keys.
    pub(super) fn extend_from_events<'r>(&mut self, events: impl IntoIterator<Item = &'r EventRecord<'r>>) {
        let mut sightings = Sightings::default();
        for event in events {
            let place = Place {
                trace_id: event.trace_id,
                at_ns: event.at_ns,
                seen_in: event.origin.system,
                milestone: event.milestone,
            };
            sightings.add(place, event.keys);
        }
        self.extend(&sightings);
    }

    /// In each trace the key that names the order best leads to the trace and to the others,
    /// and the others lead to it.
    fn extend(&mut self, sightings: &Sightings<'_>) {
        for trace in sightings.traces() {
            for company in trace.companies() {
                // A row is kept for as long as what was seen last.
                let (first, at_ns) = (&company.first, company.last_ns);
                self.push(Head::of(first, at_ns, trace.trace_id), &company.others, &company.milestones);
                for other in &company.others {
                    self.push(Head::of(other, at_ns, NO_TRACE), std::slice::from_ref(first), &[]);
                }
                if company.is_order() {
                    self.activity.at.push(company.last_ns.to_le_bytes());
                    self.activity.kind.push(first.kind);
                    self.activity.value.push(first.value);
                    self.activity.system.push(first.system);
                    self.activity.reached.push([u8::from(trace.has_reached(&company))]);
                }
            }
        }
        for (key, place) in &sightings.of_batches {
            self.push(Head::of(key, place.at_ns, NO_TRACE), &[], &[*place]);
        }
    }

    fn push(&mut self, head: Head<'_>, links: &[Mention<'_>], milestones: &[Place<'_>]) {
        let (kind, value, system) = head.key;
        self.kind.push(kind);
        self.value.push(value);
        self.system.push(system);
        self.strength.push(head.strength.to_le_bytes());
        let at_s = head.at_ns.div_euclid(1_000_000_000).clamp(0, i64::from(u32::MAX));
        self.at.push((at_s as u32).to_le_bytes());
        self.trace_id.push(head.trace_id);
        self.texts.clear();
        for link in links {
            self.put(&[link.kind, link.system, link.value]);
        }
        self.links.push_bytes(&self.texts);
        self.texts.clear();
        for milestone in milestones {
            let at_ns = milestone.at_ns.to_string();
            self.put(&[&at_ns, milestone.milestone, milestone.seen_in]);
        }
        self.milestones.push_bytes(&self.texts);
    }

    fn put(&mut self, texts: &[&str]) {
        for text in texts {
            self.texts.extend_from_slice(text.as_bytes());
            self.texts.push(TEXT_END);
        }
    }

    /// The blocks of `keys` and `activity`.
    pub(super) fn into_blocks(self) -> (Block, Block) {
        let mut keys = BlockBuilder::new(self.trace_id.rows());
        keys.column("kind", self.kind)
            .column("value", self.value)
            .column("system", self.system)
            .column("strength", self.strength)
            .column("at", self.at)
            .column("trace_id", self.trace_id)
            .column("links", self.links)
            .column("milestones", self.milestones);
        let Activity { at, kind, value, system, reached } = self.activity;
        let mut activity = BlockBuilder::new(at.rows());
        activity
            .column("at", at)
            .column("kind", kind)
            .column("value", value)
            .column("system", system)
            .column("reached", reached);
        (keys.finish(), activity.finish())
    }
}
