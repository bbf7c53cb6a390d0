use super::canvas::Canvas;
use super::message::{footer, freshness, message};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{JourneyScreen, Loaded, Pane, State};
use crate::clocks;
use crate::listing::state_mark;
use crate::text::{Line, Tone, human, ns_between};
use crate::waterfall::{Axis, Columns, heading_line, row_line};

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, screen: &JourneyScreen) {
    let rows = geometry::journey(state.size, screen.pane.as_ref().map(|pane| pane.size), screen.findings());
    let received_at = screen.loaded.as_ref().map(|loaded| loaded.received_at);
    let fresh = freshness(state, received_at, false);
    let Some(loaded) = &screen.loaded else {
        canvas.split_row(0, Line::of(Tone::Title, format!(" {}", screen.key)), fresh);
        let text = if screen.missing {
            format!("   No order has the key {}. q goes back.", screen.key)
        } else {
            format!("   Asking {} …", state.collector)
        };
        canvas.row(rows.head + rows.heading, Line::of(Tone::Plain, text));
        bottom(canvas, state, &rows);
        return;
    };
    canvas.split_row(0, title(state, loaded), fresh);
    for (row, line) in (1..rows.head).zip(head(loaded, rows.head)) {
        canvas.row(row, Line::of(Tone::Plain, " ").join(line));
    }
    let columns = Columns::of(canvas.columns().saturating_sub(1));
    let axis = Axis::new(screen.scale().unwrap_or(&loaded.outline.scale), columns.bar);
    if rows.heading > 0 {
        canvas.put(1, rows.head, canvas.columns(), heading_line(&axis, columns));
    }
    let list_top = rows.head + rows.heading;
    let visible = screen.visible.iter().enumerate().skip(screen.cursor.top).take(usize::from(rows.list));
    for (row, (at, outline_row)) in (list_top..).zip(visible) {
        let Some(outline_row) = loaded.outline.rows.get(*outline_row) else { continue };
        canvas.put(1, row, canvas.columns(), row_line(outline_row, screen.fold(outline_row), &axis, columns));
        if at == screen.cursor.at {
            // The bars keep their colours.
            let bar_from = 1 + columns.before_bar();
            canvas.choose(row, 0, bar_from);
            canvas.choose(row, bar_from + columns.bar, canvas.columns());
        }
    }
    if let Some(pane) = &screen.pane {
        draw_pane(canvas, pane, list_top + rows.list, rows.pane);
    }
    bottom(canvas, state, &rows);
}

fn bottom(canvas: &mut Canvas<'_>, state: &State, rows: &geometry::Rows) {
    let message_row = rows.head + rows.heading + rows.list + rows.pane;
    if rows.message > 0 {
        canvas.row(message_row, message(state).unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::JOURNEY);
    }
}

fn title(state: &State, loaded: &Loaded) -> Line {
    let journey = &loaded.journey;
    let (tone, mark) = state_mark(journey.state);
    let whole_seconds = |ns: u64| human(ns / 1_000_000_000 * 1_000_000_000);
    let mut line = Line::of(Tone::Title, format!(" {}", journey.id)).and(tone, format!("  {mark}"));
    if loaded.failed > 0 {
        line.push(Tone::Error, format!("  ✗{}", loaded.failed));
    }
    if loaded.retries > 0 {
        line.push(Tone::Warning, format!("  ↻{}", loaded.retries));
    }
    line.extend(clocks::mark(journey));
    let age = whole_seconds(ns_between(journey.started_at, state.now));
    let quiet = whole_seconds(ns_between(journey.ended_at, state.now));
    line.push(Tone::Plain, format!("  {age} old, quiet for {quiet}"));
    if state.size.columns >= 100 {
        line.push(Tone::Dim, format!("  {} handoffs", journey.handoffs.len()));
    }
    line
}

/// What is wrong first; a lower screen leaves out the keys, then the milestones.
fn head(loaded: &Loaded, rows: u16) -> Vec<Line> {
    let mut lines = loaded.findings.clone();
    if lines.len() > geometry::FINDINGS_OF_ORDER {
        let hidden = lines.len() + 1 - geometry::FINDINGS_OF_ORDER;
        lines.truncate(geometry::FINDINGS_OF_ORDER - 1);
        lines.push(Line::of(Tone::Warning, format!("and {hidden} more findings of this order")));
    }
    if !loaded.trouble.0.is_empty() {
        lines.push(loaded.trouble.clone());
    }
    if !loaded.journey.milestones.is_empty() {
        lines.push(loaded.milestones.clone());
    }
    lines.push(loaded.keys.clone());
    lines.truncate(usize::from(rows.saturating_sub(1)));
    lines
}

fn draw_pane(canvas: &mut Canvas<'_>, pane: &Pane, top: u16, rows: u16) {
    if rows == 0 {
        return;
    }
    let height = usize::from(rows - 1);
    let hidden = pane.lines.len().saturating_sub(pane.scroll + height);
    let below = if hidden > 0 { format!(" {hidden} more: J ") } else { String::new() };
    let room = canvas.columns().saturating_sub(below.len());
    let mut title = Line::of(Tone::Dim, "── ").join(pane.title.clone()).cut(room.saturating_sub(1));
    title.push(Tone::Dim, format!(" {}", "─".repeat(room.saturating_sub(title.width() + 1))));
    title.push(Tone::Warning, below);
    canvas.row(top, title);
    for (row, line) in (top + 1..top + rows).zip(pane.lines.iter().skip(pane.scroll)) {
        canvas.put(1, row, canvas.columns(), line.clone());
    }
}
