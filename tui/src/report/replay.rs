use ordertrace_api::alert::AlertState;
use ordertrace_api::replay::{ReplayReply, ReplayedAlert};

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use crate::findings_table::severity_tone;
use crate::text::{Line, Tone, coarse, ns_between, pad, wrap};

/// Columns before what is wrong, and their widths.
const COLUMNS: [(&str, usize); 4] = [("FIRED", 19), ("FOR", 5), ("SEVERITY", 8), ("RULE", 18)];

/// What rules would have told, each with what became of it.
pub fn replay_lines(reply: &ReplayReply, around: &Surroundings) -> Vec<Line> {
    let (since, until) = (around.date_clock(reply.since), around.date_clock(reply.until));
    let head = format!("{} rules from {since} to {until}, a look every {} s", reply.rules, reply.step_s);
    let mut lines: Vec<Line> = wrap(&head, around.columns).into_iter().map(|text| Line::of(Tone::Dim, text)).collect();
    let mut heading = Line::default();
    for (name, width) in COLUMNS {
        heading.push(Tone::Dim, format!("{} ", pad(name, width)));
    }
    lines.push(heading.and(Tone::Dim, "WHAT"));
    lines.extend(reply.alerts.iter().flat_map(|replayed| alert_lines(replayed, around)));
    if reply.more {
        let hint =
            "it ends there: too much would have fired; narrow it with --rule or --until, or the rules themselves";
        lines.extend(wrap(hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines.into_iter().map(|line| line.cut(around.columns)).collect()
}

fn alert_lines(replayed: &ReplayedAlert, around: &Surroundings) -> Vec<Line> {
    let alert = &replayed.alert;
    let fired = alert.fired_at.map_or("not yet".to_owned(), |at| crate::text::date_clock(at, &around.zone));
    let lasted = match (alert.fired_at, alert.resolved_at) {
        (Some(fired), Some(resolved)) => coarse(ns_between(fired, resolved)),
        _ => "…".to_owned(),
    };
    let tone = severity_tone(alert.severity);
    let cells = [fired.as_str(), lasted.as_str(), alert.severity.name(), alert.rule.as_str()];
    let mut head = Line::default();
    for ((_, width), (cell, tone)) in
        COLUMNS.into_iter().zip(cells.into_iter().zip([Tone::Plain, Tone::Plain, tone, Tone::Plain]))
    {
        head.push(tone, format!("{} ", pad(&crate::text::fit(cell, width), width)));
    }
    head.push(Tone::Plain, &alert.says);
    vec![head, Line::of(Tone::Dim, format!("    {}", course(replayed, around)))]
}

/// `since 12:10:03 UTC, fired at 9 units, 90 %; resolved 12:25:03 UTC at 3 units, 30 %`.
fn course(replayed: &ReplayedAlert, around: &Surroundings) -> String {
    let ReplayedAlert { alert, fired_value } = replayed;
    let since = format!("held since {}", around.date_clock(alert.since));
    let fired = fired_value.as_ref().map(|value| format!(", fired with {value}")).unwrap_or_default();
    let end = match (alert.state, alert.resolved_at) {
        (AlertState::Resolved, Some(at)) => format!("resolved {} after {}", around.date_clock(at), alert.value),
        (AlertState::Pending, _) => format!("pending with {}", alert.value),
        _ => format!("goes on with {}", alert.value),
    };
    format!("{since}{fired}; {end}")
}

/// The same for a ticket.
pub fn replay_markdown(reply: &ReplayReply, around: &Surroundings) -> String {
    let mut text = Markdown::default();
    let time = |at: Option<jiff::Timestamp>| at.map(|at| around.date_clock(at)).unwrap_or_default();
    let rows = reply.alerts.iter().map(|ReplayedAlert { alert, fired_value }| {
        vec![
            escape(&alert.rule),
            alert.severity.name().to_owned(),
            alert.state.name().to_owned(),
            around.date_clock(alert.since),
            time(alert.fired_at),
            escape(fired_value.as_deref().unwrap_or_default()),
            time(alert.resolved_at),
            escape(&alert.value),
            escape(&alert.says),
            code(&alert.look),
        ]
    });
    let heads = ["rule", "severity", "state", "since", "fired", "fired with", "resolved", "last value", "what", "look"];
    text.table(&heads, rows);
    if reply.more {
        text.line("\nIt ends there: too much would have fired.");
    }
    text.text()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::sample;

    #[test]
    fn what_would_have_been_told() {
        let around = |columns| Surroundings { now: sample::now(), zone: TimeZone::UTC, columns };
        let text = |columns| {
            let lines = replay_lines(&sample::replay(), &around(columns));
            assert!(lines.iter().all(|line| line.width() <= columns));
            lines.iter().map(|line| line.text().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
        };
        assert_snapshot!("replay_80", text(80));
        assert_snapshot!("replay_140", text(140));
        assert_snapshot!("replay_markdown", replay_markdown(&sample::replay(), &around(80)));
        text(20);
    }
}
