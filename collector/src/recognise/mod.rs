//! What a decoded span or log record means: its system, its keys, its part in a handoff,
//! its milestone, or that it is noise. Pure: settings and records in, records out.

mod access;
mod fields;
mod keys;
mod lines;
mod milestone;
mod names;
mod noise;
mod pattern;
mod peers;
mod side;
mod system;
mod url;

use std::sync::{Arc, Mutex, PoisonError};

use bumpalo::Bump;
use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{KindTable, TemplateError};

use crate::record::{Attribute, EventRecord, Mention, OrderLines, SpanRecord};
use crate::settings::RecogniseSettings;

use fields::{FieldReader, Role};
use keys::{Found, KeyFinder, KeySource};
use milestone::Milestones;
use names::{Meaning, NameMemory, announced};
use noise::NoiseRules;
use peers::PeerMemory;
use side::SideFinder;
use system::Systems;

/// Recognises records by settings and built-in rules: one for the whole process. What it
/// remembers of earlier requests changes no result.
#[derive(Debug)]
pub struct Recogniser {
    kinds: KindTable,
    systems: Systems,
    keys: KeyFinder,
    milestones: Milestones,
    noise: NoiseRules,
    /// As many as requests were looked at at once.
    memories: Mutex<Vec<Memory>>,
}

/// What is remembered from request to request.
#[derive(Debug, Default)]
struct Memory {
    names: NameMemory,
    peers: PeerMemory,
}

/// Settings of recognition that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecogniseError {
    /// A URL path template that is none.
    #[error("recognise.templates[{index}]")]
    Template {
        /// Its place in the list, from 0.
        index: usize,
        /// What is wrong with it.
        source: TemplateError,
    },
    /// A kind that could not be written in a key.
    #[error("{setting}: kind {kind:?} must be lower-case letters, digits and underscores, and begin with a letter")]
    Kind {
        /// The setting, as a path of keys.
        setting: String,
        /// The kind.
        kind: String,
    },
    /// A text that must not be empty.
    #[error("{setting} is empty: write a name, a pattern with *, or take the entry away")]
    Empty {
        /// The setting, as a path of keys.
        setting: String,
    },
}

impl Recogniser {
    /// Prepares the rules.
    ///
    /// # Errors
    /// [`RecogniseError`] names the setting that cannot be used.
    pub fn new(settings: &RecogniseSettings) -> Result<Self, RecogniseError> {
        let mut kinds = KindTable::default();
        for (kind, strength) in &settings.kinds {
            kinds.set(keys::checked_kind(kind, || "recognise.kinds".to_owned())?, (*strength).into());
        }
        Ok(Self {
            kinds,
            systems: Systems::new(settings)?,
            keys: KeyFinder::new(settings)?,
            milestones: Milestones::new(settings)?,
            noise: NoiseRules::new(settings)?,
            memories: Mutex::default(),
        })
    }

    /// The kinds of key that are known, with their strength.
    pub fn kinds(&self) -> &KindTable {
        &self.kinds
    }

    /// Names of the noise rules in use.
    pub fn noise_rules(&self) -> impl Iterator<Item = &str> {
        self.noise.names()
    }

    /// Whether a rule, built in or configured, shows this milestone.
    pub fn shows(&self, milestone: &str) -> bool {
        self.milestones.may_show(milestone)
    }

    /// The commerce system that a `service.name` stands for.
    pub fn system(&self, service: &str) -> String {
        self.systems.of_service(service)
    }

    /// Fills in `keys`, `lines`, `side`, `milestone` and `noise` of the spans of one request, whose
    /// `origin` is known already.
    pub fn spans<'a>(&self, arena: &'a Bump, spans: &mut [SpanRecord<'a>]) {
        let mut memory = self.memory();
        let mut keys = Vec::new();
        let mut stated: Vec<(Arc<KeySource>, &'a str)> = Vec::new();
        for span in spans.iter_mut() {
            let mut reader = FieldReader::default();
            stated.clear();
            for (name, value) in span.attributes {
                let meaning = memory.names.meaning(name, |name| self.meaning(name));
                reader.take(meaning.role, value);
                if let Some(source) = &meaning.key {
                    stated.push((Arc::clone(source), value));
                }
            }
            let fields = reader.finish();
            let mut sides = SideFinder { systems: &self.systems, keys: &self.keys, peers: &mut memory.peers, arena };
            span.side = sides.of(span, &fields);
            // An id on a request names something at the system that is asked.
            let receiver = match span.side {
                Some(side) if matches!(side.observer, Observer::Client | Observer::Producer | Observer::Proxy) => {
                    side.to
                }
                _ => span.origin.system,
            };
            let mut found = self.keys.begin(receiver, &self.kinds, arena, &mut keys);
            for (source, value) in &stated {
                found.attribute(source, value);
            }
            for event in span.events.iter().filter(|event| event.name != "exception") {
                self.attributes(&mut found, event.attributes, &mut memory.names);
            }
            found.url(&fields, |name| memory.names.meaning(name, |name| self.meaning(name)).announced);
            span.keys = found.finish();
            let places = std::iter::once(span.attributes).chain(span.events.iter().map(|event| event.attributes));
            span.lines = self.lines(arena, span.keys, places, &mut memory.names);
            span.milestone = self.milestones.of_span(span, &fields, span.side, arena);
            span.noise = self.noise.of_span(span, &fields, span.keys, arena);
        }
        noise::spread(spans);
        self.remember(memory);
    }

    /// Fills in `keys`, `lines` and `milestone` of log records, whose `origin` is known already.
    pub fn events<'a>(&self, arena: &'a Bump, events: &mut [EventRecord<'a>]) {
        let mut memory = self.memory();
        let mut keys: Vec<Mention<'a>> = Vec::new();
        for event in events.iter_mut().filter(|event| event.reading.is_none()) {
            let mut found = self.keys.begin(event.origin.system, &self.kinds, arena, &mut keys);
            self.attributes(&mut found, event.attributes, &mut memory.names);
            event.keys = found.finish();
            event.lines = self.lines(arena, event.keys, [event.attributes], &mut memory.names);
            event.milestone = self.milestones.of_event(event, arena);
        }
        self.remember(memory);
    }

    fn attributes<'a>(&self, found: &mut Found<'_, 'a>, attributes: &[(&str, &'a str)], names: &mut NameMemory) {
        for (name, value) in attributes {
            if let Some(source) = &names.meaning(name, |name| self.meaning(name)).key {
                found.attribute(source, value);
            }
        }
    }

    /// What attributes say of the goods of the order that `keys` name.
    fn lines<'a>(
        &self,
        arena: &'a Bump,
        keys: &[Mention<'a>],
        places: impl IntoIterator<Item = &'a [Attribute<'a>]>,
        names: &mut NameMemory,
    ) -> Option<&'a OrderLines<'a>> {
        let order = lines::order(keys)?;
        let mut place_of = |attributes: &'a [Attribute<'a>]| {
            let mut place = lines::Place::default();
            for (name, text) in attributes {
                let meaning = names.meaning(name, |name| self.meaning(name));
                place.take(name, text, meaning.key.as_deref(), arena);
            }
            place
        };
        let places = places.into_iter().map(&mut place_of).collect();
        lines::lines(order, keys, places, arena)
    }

    fn meaning(&self, name: &str) -> Meaning {
        Meaning {
            role: Role::of(name),
            key: self.keys.source(name, &self.kinds).map(Arc::new),
            announced: announced(name),
        }
    }

    fn memory(&self) -> Memory {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn remember(&self, memory: Memory) {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    }
}

#[cfg(test)]
mod tests;
