use ordertrace_api::finding::{Finding, FindingState};
use ordertrace_api::journey::{Attempt, Handoff, Outcome};
use ordertrace_api::tail::{TailEntry, TailKind};

use crate::journey::{Case, Sighting};
use crate::moment::{nanoseconds, timestamp};

/// What happened in a journey from `since_ns` on (nanoseconds since the Unix epoch).
pub(super) fn of_case(case: &Case, since_ns: i64) -> Vec<TailEntry> {
    let order = Some(&case.journey.id);
    let milestones = case.sightings.iter().filter(|sighting| sighting.at_ns >= since_ns).map(|sighting| {
        let entry = of_sighting(sighting);
        TailEntry { id: format!("{} {}", case.journey.id, entry.id), ..entry }
    });
    let handoffs = case.journey.handoffs.iter();
    let failures = handoffs.flat_map(|handoff| {
        let attempts = handoff.attempts.iter().enumerate().filter(move |(_, attempt)| {
            let ended_ns = nanoseconds(attempt.started_at).saturating_add_unsigned(attempt.duration_ns);
            attempt.outcome == Outcome::Error && ended_ns >= since_ns
        });
        attempts.map(move |(index, attempt)| of_failure(handoff, index, attempt))
    });
    milestones.chain(failures).map(|entry| TailEntry { order: order.cloned(), ..entry }).collect()
}

fn of_sighting(sighting: &Sighting) -> TailEntry {
    let said = &sighting.said;
    let money = format!("{} {}", said.amount, said.currency);
    let parts = [said.reason.as_str(), money.trim()];
    TailEntry {
        at: timestamp(sighting.at_ns),
        kind: TailKind::Milestone,
        order: None,
        system: sighting.system.clone(),
        what: sighting.name.clone(),
        says: parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        id: format!("{} {} {}", sighting.at_ns, sighting.system, sighting.name),
    }
}

fn of_failure(handoff: &Handoff, index: usize, attempt: &Attempt) -> TailEntry {
    let status = attempt.status_code.map(|status| status.to_string());
    let error = attempt.error_type.clone().filter(|error| Some(error) != status.as_ref());
    let why: Vec<String> = status.into_iter().chain(error).collect();
    let from = handoff.from.as_deref().unwrap_or("?");
    let tries = if handoff.attempts.len() > 1 {
        format!(", attempt {} of {}", index + 1, handoff.attempts.len())
    } else {
        String::new()
    };
    let side = attempt.sides.first();
    let span = side.map(|side| format!("{} {}", side.trace_id, side.span_id)).unwrap_or_default();
    TailEntry {
        at: attempt.started_at,
        kind: TailKind::Failure,
        order: None,
        system: handoff.to.clone(),
        what: handoff.operation.clone(),
        says: format!("{from} \u{2192} {}: {}{tries}", handoff.to, why.join(" ")),
        id: span,
    }
}

/// A finding as it is now.
pub(super) fn of_finding(finding: &Finding) -> TailEntry {
    let open = finding.state == FindingState::Open;
    TailEntry {
        at: if open { finding.opened_at } else { finding.updated_at },
        kind: if open { TailKind::Finding } else { TailKind::FindingEnded },
        order: finding.order.clone(),
        system: finding.system.clone().unwrap_or_default(),
        what: finding.kind.name().to_owned(),
        says: if open { finding.says.clone() } else { finding.closed_because.clone() },
        id: format!("{} {}", finding.id, if open { "open" } else { "ended" }),
    }
}
