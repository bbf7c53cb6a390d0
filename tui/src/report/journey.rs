use ordertrace_api::journey::{Journey, JourneyKey};
use ordertrace_api::keys::Strength;

use super::{Surroundings, counted};
use crate::clocks;
use crate::listing::state_mark;
use crate::text::{Line, Tone, human, ns_between, offset, pad, width, wrap};
use crate::waterfall::{Axis, Columns, Fold, Outline, heading_line, row_line};

/// Failed handoffs named at the top; the waterfall has them all.
const FAILURES_NAMED: usize = 10;

/// One order end to end, what went wrong first.
pub fn journey_lines(journey: &Journey, around: &Surroundings) -> Vec<Line> {
    let outline = Outline::new(journey);
    let mut lines = head(journey, &outline, around);
    lines.extend(failures(&outline));
    for limit in &journey.limits {
        let text = format!("! incomplete, {} limit of {} reached: {}", limit.limit, limit.value, limit.detail);
        lines.extend(wrap(&text, around.columns).into_iter().map(|line| Line::of(Tone::Warning, line)));
    }
    let clocks = clocks::apart(journey, if journey.aligned { "" } else { "; --aligned tells times by one" });
    if !clocks.0.is_empty() {
        lines.extend(wrap(&clocks.text(), around.columns).into_iter().map(|line| Line::of(Tone::Warning, line)));
    }
    lines.extend(milestones(journey, &outline, around));
    lines.extend(keys(&journey.keys));
    lines.push(Line::default());
    let columns = Columns::of(around.columns);
    let axis = Axis::new(&outline.scale, columns.bar);
    lines.push(heading_line(&axis, columns));
    for row in &outline.rows {
        let fold = if row.descendants > 0 { Fold::Open } else { Fold::Leaf };
        lines.push(row_line(row, fold, &axis, columns));
    }
    lines.push(Line::default());
    lines.extend(legend());
    lines.into_iter().map(|line| line.cut(around.columns)).collect()
}

fn head(journey: &Journey, outline: &Outline, around: &Surroundings) -> Vec<Line> {
    let (tone, state) = state_mark(journey.state);
    let length_ns = ns_between(journey.started_at, journey.ended_at);
    let mut title = Line::of(Tone::Title, journey.id.to_string()).and(tone, format!("  {state}"));
    let failed = outline.failed().count();
    let retries = outline.retries();
    let traces = counted(journey.traces.len(), "trace", "traces");
    title.push(
        Tone::Plain,
        format!("  {} in {}", counted(journey.handoffs.len(), "handoff", "handoffs"), human(length_ns)),
    );
    if retries > 0 {
        title.push(Tone::Warning, format!(", ↻ {}", counted(retries, "retry", "retries")));
    }
    if failed > 0 {
        title.push(Tone::Error, format!(", ✗ {failed} failed"));
    }
    let started = format!("started {} ({})", around.date_clock(journey.started_at), around.ago(journey.started_at));
    let last = format!("last    {} ({})", around.date_clock(journey.ended_at), around.ago(journey.ended_at));
    let mut lines = vec![title, Line::of(Tone::Dim, started), Line::of(Tone::Dim, last)];
    let names: Vec<&str> = journey.systems.iter().map(|system| system.name.as_str()).collect();
    let names = names.join(" › ");
    for (at, part) in wrap(&names, around.columns.saturating_sub(8)).into_iter().enumerate() {
        let head = if at == 0 { "through " } else { "        " };
        lines.push(Line::of(Tone::Dim, head).and(Tone::Plain, part));
    }
    let spans = format!("{} {}", journey.span_count, if journey.span_count == 1 { "span" } else { "spans" });
    lines.push(Line::of(Tone::Dim, format!("from    {traces}, {spans}")));
    lines
}

fn failures(outline: &Outline) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut failed = outline.failed();
    for (row, handoff) in failed.by_ref().take(FAILURES_NAMED) {
        let attempts = counted(handoff.attempts.len(), "attempt", "attempts");
        let failure = handoff.failure.as_deref().unwrap_or_default();
        let text = format!("✗ {failure} after {attempts}: {}", row.name());
        lines.push(Line::of(Tone::Error, text).and(Tone::Dim, format!(", {}", offset(row.end_ns()))));
    }
    let more = failed.count();
    if more > 0 {
        lines.push(Line::of(Tone::Error, format!("✗ and {more} more")));
    }
    if !lines.is_empty() {
        lines.insert(0, Line::default());
    }
    lines
}

fn milestones(journey: &Journey, outline: &Outline, around: &Surroundings) -> Vec<Line> {
    if journey.milestones.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default(), Line::of(Tone::Title, "milestones")];
    for milestone in &journey.milestones {
        let since_ns = ns_between(outline.origin, milestone.at);
        let line = Line::of(Tone::Good, "  ✓ ")
            .and(Tone::Plain, pad(&milestone.name, 24))
            .and(Tone::Plain, format!(" {:>8}  ", format!("+{}", human(since_ns))))
            .and(Tone::Dim, format!("{}  {}", around.date_clock(milestone.at), milestone.system));
        lines.push(line);
    }
    lines
}

/// Strong keys a line each with where they were seen; weak ones together.
fn keys(keys: &[JourneyKey]) -> Vec<Line> {
    if keys.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default(), Line::of(Tone::Title, "keys")];
    let (strong, others): (Vec<_>, Vec<_>) = keys.iter().partition(|key| key.strength == Strength::Strong);
    let widest = strong.iter().map(|key| width(&key.key.to_string())).max().unwrap_or(0).min(48);
    for key in strong {
        let line = Line::of(Tone::Plain, format!("  {}  ", pad(&key.key.to_string(), widest)))
            .and(Tone::Dim, key.systems.join(", "));
        lines.push(line);
    }
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(|key| key.key.to_string()).collect();
        lines.push(Line::of(Tone::Dim, format!("  also {}", names.join(" "))));
    }
    lines
}

fn legend() -> [Line; 2] {
    let line = Line::of(Tone::Critical, "█ ┃")
        .and(Tone::Dim, " critical path  ")
        .and(Tone::Work, "▄")
        .and(Tone::Dim, " beside it  ")
        .and(Tone::Error, "▓✗")
        .and(Tone::Dim, " failed attempt  ")
        .and(Tone::Wait, "┄")
        .and(Tone::Dim, " waiting  ")
        .and(Tone::Wait, "⫽")
        .and(Tone::Dim, " axis cut");
    let second = Line::of(Tone::Warning, "↻")
        .and(Tone::Dim, " retries  ")
        .and(Tone::Warning, "~→")
        .and(Tone::Dim, " joined by inference: the receiver dropped the trace context");
    [line, second]
}
