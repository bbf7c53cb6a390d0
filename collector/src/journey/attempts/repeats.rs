//! Which attempts are tries of one handoff.
//!
//! First what is said: attempts with one idempotency key, and those that are declared resends of the
//! one before. What that makes are *units*, most of one attempt. Then what is recognised: a unit that
//! makes the same request, after all of another unit failed, goes on with that one's handoff, in
//! whichever trace. A success ends a handoff: the same request after it is another one. So is one
//! under another idempotency key, for its sender says so.
//!
//! Only the times of attempts count, so the order in which they arrived does not matter.

use std::collections::{BTreeSet, HashMap};

use ordertrace_api::journey::{Observer, Outcome, Repeat};
use ordertrace_api::keys::{Key, Strength};

use super::AttemptNode;
use crate::journey::graph::conflicting;
use crate::journey::node::{SpanNode, SpanRef};

/// What failed in Friday's nightly run is tried again on Monday; what comes later is a new decision.
const AFTER_FAILURE_NS: i64 = 3 * 24 * 3_600 * 1_000_000_000;

/// Failed units looked at for each that may go on with one of them, the latest first.
const CANDIDATES: usize = 16;

/// What an attempt asked for, as far as it takes to find another that asked for the same. Of HTTP the
/// path says more than the operation, which the two ends may name differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Request<'a> {
    from: Option<&'a str>,
    method: &'a str,
    path: &'a str,
    /// Receiver and operation, where there is no path.
    called: Option<(&'a str, &'a str)>,
}

/// An attempt, as it is compared with others.
struct Try<'a> {
    request: Request<'a>,
    /// Receiver and operation by their most telling names.
    ends: (&'a str, &'a str),
    /// Receiver and operation as each observer names them.
    names: Vec<(Observer, &'a str, &'a str)>,
    idempotency_key: Option<&'a str>,
    /// The span that made it.
    caller: Option<SpanRef>,
    /// How often it was made before, as far as is said.
    resends: u32,
    /// Strong keys at its ends.
    keys: Vec<&'a Key>,
}

/// Attempts that are said to be tries of one handoff.
#[derive(Default)]
struct Unit {
    /// By start; at least one.
    attempts: Vec<usize>,
}

/// For each attempt, which must be in order of start, the number of its handoff and how it was
/// recognised as one more try of it. Handoffs are numbered by their first attempt.
pub(super) fn group(spans: &[SpanNode], attempts: &[AttemptNode]) -> (Vec<usize>, Vec<Option<Repeat>>) {
    let tries: Vec<Try<'_>> = attempts.iter().map(|attempt| Try::of(spans, attempt)).collect();
    let mut repeats = vec![None; attempts.len()];
    let units = said(&tries, &mut repeats);
    let mut handoff_of = vec![0; attempts.len()];
    for (unit, handoff) in units.iter().zip(recognised(&units, attempts, &tries, &mut repeats)) {
        unit.attempts.iter().for_each(|at| handoff_of[*at] = handoff);
    }
    (handoff_of, repeats)
}

/// The units, by their first attempt.
fn said(tries: &[Try<'_>], repeats: &mut [Option<Repeat>]) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut of_key: HashMap<(Option<&str>, &str), Vec<usize>> = HashMap::new();
    // The unit of the latest attempt of a request, and that attempt.
    let mut latest: HashMap<(Request<'_>, Option<SpanRef>), (usize, usize)> = HashMap::new();
    for (at, this) in tries.iter().enumerate() {
        let known = match this.idempotency_key {
            Some(key) => {
                let bearers = of_key.get(&(this.request.from, key)).map_or(&[][..], Vec::as_slice);
                let same =
                    |unit: &&usize| units[**unit].attempts.last().is_some_and(|last| tries[*last].is_alike(this));
                bearers.iter().rev().take(CANDIDATES).find(same).map(|unit| (*unit, Repeat::SameKey))
            }
            None => latest
                .get(&(this.request, this.caller))
                .filter(|(_, last)| this.resends > tries[*last].resends && tries[*last].is_alike(this))
                .map(|(unit, _)| (*unit, Repeat::Declared)),
        };
        let unit = known.map_or(units.len(), |(unit, _)| unit);
        if known.is_none() {
            units.push(Unit::default());
        }
        repeats[at] = known.map(|(_, repeat)| repeat);
        units[unit].attempts.push(at);
        match this.idempotency_key {
            Some(key) if known.is_none() => of_key.entry((this.request.from, key)).or_default().push(unit),
            Some(_) => {}
            None => {
                latest.insert((this.request, this.caller), (unit, at));
            }
        }
    }
    units
}

/// For each unit the number of its handoff.
fn recognised<'a>(
    units: &[Unit],
    attempts: &[AttemptNode],
    tries: &'a [Try<'a>],
    repeats: &mut [Option<Repeat>],
) -> Vec<usize> {
    // Handoffs of which everything failed so far, by the end of that.
    let mut failed: HashMap<Request<'_>, BTreeSet<(i64, usize)>> = HashMap::new();
    // Of each handoff its last attempt, and the keys that it is known by.
    let mut handoffs: Vec<(usize, Vec<&Key>)> = Vec::new();
    let mut handoff_of = Vec::with_capacity(units.len());
    for unit in units {
        let (Some(first), Some(last)) = (unit.attempts.first(), unit.attempts.last()) else { continue };
        let (this, started_at_ns) = (&tries[*first], attempts[*first].started_at_ns);
        let open = failed.entry(this.request).or_default();
        let before = open.range(..=(started_at_ns, usize::MAX)).rev().take(CANDIDATES).copied();
        let goes_on = before
            .take_while(|(ended_at_ns, _)| started_at_ns.saturating_sub(*ended_at_ns) <= AFTER_FAILURE_NS)
            .find(|(_, handoff)| {
                let (last, keys) = &handoffs[*handoff];
                let last = &tries[*last];
                last.is_alike(this) && !last.is_another_intent(this) && !conflicting(keys, &this.keys)
            });
        let handoff = goes_on.map_or(handoffs.len(), |(_, handoff)| handoff);
        match goes_on {
            Some(before) => {
                open.remove(&before);
                repeats[*first] = Some(Repeat::AfterFailure);
            }
            None => handoffs.push((*last, Vec::new())),
        }
        let (known_last, known_keys) = &mut handoffs[handoff];
        *known_last = *last;
        for key in unit.attempts.iter().flat_map(|at| &tries[*at].keys) {
            if !known_keys.contains(key) {
                known_keys.push(*key);
            }
        }
        if unit.attempts.iter().all(|at| attempts[*at].outcome == Outcome::Error) {
            let ended_at_ns = unit.attempts.iter().map(|at| attempts[*at].ended_at_ns).max();
            open.insert((ended_at_ns.unwrap_or(started_at_ns), handoff));
        }
        handoff_of.push(handoff);
    }
    handoff_of
}

impl<'a> Try<'a> {
    fn of(spans: &'a [SpanNode], attempt: &'a AttemptNode) -> Self {
        let seen = || attempt.sides.iter().map(|at| &spans[*at]);
        let sides = || seen().filter_map(|span| span.side.as_ref());
        let requests = sides().map(|side| (side.method.as_str(), side.path.as_str()));
        let (method, path) = requests.into_iter().find(|(_, path)| !path.is_empty()).unwrap_or_default();
        // A message that is delivered again is sent once: who sent it stands behind each delivery.
        let is_delivery = |span: &&SpanNode| span.side.as_ref().is_some_and(|side| side.observer == Observer::Consumer);
        let made = seen().find(is_delivery).unwrap_or(&spans[attempt.sides[0]]);
        let parent = SpanRef { trace_id: made.id.trace_id, span_id: made.parent_span_id };
        let mut keys: Vec<&Key> = seen().flat_map(|span| span.keys_of(Strength::Strong)).collect();
        keys.sort_unstable();
        keys.dedup();
        Self {
            request: Request {
                from: attempt.from.as_deref(),
                method,
                path,
                called: path.is_empty().then_some((attempt.to.as_str(), attempt.operation.as_str())),
            },
            ends: (attempt.to.as_str(), attempt.operation.as_str()),
            names: sides().map(|side| (side.observer, side.to.as_str(), side.operation.as_str())).collect(),
            idempotency_key: sides().map(|side| side.idempotency_key.as_str()).find(|key| !key.is_empty()),
            caller: if made.is_root() { made.link } else { Some(parent) },
            resends: sides().map(|side| side.resend_count).max().unwrap_or(0),
            keys,
        }
    }

    /// Whether both bear idempotency keys, and not the same.
    fn is_another_intent(&self, other: &Self) -> bool {
        matches!((self.idempotency_key, other.idempotency_key), (Some(one), Some(another)) if one != another)
    }

    /// Whether receiver and operation are alike: by their most telling names, for a receiver that refuses
    /// early does not know the operation yet; or else as whoever saw both names them, for of an attempt
    /// that did not get through one end knows nothing.
    fn is_alike(&self, other: &Self) -> bool {
        if self.ends == other.ends {
            return true;
        }
        let mut both = self.names.iter().filter_map(|name| {
            let same = other.names.iter().find(|(observer, ..)| *observer == name.0)?;
            Some(name == same)
        });
        both.next().is_some_and(|first| first && both.all(|same| same))
    }
}
