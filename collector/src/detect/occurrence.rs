use std::collections::BTreeMap;

use ordertrace_api::keys::Key;

use super::reached::Quantity;
use crate::journey::Sighting;
use crate::union::Union;

/// One time that a milestone was reached, seen in one place or several.
#[derive(Debug)]
pub(super) struct Occurrence<'c> {
    /// By time; at least one.
    pub sightings: Vec<&'c Sighting>,
}

/// How a milestone says how much it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Money.
    Amount,
    /// Units of goods.
    Units,
}

/// How often a milestone was reached.
///
/// One time is seen by its caller, its receiver, a proxy and a webhook, and not every one of these
/// says by what to know it. So times are told apart in several ways, and the way that tells most
/// apart counts:
///
/// - by the keys of each of the kinds `each`: two charges are two captures, whatever else is equal;
/// - by idempotency keys: two intents are two captures, unless they led to the same key.
pub(super) fn occurrences<'c>(sightings: &[&'c Sighting], each: &[String]) -> Vec<Occurrence<'c>> {
    let telling = |sighting: &'c Sighting| sighting.keys.iter().filter(|key| each.contains(&key.kind));
    let place = |kind: &str| each.iter().position(|known| known == kind);
    let mut ways: Vec<Way<'_>> = sightings
        .iter()
        .flat_map(|sighting| telling(sighting))
        .map(|key| (place(&key.kind), key.kind.as_str(), key.system.as_deref()))
        .collect();
    ways.sort_unstable();
    ways.dedup();
    // Keys of the other kinds stand for several times, as a payment does for its charges.
    let finest = ways.first().map(|(_, kind, _)| *kind);
    let by_key = ways.into_iter().map(|way| {
        let marks = |sighting: &'c Sighting| marks_of(sighting, way);
        apart(sightings, marks, marks)
    });
    let intent = |sighting: &'c Sighting| {
        let key = sighting.said.idempotency_key.as_str();
        Vec::from_iter((!key.is_empty()).then_some(("", "", key)))
    };
    let joins = |sighting: &'c Sighting| {
        let mut tags = intent(sighting);
        tags.extend(telling(sighting).filter(|key| Some(key.kind.as_str()) == finest).map(tag));
        tags
    };
    let by_intent = apart(sightings, intent, joins);
    // Of ways that tell equally many apart the one whose kind stands first in `each` names them best.
    let best = by_key.chain([by_intent]).reduce(|best, next| if next.len() > best.len() { next } else { best });
    match best {
        Some(occurrences) if !occurrences.is_empty() => occurrences,
        _ if sightings.is_empty() => Vec::new(),
        // Nothing tells them apart: it was reached.
        _ => vec![Occurrence { sightings: sightings.to_vec() }],
    }
}

/// A kind of key, its place in `each`, and the system in which it is unique.
type Way<'c> = (Option<usize>, &'c str, Option<&'c str>);

/// Kind, system and value; an idempotency key has neither of the first two.
type Tag<'c> = (&'c str, &'c str, &'c str);

fn tag(key: &Key) -> Tag<'_> {
    (&key.kind, key.system.as_deref().unwrap_or_default(), &key.value)
}

fn marks_of<'c>(sighting: &'c Sighting, (_, kind, system): Way<'_>) -> Vec<Tag<'c>> {
    sighting.keys.iter().filter(|key| key.kind == kind && key.system.as_deref() == system).map(tag).collect()
}

/// Sightings with a tag that `joins` them are of one time; those times that a sighting with a
/// tag that `tells` is of.
fn apart<'c>(
    sightings: &[&'c Sighting],
    tells: impl Fn(&'c Sighting) -> Vec<Tag<'c>>,
    joins: impl Fn(&'c Sighting) -> Vec<Tag<'c>>,
) -> Vec<Occurrence<'c>> {
    let mut union = Union::default();
    let mut known: BTreeMap<Tag<'c>, usize> = BTreeMap::new();
    for sighting in sightings {
        let element = union.add();
        for tag in joins(sighting) {
            let other = *known.entry(tag).or_insert(element);
            union.join(other, element);
        }
    }
    let mut times: BTreeMap<usize, (bool, Vec<&'c Sighting>)> = BTreeMap::new();
    for (at, sighting) in sightings.iter().enumerate() {
        let (telling, seen) = times.entry(union.find(at)).or_default();
        *telling |= !tells(sighting).is_empty();
        seen.push(sighting);
    }
    let telling = times.into_values().filter(|(telling, _)| *telling);
    let mut occurrences: Vec<Occurrence<'c>> = telling.map(|(_, sightings)| Occurrence { sightings }).collect();
    occurrences.sort_by_key(|occurrence| occurrence.sightings.first().copied());
    occurrences
}

impl Occurrence<'_> {
    /// When it was seen first, nanoseconds since the Unix epoch.
    pub(super) fn at_ns(&self) -> i64 {
        self.sightings.first().map_or(i64::MAX, |sighting| sighting.at_ns)
    }

    /// How much it was, if anything said it.
    pub(super) fn measured(&self, measure: Measure) -> Option<Quantity> {
        let said = self.sightings.iter().filter_map(|sighting| match measure {
            Measure::Amount => Quantity::amount(sighting),
            Measure::Units => Quantity::units(sighting),
        });
        Quantity::largest(said)
    }
}
