use super::canvas::Canvas;
use super::message::{footer, freshness, message};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{Connection, ExplainScreen, HitScreen, State};
use crate::explain_table::{ExplainColumns, compared_text, conditions_text, nothing_text, value_detail};
use crate::text::{Line, Tone, wrap};

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, screen: &ExplainScreen) {
    let rows = geometry::findings(state.size);
    // It stands still on purpose: it was true when it came.
    let fresh = if screen.explanation.is_some() { Line::default() } else { freshness(state, None, false) };
    canvas.split_row(0, title(screen), fresh);
    let columns = ExplainColumns::of(canvas.columns().saturating_sub(1));
    if rows.heading > 0 && !screen.values().is_empty() {
        canvas.put(1, rows.head, canvas.columns(), columns.heading());
    }
    let list_top = rows.head + rows.heading;
    let visible = screen.values().iter().enumerate().skip(screen.cursor.top).take(usize::from(rows.list));
    for (row, (at, value)) in (list_top..).zip(visible) {
        canvas.put(1, row, canvas.columns(), columns.row(at + 1, value));
        if at == screen.cursor.at {
            canvas.choose(row, 0, canvas.columns());
        }
    }
    if screen.values().is_empty() {
        for (row, text) in (list_top..list_top + rows.list).skip(1).zip(nothing(state, screen, canvas.columns())) {
            canvas.row(row, Line::of(Tone::Plain, format!("   {text}")));
        }
    }
    let pane_top = list_top + rows.list;
    draw_chosen(canvas, screen, pane_top, rows.pane);
    let message_row = pane_top + rows.pane;
    if rows.message > 0 {
        let said = message(state).or_else(|| trouble(screen)).or_else(|| remark(screen));
        canvas.row(message_row, said.unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::EXPLAIN);
    }
}

fn title(screen: &ExplainScreen) -> Line {
    let mut line = Line::of(Tone::Title, " explain");
    if let Some(explanation) = &screen.explanation {
        line.push(Tone::Dim, " │ ");
        line.push(Tone::Strong, compared_text(explanation));
    }
    line
}

/// The chosen value in full, and whom it hits.
fn draw_chosen(canvas: &mut Canvas<'_>, screen: &ExplainScreen, top: u16, rows: u16) {
    let (Some(explanation), Some(value)) = (&screen.explanation, screen.selected().filter(|_| rows > 0)) else {
        return;
    };
    let room = canvas.columns().saturating_sub(4);
    let mut title = Line::of(Tone::Dim, "── ").and(Tone::Title, conditions_text(&value.conditions)).cut(room);
    title.push(Tone::Dim, format!(" {}", "─".repeat(canvas.columns().saturating_sub(title.width() + 1))));
    canvas.row(top, title);
    let mut lines = value_detail(explanation, value, room);
    let named = |what: &str, keys: &[ordertrace_api::keys::Key]| {
        let keys: Vec<String> = keys.iter().take(20).map(ToString::to_string).collect();
        Line::of(Tone::Dim, format!("{what} ")).and(Tone::Plain, keys.join(" "))
    };
    lines.push(named("hit", &value.hit));
    if !value.at_risk_orders.is_empty() {
        lines.push(named("at risk", &value.at_risk_orders));
    }
    for (row, line) in (top + 1..top + rows).zip(lines) {
        canvas.put(1, row, canvas.columns().saturating_sub(2), line);
    }
}

fn trouble(screen: &ExplainScreen) -> Option<Line> {
    screen.trouble.as_ref().map(|reason| Line::of(Tone::Error, format!(" ✗ {reason}")))
}

/// What must not be taken for more than it is.
fn remark(screen: &ExplainScreen) -> Option<Line> {
    let explanation = screen.explanation.as_ref().filter(|explanation| !explanation.values.is_empty())?;
    let values = explanation.compared.values;
    let text = format!(" {values} values were compared; what is over-represented is where to look, not yet the cause");
    Some(Line::of(Tone::Dim, text))
}

/// Why the table is empty.
fn nothing(state: &State, screen: &ExplainScreen, columns: usize) -> Vec<String> {
    let text = match (&screen.explanation, &state.connection) {
        (Some(explanation), _) => {
            let mut texts = wrap(&nothing_text(explanation), columns.saturating_sub(4));
            if explanation.compared.set > 0 {
                texts.extend([String::new(), "⏎ lists these orders.".to_owned()]);
            }
            return texts;
        }
        (None, _) if screen.trouble.is_some() => "There is no answer.".to_owned(),
        (None, Connection::Down { .. }) => format!("No collector answers at {}.", state.collector),
        (None, _) => "Comparing orders …".to_owned(),
    };
    vec![text]
}

/// The orders that have a value.
pub(super) fn draw_hit(canvas: &mut Canvas<'_>, state: &State, hit: &HitScreen) {
    let rows = geometry::orders(state.size, false);
    let count = hit.orders.iter().filter(|(_, is_hit)| *is_hit).count();
    let mut title = Line::of(Tone::Title, " orders").and(Tone::Dim, " │ ");
    title.push(Tone::Plain, format!("{count} hit, {} at risk ", (hit.orders.len() - count) as u64 + hit.more));
    title.push(Tone::Strong, &hit.name);
    canvas.row(0, title);
    if rows.heading > 0 {
        canvas.put(1, rows.head, canvas.columns(), Line::of(Tone::Dim, "          ORDER"));
    }
    let list_top = rows.head + rows.heading;
    let visible = hit.orders.iter().enumerate().skip(hit.cursor.top).take(usize::from(rows.list));
    for (row, (at, (key, is_hit))) in (list_top..).zip(visible) {
        let (tone, what) = if *is_hit { (Tone::Error, "✗ hit    ") } else { (Tone::Warning, "○ at risk") };
        let line = Line::of(tone, what).and(Tone::Strong, format!(" {key}"));
        canvas.put(1, row, canvas.columns().saturating_sub(1), line);
        if at == hit.cursor.at {
            canvas.choose(row, 0, canvas.columns());
        }
    }
    if hit.orders.is_empty() && rows.list > 1 {
        canvas.row(list_top + 1, Line::of(Tone::Plain, "   No other order has it."));
    }
    let message_row = list_top + rows.list;
    if rows.message > 0 {
        let more = (hit.more > 0).then(|| Line::of(Tone::Warning, format!(" {} more are at risk", hit.more)));
        canvas.row(message_row, message(state).or(more).unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::HIT);
    }
}
