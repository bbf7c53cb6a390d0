//! Findings as a table, for a screen or a report.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ordertrace_api::finding::{DetectionProgress, Finding, FindingState, Severity};

use crate::listing::id;
use crate::money;
use crate::text::{Line, Tone, coarse, date_clock, fit, ns_between, pad, short_clock, wrap};

const SINCE: usize = 5;

/// How the columns of the table share its width. A column of 0 is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindingColumns {
    severity: usize,
    kind: usize,
    since: usize,
    money: usize,
    order: usize,
    what: usize,
}

impl FindingColumns {
    /// Shares out `columns`: what kind of fault and whose come first; the sentence has what is
    /// left, and is left out last.
    pub fn of(columns: usize) -> Self {
        // On a narrow screen the severity's first letter must do.
        let narrow = columns < 40;
        let wide = columns >= 110;
        let severity = if narrow { 1 } else { 8 };
        let mut free = columns.saturating_sub(severity + 1);
        let mut take = |wanted: usize| {
            // Each has a blank after it.
            let taken = wanted.min(free.saturating_sub(1));
            free = free.saturating_sub(taken + usize::from(taken > 0));
            taken
        };
        // The first 16 characters tell all kinds apart.
        let kind = take(if narrow { 10 } else { 16 } + if wide { 7 } else { 0 });
        let since = take(if narrow { 0 } else { SINCE });
        let order = take(if wide { 24 } else { 12 });
        let money = take(match columns {
            110.. => 14,
            64.. => 11,
            _ => 0,
        });
        Self { severity, kind, since, money, order, what: free }
    }

    fn line(self, cells: [(Tone, String); 6]) -> Line {
        let widths = [self.severity, self.kind, self.since, self.money, self.order];
        let [severity, kind, since, money, order, (what_tone, what)] = cells;
        let mut line = Line::default();
        let padded = [severity, kind, since, money, order].into_iter().zip(widths);
        for ((tone, text), columns) in padded.filter(|(_, columns)| *columns > 0) {
            line.push(tone, pad(&text, columns));
            line.push(Tone::Plain, " ");
        }
        line.push(what_tone, fit(&what, self.what));
        line
    }

    /// The names of the columns.
    pub fn heading(self) -> Line {
        let names = ["SEVERITY", "FINDING", "SINCE", "MONEY", "ORDER", "WHAT"];
        self.line(names.map(|name| (Tone::Dim, name.to_owned())))
    }

    /// One finding; those that ceased to hold stand back.
    pub fn row(self, finding: &Finding, now: Timestamp) -> Line {
        let holds = finding.state == FindingState::Open;
        let tone_if_it_holds = |tone| if holds { tone } else { Tone::Dim };
        let tone = tone_if_it_holds(severity_tone(finding.severity));
        let severity = finding.severity.name();
        let severity =
            if self.severity < severity.len() { severity.chars().take(1).collect() } else { severity.into() };
        let what = match finding.closed_because.as_str() {
            _ if holds => finding.says.clone(),
            because => format!("{}: {because}; {}", state_name(finding.state), finding.says),
        };
        self.line([
            (tone, severity),
            (tone, finding.kind.name().to_owned()),
            (tone_if_it_holds(Tone::Plain), coarse(ns_between(finding.since, now))),
            (tone_if_it_holds(Tone::Plain), finding.money.as_ref().map(money::full).unwrap_or_default()),
            (tone_if_it_holds(Tone::Strong), subject(finding, self.order)),
            (tone_if_it_holds(Tone::Plain), what),
        ])
    }
}

/// A second is the rule. What arrived longer ago and was not looked at has to be told of.
const BEHIND_NS: u64 = 10_000_000_000;

/// Once a minute is the rule.
const SYSTEMS_BEHIND_NS: u64 = 180_000_000_000;

/// What detection did not look at, and since when, where that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Orders of which something arrived then.
    Orders(Timestamp),
    /// Systems: silence, retry storms, exposure.
    Systems(Timestamp),
}

/// Whether detection is behind.
pub fn behind(progress: &DetectionProgress, now: Timestamp) -> Option<Behind> {
    let orders = progress.unseen_since.filter(|since| ns_between(*since, now) > BEHIND_NS).map(Behind::Orders);
    let systems = progress.systems_looked_at.filter(|at| ns_between(*at, now) > SYSTEMS_BEHIND_NS).map(Behind::Systems);
    orders.or(systems)
}

/// Whether there being no finding means that nothing is wrong.
pub fn progress_text(progress: &DetectionProgress, now: Timestamp, zone: &TimeZone) -> String {
    match (behind(progress, now), progress.looked_until) {
        (Some(Behind::Orders(since)), _) => {
            let ago = coarse(ns_between(since, now));
            format!("detection is {ago} behind: what arrived since {} was not looked at", short_clock(since, zone))
        }
        (Some(Behind::Systems(at)), _) => {
            let ago = coarse(ns_between(at, now));
            format!("detection is {ago} behind: systems were looked at last at {}", short_clock(at, zone))
        }
        (None, Some(until)) => {
            format!("all that arrived until {} was looked at", date_clock(until, zone))
        }
        (None, None) => "nothing arrived yet that could be looked at".to_owned(),
    }
}

/// All of a finding, in lines of at most `columns`: its row has no room for that.
pub fn finding_detail(finding: &Finding, zone: &TimeZone, columns: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for text in wrap(&finding.says, columns).into_iter().take(2) {
        lines.push(Line::of(Tone::Strong, text));
    }
    if let Some(closed_at) = finding.closed_at {
        let text = format!("{} {}: {}", state_name(finding.state), date_clock(closed_at, zone), finding.closed_because);
        lines.push(Line::of(Tone::Dim, text));
    }
    let mut seen = Line::of(Tone::Dim, "seen   ");
    for evidence in &finding.evidence {
        seen.push(Tone::Plain, format!(" {}", evidence.what));
        seen.push(Tone::Dim, format!(" {} {} ", evidence.system, short_clock(evidence.at, zone)));
    }
    let mut rule = Line::of(Tone::Dim, format!("since   {}", date_clock(finding.since, zone)));
    if !finding.rule.is_empty() {
        rule.push(Tone::Dim, format!("   {} flow: {}", finding.flow, finding.rule));
    }
    lines.push(rule);
    if !finding.evidence.is_empty() {
        lines.push(seen);
    }
    lines.into_iter().map(|line| line.cut(columns)).collect()
}

/// Whom a finding is about, in at most `columns`.
pub fn subject(finding: &Finding, columns: usize) -> String {
    match (&finding.order, &finding.system) {
        (Some(order), _) => id(order, columns),
        (None, Some(system)) => fit(system, columns),
        (None, None) => String::new(),
    }
}

/// How it looks.
pub fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Info => Tone::Dim,
        Severity::Warning => Tone::Warning,
        Severity::Critical => Tone::Error,
    }
}

/// As it is written everywhere.
pub fn state_name(state: FindingState) -> &'static str {
    match state {
        FindingState::Open => "open",
        FindingState::Closed => "closed",
        FindingState::Retracted => "retracted",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ordertrace_api::finding::FindingKind;

    use super::*;
    use crate::sample;

    #[test]
    fn a_row_is_as_wide_as_the_screen_or_narrower() {
        for columns in 0..200 {
            for finding in sample::findings().findings {
                let line = FindingColumns::of(columns).row(&finding, sample::now());
                // Below that not even the severity fits.
                assert!(line.width() <= columns.max(2), "{columns}: {:?}", line.text());
            }
        }
    }

    #[test]
    fn how_far_detection_has_come_is_told() {
        let said = |progress: DetectionProgress| progress_text(&progress, sample::now(), &TimeZone::UTC);
        assert_eq!(said(sample::no_findings().progress), "all that arrived until 2026-11-21 12:32:01 was looked at");
        assert_eq!(
            said(sample::findings_behind().progress),
            "detection is 4m behind: what arrived since 12:28:03 was not looked at"
        );
        assert_eq!(said(DetectionProgress::default()), "nothing arrived yet that could be looked at");
        // What arrived just now is about to be looked at.
        let unseen_since = Some(sample::now() - jiff::SignedDuration::from_secs(9));
        let fresh = DetectionProgress { unseen_since, looked_until: Some(sample::start()), systems_looked_at: None };
        assert!(said(fresh).starts_with("all "));
        let systems_looked_at = Some(sample::now() - jiff::SignedDuration::from_mins(4));
        assert_eq!(
            said(DetectionProgress { systems_looked_at, ..fresh }),
            "detection is 4m behind: systems were looked at last at 12:28:03"
        );
    }

    #[test]
    fn narrow_columns_tell_all_kinds_apart() {
        let names: HashSet<String> = FindingKind::ALL.iter().map(|kind| fit(kind.name(), 16)).collect();
        assert_eq!(names.len(), FindingKind::ALL.len());
    }
}
