use super::canvas::Canvas;
use super::message::{asking, footer, freshness, message, pane_title, refusal, say};
use super::sku_orders;
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{SkuScreen, State};
use crate::sync_table::{HistoryColumns, copy_detail, copy_text, order_detail};
use crate::text::{Line, Tone};

/// What each system says of one SKU, on one time axis, and the orders that touched it.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, sku: &SkuScreen) {
    let shared = geometry::sku(state.size, sku.copies().len(), sku.orders_told());
    let rows = shared.rows;
    let mut title = Line::of(Tone::Title, " in every system").and(Tone::Dim, " │ ").and(Tone::Strong, &sku.subject);
    title.push(Tone::Plain, format!(" │ {}", sku.lookback.name()));
    canvas.split_row(0, title, freshness(state, sku.received_at, false));
    let list_top = rows.head + rows.heading;
    if shared.orders == 0 && sku.in_orders() {
        if rows.heading > 0 {
            sku_orders::heading(canvas, rows.head);
        }
        sku_orders::list(canvas, state, sku, list_top, rows.list);
    } else {
        draw_copies(canvas, state, sku, rows);
    }
    let orders_top = list_top + rows.list;
    sku_orders::draw(canvas, state, sku, orders_top, shared.orders);
    let pane_top = orders_top + shared.orders;
    draw_chosen(canvas, state, sku, pane_top, rows.pane);
    let message_row = pane_top + rows.pane;
    if rows.message > 0 {
        let said = message(state).or_else(|| refusal(&sku.trouble)).or_else(|| sku_orders::trouble(&sku.orders));
        canvas.row(message_row, said.or_else(|| more(sku)).unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::SKU);
    }
}

fn draw_copies(canvas: &mut Canvas<'_>, state: &State, sku: &SkuScreen, rows: geometry::Rows) {
    let list_top = rows.head + rows.heading;
    let Some(history) = sku.history.as_ref().filter(|history| !history.copies.is_empty()) else {
        let lines = match sku.received_at {
            Some(_) => say(&["No system has said anything of it."]),
            None => asking(state),
        };
        for (row, line) in (list_top..list_top + rows.list).skip(1).zip(lines) {
            canvas.row(row, line);
        }
        return;
    };
    let columns = HistoryColumns::of(canvas.columns().saturating_sub(2), history, &sku.drifts);
    let chosen = sku.selected_order();
    let marks = columns.marks(history, &sku.orders.shown, chosen);
    let headings = [Some(columns.heading(history, &state.zone)), marks];
    for (row, line) in (rows.head..list_top).zip(headings.into_iter().flatten()) {
        canvas.put(1, row, canvas.columns(), line);
    }
    let visible = history.copies.iter().enumerate().skip(sku.cursor.top).take(usize::from(rows.list));
    for (row, (at, copy)) in (list_top..).zip(visible) {
        canvas.put(1, row, canvas.columns(), columns.row(history, copy, &sku.drifts, state.now));
        if at == sku.cursor.at && !sku.in_orders() {
            canvas.choose(row, 0, canvas.columns());
        }
    }
}

/// What the chosen system said when, or which systems spoke of the chosen order's goods.
fn draw_chosen(canvas: &mut Canvas<'_>, state: &State, sku: &SkuScreen, top: u16, rows: u16) {
    if rows == 0 {
        return;
    }
    let (title, lines) = match (sku.selected_order(), sku.selected()) {
        (Some(order), _) => (order.order.to_string(), order_detail(order, &state.zone)),
        (None, Some(copy)) => (copy_text(copy), copy_detail(copy, &sku.drifts, state.now, &state.zone)),
        (None, None) => return,
    };
    pane_title(canvas, top, &title);
    for (row, line) in (top + 1..top + rows).zip(lines) {
        canvas.put(1, row, canvas.columns().saturating_sub(2), line);
    }
}

fn more(sku: &SkuScreen) -> Option<Line> {
    let text = " there is more than fits into an answer; t shows less time";
    sku.history.as_ref().is_some_and(|history| history.more).then(|| Line::of(Tone::Warning, text))
}
