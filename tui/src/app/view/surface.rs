use super::canvas::Canvas;
use super::message::{asking, filter_line, filter_mark, footer, freshness, message, pane_title, refusal, say};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{State, SurfaceScreen};
use crate::surface_table::{SurfaceColumns, handoff, summary_texts, way_detail};
use crate::text::{Line, Tone};

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let surface = &state.surface;
    let rows = geometry::surface(state.size, surface.detail);
    canvas.split_row(0, title(surface), freshness(state, surface.received_at, surface.paused));
    if let Some(summary) = &surface.summary {
        for (row, text) in (1..rows.head).zip(summary_texts(summary)) {
            canvas.row(row, Line::of(Tone::Plain, format!(" {text}")));
        }
    }
    let columns = SurfaceColumns::of(canvas.columns().saturating_sub(1));
    if rows.heading > 0 {
        let mark = if surface.reversed { '▲' } else { '▼' };
        canvas.put(1, rows.head, canvas.columns(), columns.heading(Some((surface.sort, mark))));
    }
    let list_top = rows.head + rows.heading;
    let visible = surface.shown.iter().enumerate().skip(surface.cursor.top).take(usize::from(rows.list));
    for (row, (at, way)) in (list_top..).zip(visible) {
        canvas.put(1, row, canvas.columns(), columns.row(way, state.now));
        if at == surface.cursor.at {
            canvas.choose(row, 0, canvas.columns());
        }
    }
    if surface.shown.is_empty() {
        for (row, line) in (list_top..list_top + rows.list).skip(1).zip(nothing(state)) {
            canvas.row(row, line);
        }
    }
    let pane_top = list_top + rows.list;
    draw_detail(canvas, state, pane_top, rows.pane);
    let message_row = pane_top + rows.pane;
    if rows.message > 0 {
        let said = filter_line(&surface.filter, surface.shown.len())
            .or_else(|| message(state))
            .or_else(|| refusal(&surface.trouble));
        canvas.row(message_row, said.or_else(|| more(surface)).unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::SURFACE);
    }
}

fn title(surface: &SurfaceScreen) -> Line {
    let mut line = Line::of(Tone::Title, " surface").and(Tone::Plain, format!(" │ {}", surface.lookback.name()));
    if surface.bare {
        line.push(Tone::Strong, " │ only what lacks protection");
    }
    line.join(filter_mark(&surface.filter))
}

/// All that is known of the chosen line.
fn draw_detail(canvas: &mut Canvas<'_>, state: &State, top: u16, rows: u16) {
    let Some(way) = state.surface.selected().filter(|_| rows > 0) else { return };
    pane_title(canvas, top, &handoff(way));
    let lines = way_detail(way, &state.surface.other_ways(), &state.zone, canvas.columns().saturating_sub(2));
    for (row, line) in (top + 1..top + rows).zip(lines) {
        canvas.put(1, row, canvas.columns(), line);
    }
}

fn more(surface: &SurfaceScreen) -> Option<Line> {
    let text = " there are more; these are the least protected. t shows less time";
    surface.more.then(|| Line::of(Tone::Warning, text))
}

/// Why the table is empty, and what to do.
fn nothing(state: &State) -> Vec<Line> {
    let surface = &state.surface;
    match surface.received_at {
        None => asking(state),
        Some(_) if surface.filter.is_set() => say(&[format!("No handoff says {:?}.", surface.filter.wanted())]),
        Some(_) if surface.bare => {
            say(&["No handoff is known to lack encryption or a credential.", "", "a shows all."])
        }
        Some(_) => say(&["No handoff began in this time.", "", "t shows more of it."]),
    }
}
