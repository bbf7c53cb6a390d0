use super::canvas::Canvas;
use super::message::{asking, footer, freshness, message, refusal, say};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{State, TouchedScreen};
use crate::listing::ListColumns;
use crate::text::{Line, Tone};

/// The orders that had a handoff.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, touched: &TouchedScreen) {
    let rows = geometry::orders(state.size, false);
    let title = Line::of(Tone::Title, " orders").and(Tone::Plain, " │ touched by ").and(Tone::Strong, &touched.name);
    canvas.split_row(0, title, freshness(state, touched.received_at, false));
    let columns = ListColumns::of(canvas.columns().saturating_sub(1));
    if rows.heading > 0 {
        canvas.put(1, rows.head, canvas.columns(), columns.heading(None));
    }
    let list_top = rows.head + rows.heading;
    let visible = touched.orders.iter().enumerate().skip(touched.cursor.top).take(usize::from(rows.list));
    for (row, (at, order)) in (list_top..).zip(visible) {
        canvas.put(1, row, canvas.columns(), columns.row(order, state.now, &state.zone));
        if at == touched.cursor.at {
            canvas.choose(row, 0, canvas.columns());
        }
    }
    if touched.orders.is_empty() {
        let lines = match touched.received_at {
            Some(_) => say(&["No order is known to have had it. Orders are a minute or two behind."]),
            None => asking(state),
        };
        for (row, line) in (list_top..list_top + rows.list).skip(1).zip(lines) {
            canvas.row(row, line);
        }
    }
    let message_row = list_top + rows.list;
    if rows.message > 0 {
        let more = || {
            let text = " there are more; these have most at risk, or took longest";
            touched.more.then(|| Line::of(Tone::Warning, text))
        };
        let said = message(state).or_else(|| refusal(&touched.trouble)).or_else(more);
        canvas.row(message_row, said.unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::TOUCHED);
    }
}
