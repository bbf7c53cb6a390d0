use hashbrown::HashMap;
use ordertrace_api::keys::{Key, Strength};

use super::{TIME, TRACE_ID};
use crate::native::{Block, BlockBuilder, Column, Dictionary, Fixed, List, Text};
use crate::record::{EventRecord, KeyRecord, SpanRecord};
use crate::storage::codes::{key_tuple, strength_code};

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
    key: &'r Key,
    strength: Strength,
    trace_id: [u8; 16],
    milestone: Option<(&'r str, &'r str, i64)>,
}

#[derive(Debug)]
struct Sighting<'r> {
    place: Place<'r>,
    links: Vec<&'r Key>,
}

/// What one request says of keys: of each key in each trace once, however many spans name it.
#[derive(Debug, Default)]
struct Sightings<'r> {
    numbers: HashMap<Identity<'r>, usize>,
    rows: Vec<(&'r KeyRecord, Sighting<'r>)>,
}

impl<'r> Sightings<'r> {
    fn add(&mut self, place: Place<'r>, keys: &'r [KeyRecord]) {
        let strong = |key: &&KeyRecord| key.strength == Strength::Strong;
        for key in keys {
            let milestone = (!place.milestone.is_empty()).then_some((place.milestone, place.seen_in, place.at_ns));
            let identity = Identity { key: &key.key, strength: key.strength, trace_id: place.trace_id, milestone };
            let number = *self.numbers.entry(identity).or_insert(self.rows.len());
            if number == self.rows.len() {
                self.rows.push((key, Sighting { place, links: Vec::new() }));
            }
            let Some((_, sighting)) = self.rows.get_mut(number) else { continue };
            if place.at_ns < sighting.place.at_ns {
                sighting.place = place;
            }
            if strong(&key) {
                for other in keys.iter().filter(strong) {
                    if other.key != key.key && !sighting.links.contains(&&other.key) {
                        sighting.links.push(&other.key);
                    }
                }
            }
        }
    }
}

impl Keys {
    /// Adds what the spans of one request say of keys, and which traces they continue.
    pub(super) fn extend_from_spans(&mut self, spans: &[SpanRecord]) {
        let mut sightings = Sightings::default();
        for span in spans {
            let place = Place {
                trace_id: span.trace_id,
                at_ns: span.started_at_ns,
                seen_in: &span.system,
                milestone: &span.milestone,
            };
            sightings.add(place, &span.keys);
            // A span with several links is a batch and continues none of them.
            if let [link] = span.links.as_slice()
                && link.trace_id != span.trace_id
            {
                let (kind, code) = CONTINUED;
                self.push((kind, &hex::encode(link.trace_id), ""), code, &place, &[]);
            }
        }
        self.extend(&sightings);
    }

    /// Adds what the log records of one request say of keys.
    pub(super) fn extend_from_events(&mut self, events: &[EventRecord]) {
        let mut sightings = Sightings::default();
        for event in events {
            let place = Place {
                trace_id: event.trace_id,
                at_ns: event.at_ns,
                seen_in: &event.system,
                milestone: &event.milestone,
            };
            sightings.add(place, &event.keys);
        }
        self.extend(&sightings);
    }

    fn extend(&mut self, sightings: &Sightings<'_>) {
        for (KeyRecord { key, strength }, Sighting { place, links }) in &sightings.rows {
            self.push(key_tuple(key), strength_code(*strength), place, links);
        }
    }

    fn push(&mut self, key: (&str, &str, &str), strength: i8, place: &Place<'_>, links: &[&Key]) {
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
            let (kind, value, system) = key_tuple(link);
            self.links.items.0.push(kind);
            self.links.items.1.push(system);
            self.links.items.2.push(value);
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
