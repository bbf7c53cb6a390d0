use ordertrace_api::finding::{FindingKind, Money};
use rust_decimal::Decimal;

use super::Context;
use crate::detect::occurrence::{Measure, Occurrence, occurrences};
use crate::detect::reached::Quantity;
use crate::detect::verdict::{Fault, Verdict};
use crate::settings::MilestoneSettings;

/// How often a milestone may be reached.
pub(super) fn apply(context: &Context<'_>, name: &str, settings: &MilestoneSettings, verdict: &mut Verdict) {
    let Some(at_most) = settings.at_most else { return };
    let times = occurrences(context.reached.all(name), &settings.each);
    let Some(beyond) = times.get(at_most as usize) else { return };
    let mut rule = format!("{name} at most {}", count(at_most));
    let (since_ns, excess) = match &settings.parts_of {
        None => (beyond.at_ns(), None),
        Some(whole) => {
            rule = format!("{rule}, or in parts of {whole}");
            match compare(context, &times, whole) {
                Compared::Within => return,
                Compared::Beyond { since_ns, excess } => (since_ns, Some(excess)),
                Compared::Unknown => {
                    // What says how much it may be can still arrive.
                    let known_ns = beyond.at_ns().saturating_add(context.grace_ns());
                    if context.now_ns < known_ns {
                        return verdict.look_again(known_ns);
                    }
                    (beyond.at_ns(), None)
                }
            }
        }
    };
    let closed = excess.as_ref().and_then(|excess| taken_back(context, name, since_ns, excess));
    let seen = times.len();
    verdict.faults.push(Fault {
        kind: settings.finding.unwrap_or(FindingKind::ReachedTooOften),
        rule,
        about: String::new(),
        since_ns,
        closed,
        says: match &excess {
            Some(excess) => format!("{name} {seen} times, {excess} too much"),
            None => format!("{name} {seen} times"),
        },
        money: excess.and_then(Quantity::into_money).or_else(|| money_beyond(&times, at_most)),
        evidence: times.iter().flat_map(|time| time.sightings.iter().copied().cloned()).collect(),
    });
}

enum Compared {
    /// All parts together are no more than the whole.
    Within,
    Beyond {
        since_ns: i64,
        excess: Quantity,
    },
    /// The whole, or one of its parts, does not say how much it is.
    Unknown,
}

/// The parts beside the whole: by amounts, else by units.
fn compare(context: &Context<'_>, times: &[Occurrence<'_>], whole: &str) -> Compared {
    for measure in [Measure::Amount, Measure::Units] {
        let Some(whole) = total(context, whole, measure) else { continue };
        let mut sum: Option<Quantity> = None;
        let mut since_ns = None;
        for time in times {
            let part = time.measured(measure);
            sum = match sum {
                None => part,
                Some(sum) => Quantity::sum([Some(sum), part]),
            };
            match sum.as_ref().and_then(|sum| sum.beyond(&whole)) {
                None => {
                    sum = None;
                    break;
                }
                Some(more) if more > Decimal::ZERO => since_ns = since_ns.or(Some(time.at_ns())),
                Some(_) => {}
            }
        }
        match (sum.and_then(|sum| sum.beyond(&whole)), since_ns) {
            (Some(more), Some(since_ns)) => {
                return Compared::Beyond { since_ns, excess: Quantity { value: more, ..whole } };
            }
            (Some(_), None) => return Compared::Within,
            (None, _) => {}
        }
    }
    Compared::Unknown
}

/// What a milestone amounts to: each time once where keys tell them apart, else what was said.
pub(super) fn total(context: &Context<'_>, milestone: &str, measure: Measure) -> Option<Quantity> {
    let each = context.flow.milestones.get(milestone).map(|settings| settings.each.as_slice()).unwrap_or_default();
    let all = context.reached.all(milestone);
    if each.is_empty() {
        return Occurrence { sightings: all.to_vec() }.measured(measure);
    }
    Quantity::sum(occurrences(all, each).iter().map(|time| time.measured(measure)))
}

/// When what was too much had gone back, by parts of this milestone that came after it.
fn taken_back(context: &Context<'_>, name: &str, since_ns: i64, excess: &Quantity) -> Option<(i64, String)> {
    let backward = context.flow.milestones.iter().filter(|(_, settings)| settings.parts_of.as_deref() == Some(name));
    for (back, settings) in backward {
        let mut sum: Option<Quantity> = None;
        for time in occurrences(context.reached.all(back), &settings.each) {
            if time.at_ns() < since_ns {
                continue;
            }
            let part = time.measured(Measure::Amount).or_else(|| time.measured(Measure::Units));
            sum = match sum {
                None => part,
                Some(sum) => Quantity::sum([Some(sum), part]),
            };
            if sum.as_ref().and_then(|sum| sum.beyond(excess)).is_some_and(|more| more >= Decimal::ZERO) {
                return Some((time.at_ns(), format!("{back} took it back")));
            }
        }
    }
    None
}

/// The money of the times that are too many.
fn money_beyond(times: &[Occurrence<'_>], at_most: u32) -> Option<Money> {
    Quantity::sum(times.iter().skip(at_most as usize).map(|time| time.measured(Measure::Amount)))
        .and_then(Quantity::into_money)
}

fn count(at_most: u32) -> String {
    match at_most {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}
