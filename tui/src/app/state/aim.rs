use ordertrace_api::finding::Evidence;
use ordertrace_api::journey::{Handoff, Journey};

use crate::waterfall::{Outline, Row};

/// The row to start at for whoever comes from a finding: the handoff that the evidence was seen
/// on. Of several a failed one, else the last, for what broke a rule came after what did not.
/// Without such a handoff, the first that failed.
pub(super) fn aimed_row(outline: &Outline, journey: &Journey, evidence: &[Evidence]) -> Option<usize> {
    let rows = || outline.rows.iter().enumerate();
    let proves = |row: &Row| {
        let handoff = row.handoff().and_then(|handoff| journey.handoffs.get(handoff.index));
        handoff.is_some_and(|handoff| evidence.iter().any(|evidence| seen_on(handoff, evidence)))
    };
    let proven: Vec<(usize, &Row)> = rows().filter(|(_, row)| proves(row)).collect();
    let failed = |row: &Row| row.handoff().is_some_and(|handoff| handoff.failure.is_some());
    let broken = proven.iter().find(|(_, row)| failed(row));
    let last = || proven.iter().max_by_key(|(_, row)| row.start_ns);
    let first_failed = || rows().find(|(_, row)| failed(row)).map(|(at, _)| at);
    broken.or_else(last).map(|(at, _)| *at).or_else(first_failed)
}

fn seen_on(handoff: &Handoff, evidence: &Evidence) -> bool {
    let mut sides = handoff.attempts.iter().flat_map(|attempt| &attempt.sides);
    // Evidence that was no span has no id, as has a side nobody reported.
    !evidence.span_id.is_empty()
        && sides.any(|side| side.span_id == evidence.span_id && side.trace_id == evidence.trace_id)
}
