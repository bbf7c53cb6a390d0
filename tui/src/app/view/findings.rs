use super::canvas::Canvas;
use super::message::{asking, filter_line, filter_mark, footer, freshness, message, pane_title, refusal, say};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{Connection, FindingsScreen, Severities, State};
use crate::findings_table::{FindingColumns, finding_detail, progress_text, severity_tone, subject};
use crate::text::{Line, Tone};

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let findings = &state.findings;
    let rows = geometry::findings(state.size);
    canvas.split_row(0, title(findings, is_known(state)), freshness(state, findings.received_at, findings.paused));
    let columns = FindingColumns::of(canvas.columns().saturating_sub(1));
    if rows.heading > 0 {
        canvas.put(1, rows.head, canvas.columns(), columns.heading());
    }
    let list_top = rows.head + rows.heading;
    let visible = findings.shown.iter().enumerate().skip(findings.cursor.top).take(usize::from(rows.list));
    for (row, (at, finding)) in (list_top..).zip(visible) {
        canvas.put(1, row, canvas.columns(), columns.row(finding, state.now));
        if at == findings.cursor.at {
            canvas.choose(row, 0, canvas.columns());
        }
    }
    if findings.shown.is_empty() {
        for (row, line) in (list_top..list_top + rows.list).skip(1).zip(nothing(state)) {
            canvas.row(row, line);
        }
    }
    let pane_top = list_top + rows.list;
    draw_chosen(canvas, state, pane_top, rows.pane);
    let message_row = pane_top + rows.pane;
    if rows.message > 0 {
        let behind = || findings.behind.then(|| unseen(state));
        let said = filter_line(&findings.filter, findings.shown.len())
            .or_else(|| message(state))
            .or_else(|| refusal(&findings.trouble))
            .or_else(behind);
        canvas.row(message_row, said.or_else(|| more(findings)).unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::FINDINGS);
    }
}

/// The chosen finding in full.
fn draw_chosen(canvas: &mut Canvas<'_>, state: &State, top: u16, rows: u16) {
    let Some(finding) = state.findings.selected().filter(|_| rows > 0) else { return };
    let room = canvas.columns().saturating_sub(4);
    pane_title(canvas, top, format!("{} {}", finding.kind.name(), subject(finding, room)).trim_end());
    let lines = finding_detail(finding, &state.zone, canvas.columns().saturating_sub(2));
    for (row, line) in (top + 1..top + rows).zip(lines) {
        canvas.put(1, row, canvas.columns(), line);
    }
}

/// Whether the last question was answered, by a detection that is not behind: else nobody must read that all is well.
fn is_known(state: &State) -> bool {
    state.findings.trouble.is_none() && !state.findings.behind && !matches!(state.connection, Connection::Down { .. })
}

fn title(findings: &FindingsScreen, known: bool) -> Line {
    let mut line = Line::of(Tone::Title, " findings");
    if findings.received_at.is_none() {
        return line;
    }
    line.push(Tone::Dim, " │ ");
    let tally = tally(&findings.tally);
    if tally.0.is_empty() {
        line.push(if known { Tone::Good } else { Tone::Dim }, if known { "none open" } else { "none known" });
    }
    line.extend(tally);
    if findings.all {
        line.push(Tone::Strong, " │ also closed ones");
    }
    line.join(filter_mark(&findings.filter))
}

/// `3 critical  1 warning`; nothing when nothing is wrong.
pub(super) fn tally(tally: &Severities) -> Line {
    use ordertrace_api::finding::Severity::{Critical, Info, Warning};
    let counts =
        [(Critical, tally.critical, "critical"), (Warning, tally.warning, "warning"), (Info, tally.info, "info")];
    let mut line = Line::default();
    // The worst come first, so only the least bad that came can be more.
    let last = counts.iter().rposition(|(_, count, _)| *count > 0);
    for (at, (severity, count, name)) in counts.into_iter().enumerate().filter(|(_, (_, count, _))| *count > 0) {
        let gap = if line.0.is_empty() { "" } else { "  " };
        let more = if tally.more && Some(at) == last { "+" } else { "" };
        line.push(severity_tone(severity), format!("{gap}{count}{more} {name}"));
    }
    line
}

/// What was not looked at.
pub(super) fn unseen(state: &State) -> Line {
    Line::of(Tone::Warning, format!(" {}", progress_text(&state.findings.progress, state.now, &state.zone)))
}

/// What the orders list says of findings: how many, and the worst one.
pub(super) fn alarm(state: &State) -> Line {
    let findings = &state.findings;
    if findings.behind && findings.trouble.is_none() && findings.worst().is_none() {
        return unseen(state);
    }
    let mut line = Line::of(Tone::Plain, " ").join(tally(&findings.tally));
    if let Some(reason) = &findings.trouble {
        // Silence would pass for good news.
        let gap = if findings.worst().is_some() { " │ " } else { "" };
        line.push(Tone::Warning, format!("{gap}findings are not known now: {reason}"));
    } else if let Some(worst) = findings.worst() {
        line.push(Tone::Dim, " │ ");
        line.push(Tone::Strong, format!("{} {}", worst.kind.name(), subject(worst, 24)));
        line.push(Tone::Plain, format!("  {}", worst.says));
    }
    line
}

fn more(findings: &FindingsScreen) -> Option<Line> {
    findings.more.then(|| {
        let text = " there are more; these are the worst. All: ordertrace findings --limit 1000";
        Line::of(Tone::Warning, text)
    })
}

/// Why the table is empty, and what to do.
fn nothing(state: &State) -> Vec<Line> {
    let findings = &state.findings;
    if findings.received_at.is_none() {
        return match &findings.trouble {
            Some(_) if state.connection == Connection::Up => say(&["Whether anything is wrong is not known."]),
            _ => asking(state),
        };
    }
    if findings.filter.is_set() {
        return say(&[format!("No finding says {:?}.", findings.filter.wanted())]);
    }
    if findings.behind {
        return say(&["Nothing is known to be wrong. What arrived lately was not looked at yet."]);
    }
    if !is_known(state) {
        return say(&["Nothing was wrong when the collector last answered."]);
    }
    let told = "Orders are held against the flows of the collector's configuration.";
    let seen = format!("{}.", capitalised(&progress_text(&findings.progress, state.now, &state.zone)));
    match findings.all {
        true => say(&["Nothing is wrong, and nothing was.", "", told, &seen]),
        false => say(&["Nothing is wrong.", "", told, &seen, "a shows also what was wrong."]),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
