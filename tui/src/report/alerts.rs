use ordertrace_api::alert::{Alert, AlertState, AlertsReply};

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use crate::alert_table::AlertColumns;
use crate::text::{Line, Tone, wrap};

/// Alerts, each with the command that shows more.
pub fn alerts_lines(reply: &AlertsReply, around: &Surroundings) -> Vec<Line> {
    let columns = AlertColumns::of(around.columns);
    let mut lines = vec![columns.heading()];
    for alert in &reply.alerts {
        lines.extend([columns.row(alert, around.now), more_of(alert)]);
    }
    if reply.more {
        let hint = "there are more: raise --limit, or narrow with --state, --rule or --until";
        lines.extend(wrap(hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines.into_iter().map(|line| line.cut(around.columns)).collect()
}

/// So many digits of an id tell a thousand alerts apart all but surely; `alerts ack` says where they do not.
const ID_DIGITS: usize = 8;

fn id_of(alert: &Alert) -> &str {
    alert.id.get(..ID_DIGITS).unwrap_or(&alert.id)
}

fn more_of(alert: &Alert) -> Line {
    let mut line = Line::of(Tone::Dim, format!("    {}  {}", id_of(alert), alert.look));
    if !alert.hit.is_empty() {
        line.push(Tone::Dim, format!("   hits {}", alert.hit));
    }
    if let Some(by) = alert.acknowledgement.as_ref().filter(|_| alert.state != AlertState::Resolved) {
        let note = if by.note.is_empty() { String::new() } else { format!(": {}", by.note) };
        line.push(Tone::Dim, format!("   {} takes care of it{note}", by.who));
    }
    line
}

/// Alerts for a ticket.
pub fn alerts_markdown(reply: &AlertsReply, around: &Surroundings) -> String {
    let mut text = Markdown::default();
    let rows = reply.alerts.iter().map(|alert| {
        vec![
            code(id_of(alert)),
            alert.severity.name().to_owned(),
            alert.state.name().to_owned(),
            escape(&alert.rule),
            around.date_clock(alert.since),
            escape(&alert.value),
            escape(&alert.says),
            escape(&alert.hit),
            code(&alert.look),
        ]
    });
    text.table(&["id", "severity", "state", "rule", "since", "how much", "what", "who is hit", "look"], rows);
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
