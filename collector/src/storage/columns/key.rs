use hashbrown::HashMap;

use super::{TIME, TRACE_ID};
use crate::native::{Block, BlockBuilder, Column, Dictionary, Fixed, List, Text};
use crate::record::{EventRecord, Mention, SpanRecord};
use crate::storage::codes::strength_code;

/// The table `keys`.
#[derive(Debug)]
pub(super) struct Keys {
    kind: Dictionary,
    value: Text,
    system: Dictionary,
    strength: Fixed<1>,
    at: Fixed<8>,
    trace_id: Fixed<16>,
    seen_in: Dictionary,
    milestone: Dictionary,
    links: List<(Dictionary, Dictionary, Text)>,
}

/// The kind under which a trace is found that others continue by a span link, and the code of
/// such a row in place of a strength.
const CONTINUED: (&str, i8) = ("trace", 4);

impl Default for Keys {
    fn default() -> Self {
        Self {
            kind: Dictionary::default(),
            value: Text::default(),
            system: Dictionary::default(),
            strength: Fixed::new("Enum8('strong' = 1, 'session' = 2, 'weak' = 3, 'span_link' = 4)"),
            at: Fixed::new(TIME),
            trace_id: Fixed::new(TRACE_ID),
            seen_in: Dictionary::default(),
            milestone: Dictionary::default(),
            links: List::default(),
        }
    }
}

/// Where and when keys were seen together.
#[derive(Clone, Copy, Debug)]
struct Place<'r> {
    trace_id: [u8; 16],
    at_ns: i64,
    seen_in: &'r str,
    milestone: &'r str,
}

/// A key in a trace, or, where a milestone was seen with it, in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Identity<'r> {
    key: Mention<'r>,
    trace_id: [u8; 16],
    milestone: Option<(&'r str, &'r str, i64)>,
}

#[derive(Debug)]
struct Sighting<'r> {
    key: Mention<'r>,
    place: Place<'r>,
    links: Vec<Mention<'r>>,
}

/// What one request says of keys: of each key in each trace once, however many spans name it.
#[derive(Debug, Default)]
struct Sightings<'r> {
    numbers: HashMap<Identity<'r>, usize>,
    rows: Vec<Sighting<'r>>,
}

impl<'r> Sightings<'r> {
    fn add(&mut self, place: Place<'r>, keys: &[Mention<'r>]) {
        let milestone = (!place.milestone.is_empty()).then_some((place.milestone, place.seen_in, place.at_ns));
        for key in keys {
            let identity = Identity { key: *key, trace_id: place.trace_id, milestone };
            let number = *self.numbers.entry(identity).or_insert(self.rows.len());
            if number == self.rows.len() {
                self.rows.push(Sighting { key: *key, place, links: Vec::new() });
            }
            let Some(sighting) = self.rows.get_mut(number) else { continue };
            if place.at_ns < sighting.place.at_ns {
                sighting.place = place;
            }
            if key.is_strong() {
                for other in keys.iter().filter(|other| other.is_strong() && !other.is_same_key(key)) {
                    if !sighting.links.contains(other) {
                        sighting.links.push(*other);
                    }
                }
            }
        }
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
                let (kind, code) = CONTINUED;
                self.push((kind, &hex::encode(link.trace_id), ""), code, &place, &[]);
            }
        }
        self.extend(&sightings);
    }

    /// Adds what the log records of one request say of keys.
    pub(super) fn extend_from_events(&mut self, events: &[EventRecord<'_>]) {
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

    fn extend(&mut self, sightings: &Sightings<'_>) {
        for Sighting { key, place, links } in &sightings.rows {
            self.push((key.kind, key.value, key.system), strength_code(key.strength), place, links);
        }
    }

    fn push(&mut self, key: (&str, &str, &str), strength: i8, place: &Place<'_>, links: &[Mention<'_>]) {
        let (kind, value, system) = key;
        self.kind.push(kind);
        self.value.push(value);
        self.system.push(system);
        self.strength.push(strength.to_le_bytes());
        self.at.push(place.at_ns.to_le_bytes());
        self.trace_id.push(place.trace_id);
        self.seen_in.push(place.seen_in);
        self.milestone.push(place.milestone);
        for link in links {
            self.links.items.0.push(link.kind);
            self.links.items.1.push(link.system);
            self.links.items.2.push(link.value);
        }
        self.links.end_row();
    }

    pub(super) fn rows(&self) -> usize {
        self.trace_id.rows()
    }

    pub(super) fn into_block(self) -> Block {
        let mut block = BlockBuilder::new(self.rows());
        block
            .column("kind", self.kind)
            .column("value", self.value)
            .column("system", self.system)
            .column("strength", self.strength)
            .column("at", self.at)
            .column("trace_id", self.trace_id)
            .column("seen_in", self.seen_in)
            .column("milestone", self.milestone)
            .column("links", self.links);
        block.finish()
    }
}
