use std::collections::HashSet;

use ordertrace_api::journey::{Handoff, Journey, Outcome};
use ordertrace_api::order::{OrderSummary, SlowestHandoff};

/// A journey in a line.
pub fn summarise(journey: &Journey) -> OrderSummary {
    let failed = |handoff: &&Handoff| handoff.attempts.last().is_some_and(|last| last.outcome == Outcome::Error);
    let retries: usize = journey.handoffs.iter().map(|handoff| handoff.attempts.len().saturating_sub(1)).sum();
    // The one that took longest by itself: an enclosing handoff is as long as all within it.
    let enclosing: HashSet<&String> = journey.handoffs.iter().filter_map(|handoff| handoff.parent.as_ref()).collect();
    let innermost = |handoff: &&Handoff| !enclosing.contains(&handoff.id);
    let slowest = journey.handoffs.iter().filter(innermost).max_by_key(|handoff| handoff.duration_ns);
    OrderSummary {
        id: journey.id.clone(),
        started_at: journey.started_at,
        last_at: journey.ended_at,
        last_milestone: journey.milestones.last().cloned(),
        systems: journey.systems.iter().map(|system| system.name.clone()).collect(),
        handoffs: count(journey.handoffs.len()),
        retries: count(retries),
        errors: count(journey.handoffs.iter().filter(failed).count()),
        slowest: slowest.map(|handoff| SlowestHandoff {
            from: handoff.from.clone(),
            to: handoff.to.clone(),
            operation: handoff.operation.clone(),
            duration_ns: handoff.duration_ns,
        }),
        state: journey.state,
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
