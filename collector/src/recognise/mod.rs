//! What a decoded span or log record means: its system, its keys, its part in a handoff,
//! its milestone, or that it is noise. Pure: settings and records in, records out.

mod fields;
mod keys;
mod milestone;
mod names;
mod noise;
mod pattern;
mod side;
mod system;
mod url;

use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{KindTable, TemplateError};

use crate::record::{EventRecord, SpanRecord};
use crate::settings::RecogniseSettings;

use fields::Fields;
use keys::KeyFinder;
use milestone::Milestones;
use names::NameMemory;
use noise::NoiseRules;
use system::Systems;

/// Recognises records by settings and built-in rules. Immutable: one for the whole process.
#[derive(Debug)]
pub struct Recogniser {
    kinds: KindTable,
    systems: Systems,
    keys: KeyFinder,
    milestones: Milestones,
    noise: NoiseRules,
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

    /// The commerce system that a `service.name` stands for.
    pub fn system(&self, service: &str) -> String {
        self.systems.of_service(service)
    }

    /// Fills in `keys`, `side`, `milestone` and `noise` of the spans of one request, whose
    /// `system` is known already.
    pub fn spans(&self, spans: &mut [SpanRecord]) {
        let mut names = NameMemory::default();
        for span in spans.iter_mut() {
            let (side, keys, milestone, noise) = {
                let fields = Fields::of(&span.attributes);
                let side = side::of(span, &fields, &self.systems, &self.keys);
                // An id on a request names something at the system that is asked.
                let receiver = match &side {
                    Some(side) if matches!(side.observer, Observer::Client | Observer::Producer | Observer::Proxy) => {
                        side.to.as_str()
                    }
                    _ => span.system.as_str(),
                };
                let mut found = self.keys.begin(receiver, &mut names);
                found.attributes(&span.attributes);
                for event in span.events.iter().filter(|event| event.name != "exception") {
                    found.attributes(&event.attributes);
                }
                found.url(&fields);
                let keys = found.finish(&self.kinds);
                let milestone = self.milestones.of_span(span, &fields, side.as_ref());
                let noise = self.noise.of_span(span, &fields, &keys);
                (side, keys, milestone, noise)
            };
            span.side = side;
            span.keys = keys;
            span.milestone = milestone;
            span.noise = noise;
        }
        noise::spread(spans);
    }

    /// Fills in `keys` and `milestone` of log records, whose `system` is known already.
    pub fn events(&self, events: &mut [EventRecord]) {
        let mut names = NameMemory::default();
        for event in events {
            let mut found = self.keys.begin(&event.system, &mut names);
            found.attributes(&event.attributes);
            event.keys = found.finish(&self.kinds);
            event.milestone = self.milestones.of_event(event);
        }
    }
}

#[cfg(test)]
mod tests;
