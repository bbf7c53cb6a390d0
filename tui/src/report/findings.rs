use ordertrace_api::finding::{Finding, FindingState, FindingsPage, Money, Severity};

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use crate::text::{Line, Tone, coarse, fit, ns_between, pad, wrap};

const SEVERITY: usize = 8;
const KIND: usize = 23;
const AGE: usize = 6;
const MONEY: usize = 13;
const ORDER: usize = 20;

/// Findings as a table.
pub fn findings_lines(page: &FindingsPage, around: &Surroundings) -> Vec<Line> {
    let heading = row([
        (Tone::Dim, "SEVERITY".to_owned(), SEVERITY),
        (Tone::Dim, "FINDING".to_owned(), KIND),
        (Tone::Dim, "SINCE".to_owned(), AGE),
        (Tone::Dim, "MONEY".to_owned(), MONEY),
        (Tone::Dim, "ORDER".to_owned(), ORDER),
        (Tone::Dim, "WHAT".to_owned(), 0),
    ]);
    let rows = page.findings.iter().map(|finding| line(finding, around));
    let mut lines: Vec<Line> = std::iter::once(heading).chain(rows).map(|line| line.cut(around.columns)).collect();
    if page.more {
        let hint = "there are more: raise --limit, or narrow with --since, --until, --kind or --severity";
        lines.extend(wrap(hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines
}

fn line(finding: &Finding, around: &Surroundings) -> Line {
    let holds = finding.state == FindingState::Open;
    let tone = if holds { severity_tone(finding.severity) } else { Tone::Dim };
    let what = if holds {
        finding.says.clone()
    } else {
        format!("{} ({}: {})", finding.says, state(finding.state), finding.closed_because)
    };
    row([
        (tone, severity(finding.severity).to_owned(), SEVERITY),
        (tone, finding.kind.name().to_owned(), KIND),
        (Tone::Plain, coarse(ns_between(finding.since, around.now)), AGE),
        (Tone::Plain, finding.money.as_ref().map(money).unwrap_or_default(), MONEY),
        (Tone::Strong, subject(finding), ORDER),
        (if holds { Tone::Plain } else { Tone::Dim }, what, 0),
    ])
}

/// Cells of so many columns; the last, of 0, has the rest of the line.
fn row(cells: [(Tone, String, usize); 6]) -> Line {
    let mut line = Line::default();
    for (tone, text, columns) in cells {
        if columns == 0 {
            line.push(tone, text);
        } else {
            line.push(tone, pad(&fit(&text, columns), columns));
            line.push(Tone::Plain, " ");
        }
    }
    line
}

/// Findings for a ticket.
pub fn findings_markdown(page: &FindingsPage, around: &Surroundings) -> String {
    let mut text = Markdown::default();
    let rows = page.findings.iter().map(|finding| {
        vec![
            severity(finding.severity).to_owned(),
            state(finding.state).to_owned(),
            escape(finding.kind.name()),
            code(&subject(finding)),
            around.date_clock(finding.since),
            escape(&finding.money.as_ref().map(money).unwrap_or_default()),
            escape(&finding.says),
        ]
    });
    text.table(&["severity", "state", "finding", "order", "since", "money", "what"], rows);
    if page.more {
        text.line("\nThere are more.");
    }
    text.text()
}

fn subject(finding: &Finding) -> String {
    match (&finding.order, &finding.system) {
        (Some(order), _) => order.to_string(),
        (None, Some(system)) => system.clone(),
        (None, None) => String::new(),
    }
}

fn money(money: &Money) -> String {
    format!("{} {}", money.amount, money.currency)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Info => Tone::Dim,
        Severity::Warning => Tone::Warning,
        Severity::Critical => Tone::Error,
    }
}

fn state(state: FindingState) -> &'static str {
    match state {
        FindingState::Open => "open",
        FindingState::Closed => "closed",
        FindingState::Retracted => "retracted",
    }
}
