use ordertrace_api::alert::{Alert, AlertState, AlertsReply};

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use crate::findings_table::severity_tone;
use crate::text::{Line, Tone, coarse, ns_between, pad, wrap};

/// Columns before what is wrong, and their widths.
const COLUMNS: [(&str, usize); 4] = [("SEVERITY", 8), ("STATE", 8), ("FOR", 5), ("RULE", 18)];

/// Alerts, each with the command that shows more.
pub fn alerts_lines(reply: &AlertsReply, around: &Surroundings) -> Vec<Line> {
    let mut heading = Line::default();
    for (name, width) in COLUMNS {
        heading.push(Tone::Dim, format!("{} ", pad(name, width)));
    }
    let mut lines = vec![heading.and(Tone::Dim, "WHAT")];
    lines.extend(reply.alerts.iter().flat_map(|alert| alert_lines(alert, around)));
    if reply.more {
        let hint = "there are more: raise --limit, or narrow with --state, --rule or --until";
        lines.extend(wrap(hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines.into_iter().map(|line| line.cut(around.columns)).collect()
}

fn alert_lines(alert: &Alert, around: &Surroundings) -> Vec<Line> {
    let holds = alert.state != AlertState::Resolved;
    let tone = if holds { severity_tone(alert.severity) } else { Tone::Dim };
    let plain = if holds { Tone::Plain } else { Tone::Dim };
    let lasted = coarse(ns_between(alert.since, alert.resolved_at.unwrap_or(around.now)));
    let cells = [alert.severity.name(), alert.state.name(), lasted.as_str(), alert.rule.as_str()];
    let mut head = Line::default();
    for ((_, width), (cell, tone)) in COLUMNS.into_iter().zip(cells.into_iter().zip([tone, tone, plain, plain])) {
        head.push(tone, format!("{} ", pad(&crate::text::fit(cell, width), width)));
    }
    head.push(plain, &alert.says);
    let margin = " ".repeat(4);
    let mut more = Line::of(Tone::Dim, format!("{margin}{}", alert.look));
    if let Some(by) = &alert.acknowledgement {
        let note = if by.note.is_empty() { String::new() } else { format!(": {}", by.note) };
        more.push(Tone::Dim, format!("   {} takes care of it{note}", by.who));
    }
    vec![head, more]
}

/// Alerts for a ticket.
pub fn alerts_markdown(reply: &AlertsReply, around: &Surroundings) -> String {
    let mut text = Markdown::default();
    let rows = reply.alerts.iter().map(|alert| {
        vec![
            alert.severity.name().to_owned(),
            alert.state.name().to_owned(),
            escape(&alert.rule),
            around.date_clock(alert.since),
            escape(&alert.value),
            escape(&alert.says),
            code(&alert.look),
        ]
    });
    text.table(&["severity", "state", "rule", "since", "how much", "what", "look"], rows);
    if reply.more {
        text.line("\nThere are more.");
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
    fn the_alerts_list() {
        let around = |columns| Surroundings { now: sample::now(), zone: TimeZone::UTC, columns };
        let text = |columns| {
            let lines = alerts_lines(&sample::alerts(), &around(columns));
            assert!(lines.iter().all(|line| line.width() <= columns));
            lines.iter().map(|line| line.text().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
        };
        assert_snapshot!("alerts_80", text(80));
        assert_snapshot!("alerts_140", text(140));
        assert_snapshot!("alerts_markdown", alerts_markdown(&sample::alerts(), &around(80)));
        text(20);
    }
}
