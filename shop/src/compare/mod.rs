//! Whether a journey is the truth. Pure.

mod difference;
mod matching;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use ordertrace_api::journey::{Handoff, Journey, Outcome};
use ordertrace_api::keys::{KindTable, Strength};

pub use difference::{Difference, HandoffName, Interval};

use crate::truth::{HandoffTruth, OrderTruth};

/// What a sender has given up may still be on its way: its receiver begins so much later at most.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_millis(100);

/// Everything in which a journey differs from the truth of its order; nothing when it is the
/// truth: the same systems, handoffs, attempts (their number, outcomes and, roughly, times)
/// and strong keys.
///
/// Handoffs are matched by (from, to, operation); among equals, those that overlap in time
/// first, then the rest by start. Weak and session keys are not compared.
pub fn compare(truth: &OrderTruth, journey: &Journey) -> Vec<Difference> {
    let mut differences = systems(truth, journey);
    differences.extend(keys(truth, journey));
    let matched = matching::matched(&truth.handoffs, &journey.handoffs);
    for (made, reported) in matched.pairs {
        differences.extend(attempts(made, reported));
    }
    differences.extend(matched.missing.into_iter().map(missing));
    differences.extend(matched.extra.into_iter().map(|handoff| extra(truth, handoff)));
    differences
}

fn systems(truth: &OrderTruth, journey: &Journey) -> Vec<Difference> {
    let reported: BTreeSet<&str> = journey.systems.iter().map(|share| share.name.as_str()).collect();
    let real: BTreeSet<&str> = truth.systems.iter().map(String::as_str).collect();
    let missing = real.difference(&reported).map(|system| Difference::MissingSystem { system: (*system).to_owned() });
    let extra = reported.difference(&real).map(|system| Difference::ExtraSystem { system: (*system).to_owned() });
    missing.chain(extra).collect()
}

fn keys(truth: &OrderTruth, journey: &Journey) -> Vec<Difference> {
    let strong = journey.keys.iter().filter(|seen| seen.strength == Strength::Strong);
    let reported: BTreeSet<_> = strong.map(|seen| &seen.key).collect();
    let real: BTreeSet<_> = truth.keys.iter().collect();
    let missing = real.difference(&reported).map(|key| Difference::MissingKey { key: (*key).clone() });
    let extra = reported.difference(&real).map(|key| Difference::ExtraKey { key: (*key).clone() });
    missing.chain(extra).collect()
}

fn attempts(made: &HandoffTruth, reported: &Handoff) -> Vec<Difference> {
    let handoff = HandoffName::of_truth(made);
    if made.attempts.len() != reported.attempts.len() {
        let (truth, reported) = (made.attempts.len(), reported.attempts.len());
        return vec![Difference::AttemptCount { handoff, truth, reported }];
    }
    let mut differences = Vec::new();
    for (number, (real, seen)) in (1..).zip(made.attempts.iter().zip(&reported.attempts)) {
        if real.outcome != seen.outcome {
            differences.push(Difference::AttemptOutcome {
                handoff: handoff.clone(),
                number,
                truth: real.outcome,
                reported: seen.outcome,
            });
        }
        let on_its_way = if real.outcome == Outcome::Error { ON_ITS_WAY } else { SignedDuration::ZERO };
        let (real, seen) = (Interval::of_truth(real), Interval::of_report(seen));
        if !real.and(on_its_way).overlaps(seen) {
            differences.push(Difference::AttemptTime { handoff: handoff.clone(), number, truth: real, reported: seen });
        }
    }
    differences
}

fn missing(handoff: &HandoffTruth) -> Difference {
    Difference::MissingHandoff { handoff: HandoffName::of_truth(handoff), started_at: handoff.started_at() }
}

/// A handoff that bears another order's key is that order's.
fn extra(truth: &OrderTruth, handoff: &Handoff) -> Difference {
    let kinds = KindTable::default();
    let foreign =
        handoff.keys.iter().find(|key| kinds.strength(&key.kind) == Strength::Strong && !truth.keys.contains(*key));
    let (name, started_at) = (HandoffName::of_report(handoff), handoff.started_at);
    match foreign {
        Some(key) => Difference::ForeignHandoff { handoff: name, started_at, key: key.clone() },
        None => Difference::ExtraHandoff { handoff: name, started_at },
    }
}
