use super::canvas::Canvas;
use super::message::{asking, footer, freshness, message, pane_title, refusal, say};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{SkuScreen, State};
use crate::sync_table::{HistoryColumns, copy_detail, copy_text};
use crate::text::{Line, Tone};

/// What each system says of one SKU, on one time axis.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, sku: &SkuScreen) {
    let rows = geometry::sku(state.size);
    let mut title = Line::of(Tone::Title, " in every system").and(Tone::Dim, " │ ").and(Tone::Strong, &sku.subject);
    title.push(Tone::Plain, format!(" │ {}", sku.lookback.name()));
    canvas.split_row(0, title, freshness(state, sku.received_at, false));
    let list_top = rows.head + rows.heading;
    if let Some(history) = sku.history.as_ref().filter(|history| !history.copies.is_empty()) {
        let columns = HistoryColumns::of(canvas.columns().saturating_sub(2), history, &sku.drifts);
        if rows.heading > 0 {
            canvas.put(1, rows.head, canvas.columns(), columns.heading(history, &state.zone));
        }
        let visible = history.copies.iter().enumerate().skip(sku.cursor.top).take(usize::from(rows.list));
        for (row, (at, copy)) in (list_top..).zip(visible) {
            canvas.put(1, row, canvas.columns(), columns.row(history, copy, &sku.drifts, state.now));
            if at == sku.cursor.at {
                canvas.choose(row, 0, canvas.columns());
            }
        }
    } else {
        let lines = match sku.received_at {
            Some(_) => say(&["No system has said anything of it."]),
            None => asking(state),
        };
        for (row, line) in (list_top..list_top + rows.list).skip(1).zip(lines) {
            canvas.row(row, line);
        }
    }
    let pane_top = list_top + rows.list;
    draw_chosen(canvas, state, sku, pane_top, rows.pane);
    let message_row = pane_top + rows.pane;
    if rows.message > 0 {
        let said = message(state).or_else(|| refusal(&sku.trouble)).or_else(|| more(sku));
        canvas.row(message_row, said.unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::SKU);
    }
}

/// What the chosen system said when.
fn draw_chosen(canvas: &mut Canvas<'_>, state: &State, sku: &SkuScreen, top: u16, rows: u16) {
    let Some(copy) = sku.selected().filter(|_| rows > 0) else { return };
    pane_title(canvas, top, &copy_text(copy));
    let lines = copy_detail(copy, &sku.drifts, state.now, &state.zone);
    for (row, line) in (top + 1..top + rows).zip(lines) {
        canvas.put(1, row, canvas.columns().saturating_sub(2), line);
    }
}

fn more(sku: &SkuScreen) -> Option<Line> {
    let text = " there is more than fits into an answer; t shows less time";
    sku.history.as_ref().is_some_and(|history| history.more).then(|| Line::of(Tone::Warning, text))
}
