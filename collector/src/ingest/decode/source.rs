//! What a request tells of the sources of readings: how polls went, when systems told of themselves, and what of it
//! was refused here.

use std::collections::HashMap;

use ordertrace_api::attributes::{
    ENTITY, POLL_ENTITIES, POLL_INTERVAL_MS, POLL_OUTCOME, POLL_READINGS, POLL_REASON, POLL_REFUSED, POLL_SOURCE,
    POLL_TIMEOUT_MS, SYSTEM,
};
use ordertrace_api::reading::Entity;

use super::Walk;
use super::refusal::Adjustment;
use crate::record::{Attribute, Origin, ReadingRecord, SourceOutcome, SourceRecord};

/// Sources and outcomes that one request may tell of; no sender has use for more.
const SOURCES: usize = 256;

/// Names are cut to so many bytes, reasons to more.
const NAME_BYTES: usize = 128;
const REASON_BYTES: usize = 600;

/// Of each source and outcome the last that was told.
#[derive(Default)]
pub(super) struct Sources<'a> {
    told: Vec<SourceRecord<'a>>,
    places: HashMap<Name<'a>, usize>,
    /// The place of what was told last: readings of a source come together.
    last: usize,
}

type Name<'a> = (&'a str, &'a str, &'a str, &'a str, SourceOutcome);

fn name<'a>(record: &SourceRecord<'a>) -> Name<'a> {
    (record.system, record.poll, record.agent, record.entities, record.outcome)
}

impl<'a> Sources<'a> {
    pub(super) fn into_told(self) -> Vec<SourceRecord<'a>> {
        self.told
    }

    /// Takes one in; whether there was room for it.
    fn tell(&mut self, record: SourceRecord<'a>) -> bool {
        let place = match self.told.get(self.last) {
            Some(last) if name(last) == name(&record) => Some(self.last),
            _ => self.places.get(&name(&record)).copied(),
        };
        let known = place.and_then(|place| self.told.get_mut(place).map(|known| (place, known)));
        if let Some((place, known)) = known {
            self.last = place;
            take(known, record);
            return true;
        }
        if self.told.len() >= SOURCES {
            return false;
        }
        self.last = self.told.len();
        self.places.insert(name(&record), self.last);
        self.told.push(record);
        true
    }
}

/// Polls are told of one by one, readings add up.
fn take<'a>(known: &mut SourceRecord<'a>, record: SourceRecord<'a>) {
    match record.outcome {
        SourceOutcome::Read | SourceOutcome::Refused => {
            known.at_ns = known.at_ns.max(record.at_ns);
            known.readings += record.readings;
            known.refused += record.refused;
            known.interval_ms = known.interval_ms.max(record.interval_ms);
        }
        _ if record.at_ns >= known.at_ns => *known = record,
        _ => {}
    }
}

impl<'a> Walk<'a> {
    /// Takes in how a poll went.
    pub(super) fn poll(&mut self, at_ns: i64, origin: &Origin<'a>, attributes: &[Attribute<'a>]) {
        let (system, poll) = (value(attributes, SYSTEM), value(attributes, POLL_SOURCE));
        if system.is_empty() || poll.is_empty() {
            return;
        }
        let number = |name| value(attributes, name).parse::<u64>().unwrap_or(0);
        let milliseconds = |name| u32::try_from(number(name)).unwrap_or(u32::MAX);
        let refused = number(POLL_REFUSED);
        let mut reason = value(attributes, POLL_REASON);
        let outcome = match value(attributes, POLL_OUTCOME) {
            "ok" if refused > 0 => SourceOutcome::Partly,
            "ok" => SourceOutcome::Ok,
            "late" => SourceOutcome::Late,
            "failed" => SourceOutcome::Failed,
            unknown => {
                let unknown = cut(unknown, NAME_BYTES);
                let told = format!("its {POLL_OUTCOME} is {unknown:?}, which is none of ok, late, failed");
                reason = self.texts.arena.alloc_str(&told);
                SourceOutcome::Failed
            }
        };
        self.tell(SourceRecord {
            system: self.named_system(system),
            poll: cut(poll, NAME_BYTES),
            agent: cut(value(origin.attributes, "service.instance.id"), NAME_BYTES),
            entities: cut(value(attributes, POLL_ENTITIES), NAME_BYTES),
            outcome,
            at_ns,
            reason: cut(reason, REASON_BYTES),
            readings: number(POLL_READINGS),
            refused,
            interval_ms: milliseconds(POLL_INTERVAL_MS),
            timeout_ms: milliseconds(POLL_TIMEOUT_MS),
        });
    }

    /// Takes a reading in that a system told of itself. Of those that were polled polls tell.
    pub(super) fn read(&mut self, reading: &ReadingRecord<'a>) {
        if !value(reading.attributes, POLL_SOURCE).is_empty() {
            return;
        }
        self.tell(SourceRecord {
            system: cut(reading.system, NAME_BYTES),
            poll: "",
            agent: "",
            entities: reading.entity.name(),
            outcome: SourceOutcome::Read,
            at_ns: reading.at_ns,
            reason: "",
            readings: 1,
            refused: 0,
            interval_ms: reading.interval_ms,
            timeout_ms: 0,
        });
    }

    /// Takes in that what says that it is a reading was refused: of `entity`, unless an attribute says so. Without
    /// a system there is no source; its sender is told, and it counts there.
    pub(super) fn refused(
        &mut self,
        at_ns: i64,
        entity: Option<Entity>,
        origin: Option<&Origin<'a>>,
        attributes: &[Attribute<'a>],
        why: &str,
    ) {
        let (system, poll) = (value(attributes, SYSTEM), value(attributes, POLL_SOURCE));
        if system.is_empty() {
            return;
        }
        let agent = match origin {
            Some(origin) if !poll.is_empty() => value(origin.attributes, "service.instance.id"),
            _ => "",
        };
        let entity = entity.or_else(|| Entity::parse(value(attributes, ENTITY)));
        self.tell(SourceRecord {
            system: self.named_system(system),
            poll: cut(poll, NAME_BYTES),
            agent: cut(agent, NAME_BYTES),
            entities: entity.map_or("", Entity::name),
            outcome: SourceOutcome::Refused,
            at_ns,
            reason: self.texts.arena.alloc_str(cut(why, REASON_BYTES)),
            readings: 0,
            refused: 1,
            interval_ms: 0,
            timeout_ms: 0,
        });
    }

    fn named_system(&self, system: &str) -> &'a str {
        cut(self.texts.arena.alloc_str(&self.recogniser.system(system)), NAME_BYTES)
    }

    fn tell(&mut self, record: SourceRecord<'a>) {
        if !self.sources.tell(record) {
            self.texts.adjustments.add(Adjustment::SourcesLeftOut, 1);
        }
    }
}

fn value<'a>(attributes: &[Attribute<'a>], name: &str) -> &'a str {
    attributes.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value)
}

fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
