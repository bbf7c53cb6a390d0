use super::{Context, span_text};
use crate::detect::verdict::{Fault, Verdict};
use crate::moment::nanoseconds_in;
use crate::settings::NeedSettings;

/// What must not come before what.
pub(super) fn apply(context: &Context<'_>, need: &NeedSettings, verdict: &mut Verdict) {
    if need.unless_keys.iter().any(|kind| context.reached.has_key_of(kind)) {
        return;
    }
    let Some(early) = context.reached.first(&need.milestone) else { return };
    let known_ns = early.at_ns.saturating_add(context.grace_ns());
    let latest_ns = early.at_ns.saturating_add(nanoseconds_in(context.flow.clocks.get()));
    let closed = match context.reached.first_of(&need.after) {
        Some(needed) if needed.at_ns <= latest_ns => return,
        _ if context.now_ns < known_ns => return verdict.look_again(known_ns),
        Some(needed) => {
            let after = span_text(needed.at_ns.saturating_sub(early.at_ns));
            Some((needed.at_ns, format!("{} came {after} after it", needed.name)))
        }
        None => None,
    };
    let after = need.after.join(" or ");
    verdict.faults.push(Fault {
        kind: need.finding,
        rule: format!("{} only after {after}", need.milestone),
        about: String::new(),
        since_ns: early.at_ns,
        closed,
        says: format!("{} without {after} before it", need.milestone),
        money: context.money_of(&[early]),
        evidence: vec![early.clone()],
    });
}
