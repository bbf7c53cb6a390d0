use ordertrace_api::reading::Entity;
use ordertrace_api::source::{SourceState, SourceStatus};

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use crate::sync_table::state_text;
use crate::text::{Line, Tone, fit, human, ns_between, wrap};

/// Tone and mark, so that it is told without colour too.
fn shown(state: SourceState) -> (Tone, &'static str) {
    match state {
        SourceState::Failed | SourceState::Stale | SourceState::Missing => (Tone::Error, "✗"),
        SourceState::Late | SourceState::Refused => (Tone::Warning, "!"),
        SourceState::Ok => (Tone::Good, "✓"),
    }
}

/// The poll, or of what a system tells by itself.
fn name(source: &SourceStatus) -> String {
    let entities = || source.entities.iter().map(|entity| Entity::name(*entity)).collect::<Vec<_>>().join(", ");
    source.poll.clone().unwrap_or_else(entities)
}

/// Where readings come from, the worst first, and below each what is wrong and what to do.
pub(super) fn source_lines(sources: &[SourceStatus], more: bool, around: &Surroundings) -> Vec<Line> {
    let age = |at: Option<jiff::Timestamp>| at.map_or_else(|| "-".to_owned(), |at| human(ns_between(at, around.now)));
    let row = |cells: [&str; 5]| {
        let [source, system, state, since, worked] = cells;
        format!("{:<20} {:<14} {state:<14} {since:>9} {worked:>9}", fit(source, 20), fit(system, 14))
    };
    let mut lines = vec![Line::of(Tone::Title, row(["SOURCES", "SYSTEM", "STATE", "FOR", "WORKED"]))];
    for source in sources {
        let (tone, mark) = shown(source.state);
        let state = format!("{mark} {}", state_text(source.state));
        let cells = [&name(source), &source.system, &state, &age(source.since), &age(source.worked_at)];
        lines.push(Line::of(
            if source.state == SourceState::Ok { Tone::Plain } else { tone },
            row(cells.map(String::as_str)),
        ));
        let notes = match (&source.reason, &source.refusal) {
            (Some(reason), _) => Some((tone, reason.clone())),
            (None, Some(refusal)) => Some((Tone::Dim, format!("{}: {}", around.ago(refusal.at), refusal.reason))),
            (None, None) => None,
        };
        if let Some((tone, text)) = notes {
            let wrapped = wrap(&text, around.columns.saturating_sub(2));
            lines.extend(wrapped.into_iter().map(|text| Line::of(tone, format!("  {text}"))));
        }
    }
    if more {
        lines.push(Line::of(Tone::Warning, "there are more, which are no worse"));
    }
    lines.into_iter().map(|line| line.cut(around.columns)).collect()
}

/// The same for a ticket.
pub(super) fn source_table(page: &mut Markdown, sources: &[SourceStatus], more: bool, around: &Surroundings) {
    let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| "-".to_owned(), |at| around.date_clock(at));
    let rows = sources.iter().map(|source| {
        let state = state_text(source.state);
        vec![
            code(&name(source)),
            escape(&source.system),
            escape(source.agent.as_deref().unwrap_or("-")),
            if source.state == SourceState::Ok { state.to_owned() } else { format!("**{state}**") },
            time(source.since),
            time(source.worked_at),
            escape(source.reason.as_deref().unwrap_or_default()),
        ]
    });
    page.table(&["source", "system", "agent", "state", "since", "worked", "why, and what to do"], rows);
    if more {
        page.line("\nThere are more, which are no worse.");
    }
}
