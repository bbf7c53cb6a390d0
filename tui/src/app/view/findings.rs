use super::canvas::Canvas;
use super::message::{footer, freshness, message};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{Connection, FindingsScreen, Severities, State};
use crate::findings_table::{FindingColumns, finding_detail, severity_tone, subject};
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
        let said = filter_line(findings).or_else(|| message(state)).or_else(|| trouble(findings));
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
    let name = format!("{} {}", finding.kind.name(), subject(finding, room));
    let mut title = Line::of(Tone::Dim, "── ").and(Tone::Title, name.trim_end()).cut(room);
    title.push(Tone::Dim, format!(" {}", "─".repeat(canvas.columns().saturating_sub(title.width() + 1))));
    canvas.row(top, title);
    let lines = finding_detail(finding, &state.zone, canvas.columns().saturating_sub(2));
    for (row, line) in (top + 1..top + rows).zip(lines) {
        canvas.put(1, row, canvas.columns(), line);
    }
}

/// Whether the last question was answered: else nobody must read that all is well.
fn is_known(state: &State) -> bool {
    state.findings.trouble.is_none() && !matches!(state.connection, Connection::Down { .. })
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
    if !findings.filter.is_empty() && !findings.typing {
        line.push(Tone::Strong, format!(" │ /{}", findings.filter));
    }
    line
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

/// What the orders list says of findings: how many, and the worst one.
pub(super) fn alarm(findings: &FindingsScreen) -> Line {
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

fn filter_line(findings: &FindingsScreen) -> Option<Line> {
    findings.typing.then(|| {
        let count = findings.shown.len();
        Line::of(Tone::Title, format!(" /{}", findings.filter))
            .and(Tone::Strong, "█")
            .and(Tone::Dim, format!("  {count} shown   ⏎ keeps it   Esc ends"))
    })
}

fn trouble(findings: &FindingsScreen) -> Option<Line> {
    findings.trouble.as_ref().map(|reason| Line::of(Tone::Error, format!(" ✗ refused: {reason}")))
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
    let say = |texts: &[String]| texts.iter().map(|text| Line::of(Tone::Plain, format!("   {text}"))).collect();
    if findings.received_at.is_none() {
        return match (&state.connection, &findings.trouble) {
            (Connection::Down { .. }, _) => say(&[format!("No collector answers at {}.", state.collector)]),
            (_, Some(_)) => say(&["Whether anything is wrong is not known.".to_owned()]),
            _ => say(&[format!("Asking {} …", state.collector)]),
        };
    }
    if !findings.filter.trim().is_empty() {
        return say(&[format!("No finding says {:?}.", findings.filter.trim())]);
    }
    if !is_known(state) {
        return say(&["Nothing was wrong when the collector last answered.".to_owned()]);
    }
    let told = "Orders are held against the flows of the collector's configuration.".to_owned();
    match findings.all {
        true => say(&["Nothing is wrong, and nothing was.".to_owned(), String::new(), told]),
        false => say(&["Nothing is wrong.".to_owned(), String::new(), told, "a shows also what was wrong.".to_owned()]),
    }
}
