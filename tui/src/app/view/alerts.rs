use super::canvas::Canvas;
use super::message::{asking, filter_line, filter_mark, footer, freshness, message, pane_title, refusal, say};
use crate::alert_table::{AlertColumns, alert_detail, receivers_line};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{AlertTally, AlertsScreen, Connection, Deed, State};
use crate::text::{Line, Tone};

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let alerts = &state.alerts;
    let rows = geometry::alerts(state.size);
    canvas.split_row(0, title(state), freshness(state, alerts.received_at, alerts.paused));
    if rows.head > 1 && alerts.rules.is_some() {
        canvas.row(1, Line::of(Tone::Plain, " ").join(receivers_line(&alerts.receivers, &state.zone)));
    }
    let columns = AlertColumns::of(canvas.columns().saturating_sub(1));
    if rows.heading > 0 {
        canvas.put(1, rows.head, canvas.columns(), columns.heading());
    }
    let list_top = rows.head + rows.heading;
    let visible = alerts.shown.iter().enumerate().skip(alerts.cursor.top).take(usize::from(rows.list));
    for (row, (at, alert)) in (list_top..).zip(visible) {
        canvas.put(1, row, canvas.columns(), columns.row(alert, state.now));
        if at == alerts.cursor.at {
            canvas.choose(row, 0, canvas.columns());
        }
    }
    if alerts.shown.is_empty() {
        for (row, line) in (list_top..list_top + rows.list).skip(1).zip(nothing(state)) {
            canvas.row(row, line);
        }
    }
    let pane_top = list_top + rows.list;
    draw_chosen(canvas, state, pane_top, rows.pane);
    let message_row = pane_top + rows.pane;
    if rows.message > 0 {
        let said = filter_line(&alerts.filter, alerts.shown.len())
            .or_else(|| deed(alerts))
            .or_else(|| message(state))
            .or_else(|| refusal(&alerts.trouble));
        canvas.row(message_row, said.or_else(|| more(alerts)).unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::ALERTS);
    }
}

/// The chosen alert in full.
fn draw_chosen(canvas: &mut Canvas<'_>, state: &State, top: u16, rows: u16) {
    let Some(alert) = state.alerts.selected().filter(|_| rows > 0) else { return };
    let again = if alert.episode > 1 { format!(", for the {}. time", alert.episode) } else { String::new() };
    pane_title(canvas, top, &format!("{} {}{again}", alert.severity.name(), alert.rule));
    let lines = alert_detail(alert, state.now, &state.zone, canvas.columns().saturating_sub(2));
    for (row, line) in (top + 1..top + rows).zip(lines) {
        canvas.put(1, row, canvas.columns(), line);
    }
}

/// Whether the last question was answered: else nobody must read that nothing fires.
fn is_known(state: &State) -> bool {
    state.alerts.trouble.is_none() && !matches!(state.connection, Connection::Down { .. })
}

fn title(state: &State) -> Line {
    let alerts = &state.alerts;
    let mut line = Line::of(Tone::Title, " alerts");
    if alerts.rules.is_some() {
        line.push(Tone::Dim, " │ ");
        let tally = tally(&alerts.tally);
        if tally.0.is_empty() {
            let (tone, text) = match (is_known(state), alerts.rules) {
                (false, _) => (Tone::Dim, "none known"),
                (true, Some(0)) => (Tone::Warning, "no rules"),
                (true, _) => (Tone::Good, "none fires"),
            };
            line.push(tone, text);
        }
        line.extend(tally);
    }
    if alerts.resolved {
        line.push(Tone::Strong, " │ also those that are over");
    }
    line.join(filter_mark(&alerts.filter))
}

/// `3 fire (1 critical), 1 taken care of  2 pending`; nothing where there is none.
fn tally(tally: &AlertTally) -> Line {
    let mut line = fire(tally);
    if tally.taken > 0 {
        line.push(Tone::Good, format!("  ✓ {} taken care of", tally.taken));
    }
    if tally.pending > 0 {
        let gap = if line.0.is_empty() { "" } else { "  " };
        line.push(Tone::Plain, format!("{gap}{} pending", tally.pending));
    }
    line
}

/// `3 fire, 1 critical`.
fn fire(tally: &AlertTally) -> Line {
    let mut line = Line::default();
    if tally.firing() > 0 {
        let tone = if tally.critical > 0 { Tone::Error } else { Tone::Warning };
        let more = if tally.more { "+" } else { "" };
        let critical = if tally.critical > 0 { format!(", {} critical", tally.critical) } else { String::new() };
        line.push(tone, format!("{}{more} fire{critical}", tally.firing()));
    }
    line
}

/// What the orders list says of alerts in its title: `▲ 3 alerts fire`; nothing where none does.
pub(super) fn count(alerts: &AlertsScreen) -> Line {
    let tally = &alerts.tally;
    if alerts.trouble.is_some() {
        // Silence would pass for good news.
        return Line::of(Tone::Warning, "alerts unknown");
    }
    let more = if tally.more { "+" } else { "" };
    match (tally.firing(), tally.pending) {
        (0, 0) => Line::default(),
        (0, pending) => Line::of(Tone::Dim, format!("{pending}{more} alerts pending")),
        (firing, _) => {
            let tone = if tally.critical > 0 { Tone::Error } else { Tone::Warning };
            let (alerts, fire) = if firing == 1 { ("alert", "fires") } else { ("alerts", "fire") };
            Line::of(tone, format!("▲ {firing}{more} {alerts} {fire}"))
        }
    }
}

/// What was done last, or is being done.
fn deed(alerts: &AlertsScreen) -> Option<Line> {
    alerts.deed.as_ref().map(|deed| match deed {
        Deed::Asked { doing, .. } => Line::of(Tone::Dim, format!(" {doing} …")),
        Deed::Done(what) => Line::of(Tone::Good, format!(" ✓ {what}")),
        Deed::Failed(why) => Line::of(Tone::Error, format!(" ✗ {why}")),
    })
}

fn more(alerts: &AlertsScreen) -> Option<Line> {
    let text = " there are more; these are the worst. All: ordertrace alerts --limit 1000";
    alerts.more.then(|| Line::of(Tone::Warning, text))
}

/// Why the table is empty, and what to do.
fn nothing(state: &State) -> Vec<Line> {
    let alerts = &state.alerts;
    match (alerts.received_at, alerts.rules) {
        (None, _) if alerts.trouble.is_some() && state.connection == Connection::Up => {
            say(&["Whether anything fires is not known."])
        }
        (None, _) => asking(state),
        (_, Some(0)) => say(&[
            "The collector has no rules: it alerts nobody.",
            "",
            "Write some under alerts in its configuration.",
            "F shows what is wrong all the same.",
        ]),
        _ if alerts.filter.is_set() => say(&[format!("No alert says {:?}.", alerts.filter.wanted())]),
        _ if !is_known(state) => say(&["No alert was there when the collector last answered."]),
        (_, rules) => {
            let rules = rules.map(|rules| format!("Held against {rules} rules.")).unwrap_or_default();
            let over = if alerts.resolved { "Nothing was, within a day." } else { "r shows also what is over." };
            say(&["Nothing fires, and nothing is about to.", "", &rules, over])
        }
    }
}
