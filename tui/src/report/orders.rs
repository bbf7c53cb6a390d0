use ordertrace_api::order::{OrderSummary, OrdersPage, SlowestHandoff};

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use crate::listing::{ListColumns, state_mark};
use crate::text::{Line, Tone, human, wrap};

/// The orders list as a table.
pub fn orders_lines(page: &OrdersPage, around: &Surroundings) -> Vec<Line> {
    let columns = ListColumns::of(around.columns);
    let mut lines = vec![columns.heading(None).cut(around.columns)];
    let rows = page.orders.iter().map(|order| columns.row(order, around.now, &around.zone));
    lines.extend(rows.map(|line| line.cut(around.columns)));
    if page.more {
        let hint = "there are more: raise --limit, or narrow with --since, --until or --search";
        lines.extend(wrap(hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines
}

/// The orders list for a ticket.
pub fn orders_markdown(page: &OrdersPage, around: &Surroundings) -> String {
    let mut text = Markdown::default();
    let rows = page.orders.iter().map(|order| {
        vec![
            state_mark(order.state).1.to_owned(),
            code(&order.id.to_string()),
            around.date_clock(order.started_at),
            around.date_clock(order.last_at),
            order.retries.to_string(),
            escape(milestone(order)),
            escape(&order.slowest.as_ref().map(slowest).unwrap_or_default()),
        ]
    });
    text.table(&["state", "order", "started", "last activity", "retries", "milestone", "slowest handoff"], rows);
    if page.more {
        text.line("\nThere are more.");
    }
    text.text()
}

fn milestone(order: &OrderSummary) -> &str {
    order.last_milestone.as_ref().map_or("", |milestone| milestone.name.as_str())
}

fn slowest(handoff: &SlowestHandoff) -> String {
    let from = handoff.from.as_deref().unwrap_or_default();
    format!("{} {from}→{} {}", human(handoff.duration_ns), handoff.to, handoff.operation)
}
