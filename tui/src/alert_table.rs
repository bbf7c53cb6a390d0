//! Alerts as a table, for a screen or a report.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ordertrace_api::alert::{Alert, AlertState, ReceiverState};

use crate::findings_table::severity_tone;
use crate::text::{Line, Tone, coarse, date_clock, fit, ns_between, pad, short_clock, wrap};

const FOR: usize = 5;

/// How the columns of the table share its width. A column of 0 is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertColumns {
    severity: usize,
    state: usize,
    lasted: usize,
    rule: usize,
    what: usize,
}

impl AlertColumns {
    /// Shares out `columns`: how bad and which rule come first; the sentence has what is left.
    pub fn of(columns: usize) -> Self {
        let narrow = columns < 40;
        // On a narrow screen the first letters of severity and state must do.
        let (severity, state, lasted) = if narrow { (1, 1, 0) } else { (8, 8, FOR) };
        let mut free = columns;
        let mut take = |wanted: usize| {
            // Each has a blank after it.
            let taken = wanted.min(free.saturating_sub(1));
            free = free.saturating_sub(taken + usize::from(taken > 0));
            taken
        };
        let [severity, state, lasted] = [severity, state, lasted].map(&mut take);
        let rule = take(if narrow { 10 } else { 18 });
        Self { severity, state, lasted, rule, what: free }
    }

    fn line(self, cells: [(Tone, String); 5]) -> Line {
        let widths = [self.severity, self.state, self.lasted, self.rule];
        let [severity, state, lasted, rule, (what_tone, what)] = cells;
        let mut line = Line::default();
        let padded = [severity, state, lasted, rule].into_iter().zip(widths);
        for ((tone, text), columns) in padded.filter(|(_, columns)| *columns > 0) {
            let text = if columns == 1 { text.chars().take(1).collect() } else { text };
            line.push(tone, pad(&text, columns));
            line.push(Tone::Plain, " ");
        }
        line.push(what_tone, fit(&what, self.what));
        line
    }

    /// The names of the columns.
    pub fn heading(self) -> Line {
        self.line(["SEVERITY", "STATE", "FOR", "RULE", "WHAT"].map(|name| (Tone::Dim, name.to_owned())))
    }

    /// One alert; those that are over stand back. `✓` after the state: somebody takes care of it.
    pub fn row(self, alert: &Alert, now: Timestamp) -> Line {
        let holds = alert.state != AlertState::Resolved;
        let tone_if_it_holds = |tone| if holds { tone } else { Tone::Dim };
        let tone = tone_if_it_holds(severity_tone(alert.severity));
        let state = match (alert.state, &alert.acknowledgement) {
            (AlertState::Pending, Some(_)) => "pending✓",
            (AlertState::Firing, Some(_)) => "firing ✓",
            (state, _) => state.name(),
        };
        let lasted = coarse(ns_between(alert.since, alert.resolved_at.unwrap_or(now)));
        self.line([
            (tone, alert.severity.name().to_owned()),
            (tone, state.to_owned()),
            (tone_if_it_holds(Tone::Plain), lasted),
            (tone_if_it_holds(Tone::Strong), alert.rule.clone()),
            (tone_if_it_holds(Tone::Plain), alert.says.clone()),
        ])
    }
}

/// All that is known of an alert, in lines of at most `columns`.
pub fn alert_detail(alert: &Alert, now: Timestamp, zone: &TimeZone, columns: usize) -> Vec<Line> {
    let long = |at: Timestamp| format!("{} ({} ago)", date_clock(at, zone), coarse(ns_between(at, now)));
    let mut lines: Vec<Line> = wrap(&alert.says, columns.saturating_sub(1))
        .into_iter()
        .map(|text| Line::of(Tone::Strong, text.trim_start()))
        .collect();
    let mut when = Line::of(Tone::Plain, &alert.value).and(Tone::Dim, format!("   since {}", long(alert.since)));
    match (alert.fired_at, alert.resolved_at) {
        (_, Some(at)) => when.push(Tone::Good, format!("   resolved {}", short_clock(at, zone))),
        (Some(at), None) => when.push(Tone::Dim, format!("   fires since {}", short_clock(at, zone))),
        (None, None) => when.push(Tone::Dim, "   not yet for as long as the rule wants"),
    }
    lines.push(when);
    if let Some(by) = &alert.acknowledgement {
        let note = if by.note.is_empty() { String::new() } else { format!(": {}", by.note) };
        let line = Line::of(Tone::Good, format!("✓ {} takes care of it{note}", by.who));
        lines.push(line.and(Tone::Dim, format!("   since {}", long(by.at))));
    }
    let labels: Vec<String> = alert.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    lines.push(Line::of(Tone::Dim, labels.join(" ")));
    if let Some(runbook) = &alert.runbook {
        lines.push(Line::of(Tone::Dim, "runbook ").and(Tone::Plain, runbook));
    }
    lines.push(Line::of(Tone::Dim, "look    ").and(Tone::Plain, &alert.look));
    lines.into_iter().map(|line| line.cut(columns)).collect()
}

/// Who is told, those first who cannot be, and why not: `✗ chat, 3 wait   ✓ oncall 12:30:01 │ chat: 503 no`.
pub fn receivers_line(receivers: &[ReceiverState], zone: &TimeZone) -> Line {
    let mut line = Line::of(Tone::Dim, "told:");
    let (failing, others): (Vec<_>, Vec<_>) = receivers.iter().partition(|receiver| receiver.error.is_some());
    for (at, receiver) in failing.iter().chain(&others).enumerate() {
        let gap = if at > 0 { "  " } else { "" };
        let (tone, mark) = match (&receiver.error, receiver.sent_at) {
            (Some(_), _) => (Tone::Error, "✗"),
            (None, Some(_)) => (Tone::Good, "✓"),
            (None, None) => (Tone::Plain, "·"),
        };
        line.push(tone, format!("{gap} {mark} {}", receiver.name));
        if let Some(sent_at) = receiver.sent_at.filter(|_| receiver.error.is_none()) {
            line.push(Tone::Dim, format!(" {}", short_clock(sent_at, zone)));
        }
        if receiver.waiting > 0 {
            line.push(tone, format!(", {} wait", receiver.waiting));
        }
    }
    for receiver in failing {
        let error = receiver.error.as_deref().unwrap_or_default();
        line.push(Tone::Dim, " │ ");
        line.push(Tone::Error, format!("{}: {error}", receiver.name));
    }
    if receivers.is_empty() {
        line.push(Tone::Warning, " nobody: no receiver is configured");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_row_is_as_wide_as_the_screen_or_narrower() {
        for columns in 0..200 {
            for alert in sample::alerts().alerts {
                let line = AlertColumns::of(columns).row(&alert, sample::now());
                assert!(line.width() <= columns.max(2), "{columns}: {:?}", line.text());
            }
        }
    }

    #[test]
    fn who_cannot_be_told_stands_first() {
        let told = |receivers: &[ReceiverState]| receivers_line(receivers, &TimeZone::UTC).text();
        assert_eq!(
            told(&sample::alerts().receivers),
            "told: ✗ chat, 3 wait   ✓ oncall 12:31:33   · pager │ chat: 503 Service Unavailable"
        );
        assert_eq!(told(&[]), "told: nobody: no receiver is configured");
    }
}
