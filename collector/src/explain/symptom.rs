//! What orders of a set show.

use ordertrace_api::explain::{HandoffSymptom, Symptom};
use ordertrace_api::finding::{Finding, FindingState};
use ordertrace_api::journey::{Handoff, Journey, JourneyState, Outcome};

/// Whether a journey shows it; `None` when it has no part in the comparison, for it never had the handoff.
/// Findings are not told from journeys.
pub(super) fn shows(symptom: &Symptom, journey: &Journey) -> Option<bool> {
    match symptom {
        Symptom::Finding(_) => None,
        Symptom::State(state) => Some(journey.state == *state),
        Symptom::SlowerThanMs(ms) => {
            Some(journey.ended_at.duration_since(journey.started_at).as_millis() > i128::from(*ms))
        }
        Symptom::Handoff(wanted) => {
            let mut had = journey.handoffs.iter().filter(|handoff| is_of(wanted, handoff)).peekable();
            had.peek()?;
            Some(had.any(|handoff| is_wrong(wanted, handoff)))
        }
    }
}

fn is_of(wanted: &HandoffSymptom, handoff: &Handoff) -> bool {
    wanted.to == handoff.to
        && wanted.from.as_ref().is_none_or(|from| handoff.from.as_ref() == Some(from))
        && wanted.operation.as_ref().is_none_or(|operation| *operation == handoff.operation)
}

fn is_wrong(wanted: &HandoffSymptom, handoff: &Handoff) -> bool {
    match wanted.slower_than_ms {
        Some(ms) => u128::from(handoff.duration_ns) > u128::from(ms) * 1_000_000,
        None => handoff.attempts.iter().any(|attempt| attempt.outcome == Outcome::Error),
    }
}

/// What an order shows: its worst finding, else the handoff that failed last, else where it stands.
pub(super) fn of_order(journey: &Journey, findings: &[Finding]) -> Symptom {
    let worst = findings.iter().filter(|finding| finding.state != FindingState::Retracted);
    // That which holds before that which did; of those the worst, then the latest.
    let worst = worst.max_by_key(|finding| (finding.state == FindingState::Open, finding.severity, finding.since));
    if let Some(finding) = worst {
        return Symptom::Finding(finding.kind);
    }
    let failed = |handoff: &&Handoff| handoff.attempts.last().is_some_and(|last| last.outcome == Outcome::Error);
    match journey.handoffs.iter().rev().find(failed) {
        Some(handoff) if journey.state == JourneyState::Failed => Symptom::Handoff(HandoffSymptom {
            from: handoff.from.clone(),
            to: handoff.to.clone(),
            operation: Some(handoff.operation.clone()),
            slower_than_ms: None,
        }),
        _ => Symptom::State(journey.state),
    }
}
