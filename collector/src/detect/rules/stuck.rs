use ordertrace_api::finding::FindingKind;

use super::Context;
use crate::detect::verdict::{Fault, Verdict};
use crate::moment::nanoseconds_in;

/// Journeys in which nothing happens any more. Whatever else is wrong explains that: this is for
/// when nothing does.
pub(super) fn apply(context: &Context<'_>, verdict: &mut Verdict) {
    let Some(after) = context.flow.stuck_after else { return };
    if verdict.is_wrong() || context.reached.first_of(&context.flow.ends).is_some() {
        return;
    }
    let Some(last) = context.reached.last() else { return };
    let stuck_ns = last.at_ns.saturating_add(nanoseconds_in(after.get()));
    if context.now_ns < stuck_ns {
        return verdict.look_again(stuck_ns);
    }
    verdict.faults.push(Fault {
        kind: FindingKind::StuckOrder,
        rule: format!("an end within {after} of the last milestone"),
        about: String::new(),
        since_ns: stuck_ns,
        closed: None,
        says: format!("nothing after {} for {after}", last.name),
        money: context.money_of(&[]),
        evidence: vec![last.clone()],
    });
}
