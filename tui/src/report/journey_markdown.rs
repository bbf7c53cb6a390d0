use ordertrace_api::journey::Journey;

use super::markdown::{Markdown, code, escape};
use super::{Surroundings, counted};
use crate::clocks;
use crate::text::{human, ns_between};
use crate::waterfall::{HandoffRow, Outline, Row};

/// One order end to end, for an incident ticket.
pub fn journey_markdown(journey: &Journey, around: &Surroundings) -> String {
    let outline = Outline::new(journey);
    let mut page = Markdown::default();
    let (_, state) = crate::listing::state_mark(journey.state);
    page.heading(2, &format!("{} {state}", journey.id));
    page.line(&format!(
        "- started {}, last activity {}",
        around.date_clock(journey.started_at),
        around.date_clock(journey.ended_at)
    ));
    page.line(&format!(
        "- {} in {}, {}, {} failed",
        counted(journey.handoffs.len(), "handoff", "handoffs"),
        human(ns_between(journey.started_at, journey.ended_at)),
        counted(outline.retries(), "retry", "retries"),
        outline.failed().count()
    ));
    let systems: Vec<String> = journey.systems.iter().map(|system| escape(&system.name)).collect();
    page.line(&format!("- systems: {}", systems.join(", ")));
    for limit in &journey.limits {
        page.line(&format!(
            "- **incomplete**, {} limit of {}: {}",
            escape(&limit.limit),
            limit.value,
            escape(&limit.detail)
        ));
    }
    let clocks = clocks::apart(journey, "");
    if !clocks.0.is_empty() {
        page.line(&format!("- {}", escape(&clocks.text())));
    }
    if outline.failed().next().is_some() {
        page.heading(3, "Failed");
        for (row, handoff) in outline.failed() {
            let attempts = counted(handoff.attempts.len(), "attempt", "attempts");
            let failure = code(handoff.failure.as_deref().unwrap_or_default());
            page.line(&format!("- **{}**: {attempts}, the last failed with {failure}", escape(&row.name())));
        }
    }
    if !journey.milestones.is_empty() {
        page.heading(3, "Milestones");
        let rows = journey
            .milestones
            .iter()
            .map(|milestone| vec![around.date_clock(milestone.at), escape(&milestone.name), escape(&milestone.system)]);
        page.table(&["when", "milestone", "system"], rows);
    }
    page.heading(3, "Handoffs");
    page.table(&["after", "handoff", "time", "attempts"], outline.rows.iter().map(row_cells));
    page.heading(3, "Keys");
    let rows = journey.keys.iter().map(|key| vec![code(&key.key.to_string()), escape(&key.systems.join(", "))]);
    page.table(&["key", "seen at"], rows);
    page.text()
}

fn row_cells(row: &Row) -> Vec<String> {
    let after = format!("+{}", human(u64::try_from(row.start_ns).unwrap_or(0)));
    let Some(handoff) = row.handoff() else {
        return vec![after, "*waiting*".to_owned(), human(row.duration_ns), String::new()];
    };
    let indent = "&nbsp;&nbsp;".repeat(row.depth.min(8));
    vec![after, format!("{indent}{}", escape(&row.name())), human(row.duration_ns), attempts(handoff)]
}

fn attempts(handoff: &HandoffRow) -> String {
    let failed = handoff.attempts.iter().filter(|attempt| attempt.failed).count();
    match (&handoff.failure, failed) {
        (Some(failure), _) => format!("{}, **✗ {}**", handoff.attempts.len(), escape(failure)),
        (None, 0) => handoff.attempts.len().to_string(),
        (None, failed) => format!("{}, {failed} failed before", handoff.attempts.len()),
    }
}
