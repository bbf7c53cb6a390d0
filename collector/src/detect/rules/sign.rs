use std::collections::BTreeMap;

use super::Context;
use crate::detect::verdict::{Fault, Verdict};
use crate::journey::Sighting;
use crate::moment::nanoseconds_in;
use crate::settings::SignSettings;

/// Milestones that are findings in themselves.
pub(super) fn apply(context: &Context<'_>, sign: &SignSettings, verdict: &mut Verdict) {
    let mut of_reason: BTreeMap<&str, &Sighting> = BTreeMap::new();
    for sighting in context.reached.all(&sign.milestone) {
        let reason = sighting.said.reason.as_str();
        if sign.reasons.is_empty() || sign.reasons.iter().any(|known| known == reason) {
            of_reason.entry(reason).or_insert(sighting);
        }
    }
    for (reason, sighting) in of_reason {
        let until_ns = sighting.at_ns.saturating_add(nanoseconds_in(sign.open_for.get()));
        let closed = (context.now_ns >= until_ns).then(|| (until_ns, format!("seen {} ago", sign.open_for)));
        if closed.is_none() {
            verdict.look_again(until_ns);
        }
        let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        verdict.faults.push(Fault {
            kind: sign.finding,
            rule: format!("{}{}", sign.milestone, if sign.reasons.is_empty() { "" } else { why.as_str() }),
            about: reason.to_owned(),
            since_ns: sighting.at_ns,
            closed,
            says: format!("{}{why}", sign.milestone),
            money: context.money_of(&[sighting]),
            evidence: vec![sighting.clone()],
        });
    }
}
