use std::collections::BTreeSet;

use ordertrace_api::keys::Key;

use super::{Context, span_text};
use crate::detect::verdict::{Fault, Verdict};
use crate::journey::Sighting;
use crate::moment::nanoseconds_in;
use crate::settings::StepSettings;

/// What must follow what, and how soon.
pub(super) fn apply(context: &Context<'_>, step: &StepSettings, verdict: &mut Verdict) {
    let reached = &context.reached;
    if !step.only_with.is_empty() && reached.first_of(&step.only_with).is_none() {
        return;
    }
    let Some(kind) = &step.per else {
        if let Some(begin) = reached.first(&step.of) {
            due(context, step, None, begin, reached.first(&step.milestone), verdict);
        }
        return;
    };
    let bears = |sighting: &&&Sighting, key: &Key| sighting.keys.contains(key);
    let keys: BTreeSet<&Key> =
        reached.all(&step.of).iter().flat_map(|sighting| &sighting.keys).filter(|key| key.kind == *kind).collect();
    for key in keys {
        let begin = reached.all(&step.of).iter().find(|sighting| bears(sighting, key));
        // A sighting that bears no key of the kind may be of any of them.
        let of_any = |sighting: &&&Sighting| sighting.keys.iter().all(|key| key.kind != *kind);
        let end = reached.all(&step.milestone).iter().find(|sighting| bears(sighting, key) || of_any(sighting));
        if let Some(begin) = begin {
            due(context, step, Some(key), begin, end.copied(), verdict);
        }
    }
}

/// One deadline: `end` must follow `begin`.
fn due(
    context: &Context<'_>,
    step: &StepSettings,
    key: Option<&Key>,
    begin: &Sighting,
    end: Option<&Sighting>,
    verdict: &mut Verdict,
) {
    let within_ns = nanoseconds_in(step.within.get());
    let deadline_ns = begin.at_ns.saturating_add(within_ns);
    let missed_ns = deadline_ns.saturating_add(context.grace_ns());
    // After an end nothing more is due but for what began after it. Where each key has a deadline
    // of its own, what one of them has reached is no end for the others.
    let ends = context.flow.ends.iter().filter(|end| **end != step.of && **end != step.milestone);
    let ends = ends.filter_map(|end| context.reached.first(end));
    let over = ends.filter(|end| end.at_ns >= begin.at_ns).min();
    let relief = [end, over, context.reached.first_of(&step.unless)].into_iter().flatten().min();
    let closed = match relief {
        Some(relief) if relief.at_ns <= missed_ns => return,
        Some(relief) => Some((relief.at_ns, because(relief, step, deadline_ns))),
        None if context.now_ns < missed_ns => return verdict.look_again(missed_ns),
        None => None,
    };
    verdict.faults.push(Fault {
        kind: step.finding,
        rule: format!("{} within {} of {}", step.milestone, step.within, step.of),
        about: key.map(Key::to_string).unwrap_or_default(),
        since_ns: deadline_ns,
        closed,
        says: format!(
            "{} did not follow {} within {}{}",
            step.milestone,
            step.of,
            step.within,
            key.map(|key| format!(" for {key}")).unwrap_or_default()
        ),
        money: context.money_of(&[begin]),
        evidence: vec![begin.clone()],
    });
}

fn because(relief: &Sighting, step: &StepSettings, deadline_ns: i64) -> String {
    let late = span_text(relief.at_ns.saturating_sub(deadline_ns));
    if relief.name == step.milestone {
        format!("{} came {late} late", relief.name)
    } else {
        format!("not due any more: {} came {late} after the deadline", relief.name)
    }
}
