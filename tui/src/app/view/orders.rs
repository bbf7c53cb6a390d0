use super::alerts::count;
use super::canvas::Canvas;
use super::findings::{alarm, tally as findings_tally};
use super::message::{footer, freshness, message};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{Connection, Filter, FindingsScreen, OrdersScreen, Sort, State};
use crate::listing::ListColumns;
use crate::text::{Line, Tone};

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let orders = &state.orders;
    let rows = geometry::orders(state.size, state.findings.matters());
    // Where there is no row for it, the alarm at least is counted.
    let findings = if rows.head > 1 { None } else { Some(&state.findings) };
    canvas.split_row(0, title(state, findings), freshness(state, orders.received_at, orders.paused));
    if rows.head > 1 {
        canvas.row(1, alarm(state));
    }
    let columns = ListColumns::of(canvas.columns().saturating_sub(1));
    let mut row = rows.head;
    if rows.heading > 0 {
        let mark = if orders.reversed { '▲' } else { '▼' };
        let sorted = sorted_column(orders.sort).map(|name| (name, mark));
        canvas.put(1, row, canvas.columns(), columns.heading(sorted));
        row += 1;
    }
    let height = usize::from(rows.list);
    let visible = orders.shown.iter().enumerate().skip(orders.cursor.top).take(height);
    for (screen_row, (at, order)) in (row..).zip(visible) {
        canvas.put(1, screen_row, canvas.columns(), columns.row(order, state.now, &state.zone));
        if at == orders.cursor.at {
            canvas.choose(screen_row, 0, canvas.columns());
        }
    }
    if orders.shown.is_empty() {
        for (screen_row, line) in (row..row + rows.list).skip(1).zip(nothing(state)) {
            canvas.row(screen_row, line);
        }
    }
    row += rows.list;
    if rows.message > 0 {
        let said = message(state);
        let said = search_line(orders).or(said).or_else(|| refusal(orders)).or_else(|| more(orders));
        canvas.row(row, said.unwrap_or_default());
        row += 1;
    }
    if rows.footer > 0 {
        footer(canvas, row, keymap::ORDERS);
    }
}

fn title(state: &State, findings: Option<&FindingsScreen>) -> Line {
    let orders = &state.orders;
    let tally = &orders.tally;
    let mut line = Line::of(Tone::Title, " orders");
    let alerts = count(&state.alerts);
    if !alerts.0.is_empty() {
        line.push(Tone::Dim, " │ ");
        line.extend(alerts);
    }
    if let Some(findings) = findings.filter(|findings| findings.matters()) {
        line.push(Tone::Dim, " │ ");
        line.extend(findings_tally(&findings.tally));
    }
    if orders.received_at.is_none() {
        // Not even "0 failed" is known.
        return line;
    }
    line.push(Tone::Dim, " │ ");
    let failed = if tally.failed > 0 { Tone::Error } else { Tone::Dim };
    line.push(failed, format!("✗ {} failed", tally.failed));
    let retried = if tally.retried > 0 { Tone::Warning } else { Tone::Dim };
    line.push(retried, format!("  ↻ {} retried", tally.retried));
    line.push(Tone::Plain, format!("  ○ {} open", tally.open));
    line.push(Tone::Good, format!("  ✓ {} done", tally.done));
    match orders.filter {
        Filter::All => {}
        Filter::Failed => line.push(Tone::Strong, " │ only failed"),
        Filter::Open => line.push(Tone::Strong, " │ only open"),
        Filter::Done => line.push(Tone::Strong, " │ only done"),
    }
    if !orders.search.is_empty() && !orders.typing {
        line.push(Tone::Strong, format!(" │ /{}", orders.search));
    }
    line
}

fn sorted_column(sort: Sort) -> Option<&'static str> {
    Some(match sort {
        Sort::Need => "STATE",
        Sort::Age => "AGE",
        Sort::Retries => "↻",
        Sort::Slowest => "SLOWEST",
        Sort::Order => "ORDER",
    })
}

fn search_line(orders: &OrdersScreen) -> Option<Line> {
    orders.typing.then(|| {
        let count = orders.shown.len();
        Line::of(Tone::Title, format!(" /{}", orders.search))
            .and(Tone::Strong, "█")
            .and(Tone::Dim, format!("  {count} shown   ⏎ opens the order with exactly this key   Esc ends"))
    })
}

fn refusal(orders: &OrdersScreen) -> Option<Line> {
    orders.refusal.as_ref().map(|reason| Line::of(Tone::Error, format!(" ✗ refused: {reason}")))
}

fn more(orders: &OrdersScreen) -> Option<Line> {
    let tally = &orders.tally;
    let count = tally.failed + tally.open + tally.done;
    let text = format!(" these are among the {count} last active orders; / finds all others by any key");
    orders.more.then(|| Line::of(Tone::Warning, text))
}

/// Why the list is empty, and what to do.
fn nothing(state: &State) -> Vec<Line> {
    let orders = &state.orders;
    let say = |texts: &[String]| texts.iter().map(|text| Line::of(Tone::Plain, format!("   {text}"))).collect();
    if orders.received_at.is_none() {
        return match &state.connection {
            Connection::Down { .. } => say(&[
                format!("No collector answers at {}.", state.collector),
                String::new(),
                "Start one:      ordertrace up".to_owned(),
                "Or name yours:  ordertrace --collector http://HOST:4320".to_owned(),
            ]),
            _ => say(&[format!("Asking {} …", state.collector)]),
        };
    }
    if !orders.search.is_empty() {
        return say(&[format!("No order has a key that starts with {:?}.", orders.search)]);
    }
    if orders.filter != Filter::All {
        return say(&["No such orders among the last active ones; f shows all.".to_owned()]);
    }
    say(&[
        "No orders yet.".to_owned(),
        String::new(),
        "They appear as soon as spans with an order's key arrive by OTLP (4317, 4318).".to_owned(),
        "What arrived so far:  ordertrace status".to_owned(),
    ])
}
