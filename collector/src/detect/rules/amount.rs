use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::Context;
use super::often::total;
use crate::detect::occurrence::{Measure, Occurrence, occurrences};
use crate::detect::reached::Quantity;
use crate::detect::verdict::{Fault, Verdict};
use crate::settings::AmountSettings;

/// Amounts that must agree.
pub(super) fn apply(context: &Context<'_>, amount: &AmountSettings, verdict: &mut Verdict) {
    if context.reached.first_of(&amount.unless).is_some() {
        return;
    }
    let settings = context.flow.milestones.get(&amount.milestone);
    let each = settings.map(|settings| settings.each.as_slice()).unwrap_or_default();
    let times = occurrences(context.reached.all(&amount.milestone), each);
    let Some(wanted) = total(context, &amount.equals, Measure::Amount) else { return };
    let Some(first) = times.first() else { return };
    let Some(got) = Quantity::sum(times.iter().map(|time| time.measured(Measure::Amount))) else { return };
    let Some(more) = got.beyond(&wanted) else { return };
    let (since_ns, closed) = match more.cmp(&Decimal::ZERO) {
        // Too much by too many is the other rule's.
        Ordering::Greater if too_many(settings.and_then(|settings| settings.at_most), times.len()) => return,
        Ordering::Greater => (first.at_ns(), None),
        Ordering::Less | Ordering::Equal => {
            let Some(end) = context.reached.first_of(&amount.when) else { return };
            let known_ns = end.at_ns.saturating_add(context.grace_ns());
            let in_time = times.iter().filter(|time| time.at_ns() <= known_ns);
            let then = Quantity::sum(in_time.map(|time| time.measured(Measure::Amount)));
            if then.and_then(|then| then.beyond(&wanted)).is_some_and(|more| more >= Decimal::ZERO) {
                return;
            }
            if context.now_ns < known_ns {
                return verdict.look_again(known_ns);
            }
            let last = times.last().map_or(first.at_ns(), Occurrence::at_ns);
            let closed = (more == Decimal::ZERO).then(|| (last, format!("{} came up to it", amount.milestone)));
            (end.at_ns, closed)
        }
    };
    let evidence = times.iter().flat_map(|time| time.sightings.iter().copied());
    verdict.faults.push(Fault {
        kind: amount.finding,
        rule: format!("{} equals {}", amount.milestone, amount.equals),
        about: String::new(),
        since_ns,
        closed,
        says: format!("{} {got}, {} {wanted}", amount.milestone, amount.equals),
        money: Quantity { value: more.abs(), ..wanted }.into_money(),
        evidence: evidence.chain(context.reached.first(&amount.equals)).cloned().collect(),
    });
}

fn too_many(at_most: Option<u32>, times: usize) -> bool {
    at_most.is_some_and(|at_most| times > at_most as usize)
}
