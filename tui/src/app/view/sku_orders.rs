use super::canvas::Canvas;
use super::message::{asking, pane_title, say};
use crate::app::geometry::BESIDE_ORDERS;
use crate::app::state::{SkuScreen, State, TouchingOrders};
use crate::sync_table::SkuOrderColumns;
use crate::text::{Line, Tone};

/// The orders that touched a SKU, below a title.
pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, sku: &SkuScreen, top: u16, rows: u16) {
    if rows == 0 {
        return;
    }
    pane_title(canvas, top, &title(&sku.orders));
    if sku.orders.shown.is_empty() {
        for (row, line) in (top + 1..top + rows).zip(nothing(state, &sku.orders)) {
            canvas.row(row, line);
        }
        return;
    }
    heading(canvas, top + 1);
    list(canvas, state, sku, top + BESIDE_ORDERS, rows.saturating_sub(BESIDE_ORDERS));
}

fn columns(canvas: &Canvas<'_>) -> SkuOrderColumns {
    SkuOrderColumns::of(canvas.columns().saturating_sub(2))
}

/// The names of the columns.
pub(super) fn heading(canvas: &mut Canvas<'_>, row: u16) {
    canvas.put(1, row, canvas.columns(), columns(canvas).heading());
}

/// The orders themselves.
pub(super) fn list(canvas: &mut Canvas<'_>, state: &State, sku: &SkuScreen, top: u16, rows: u16) {
    let (orders, columns) = (&sku.orders, columns(canvas));
    let visible = orders.shown.iter().enumerate().skip(orders.cursor.top).take(usize::from(rows));
    for (row, (at, order)) in (top..).zip(visible) {
        canvas.put(1, row, canvas.columns(), columns.row(order, state.now, &state.zone));
        if at == orders.cursor.at && sku.in_orders() {
            canvas.choose(row, 0, canvas.columns());
        }
    }
}

/// `orders that touched it: 200+, the newest`.
fn title(orders: &TouchingOrders) -> String {
    match orders.received_at {
        Some(_) if orders.more => format!("orders that touched it: {}+, the newest", orders.shown.len()),
        Some(_) => format!("orders that touched it: {}", orders.shown.len()),
        None => "orders that touched it".to_owned(),
    }
}

/// Why there are none.
fn nothing(state: &State, orders: &TouchingOrders) -> Vec<Line> {
    match orders.received_at {
        Some(_) => say(&["No order is known to have touched it in this time."]),
        // Below the list stands why.
        None if orders.trouble.is_some() => say(&["Which orders touched it is not known."]),
        None => asking(state),
    }
}

/// Why it is not known which they are.
pub(super) fn trouble(orders: &TouchingOrders) -> Option<Line> {
    let text = |reason| format!(" ✗ orders that touched it are not known now: {reason}");
    orders.trouble.as_ref().map(|reason| Line::of(Tone::Error, text(reason)))
}
