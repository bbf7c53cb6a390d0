use ordertrace_api::finding::{Finding, FindingsPage};

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use crate::findings_table::{FindingColumns, state_name};
use crate::money;
use crate::text::{Line, Tone, wrap};

/// Findings as a table.
pub fn findings_lines(page: &FindingsPage, around: &Surroundings) -> Vec<Line> {
    let columns = FindingColumns::of(around.columns);
    let rows = page.findings.iter().map(|finding| columns.row(finding, around.now));
    let lines = std::iter::once(columns.heading()).chain(rows);
    let mut lines: Vec<Line> = lines.map(|line| line.cut(around.columns)).collect();
    if page.more {
        let hint = "there are more: raise --limit, or narrow with --since, --until, --kind or --severity";
        lines.extend(wrap(hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines
}

/// Findings for a ticket.
pub fn findings_markdown(page: &FindingsPage, around: &Surroundings) -> String {
    let mut text = Markdown::default();
    let rows = page.findings.iter().map(|finding| {
        vec![
            finding.severity.name().to_owned(),
            state_name(finding.state).to_owned(),
            escape(finding.kind.name()),
            code(&subject(finding)),
            around.date_clock(finding.since),
            escape(&finding.money.as_ref().map(money::full).unwrap_or_default()),
            escape(&finding.says),
        ]
    });
    text.table(&["severity", "state", "finding", "order", "since", "money", "what"], rows);
    if page.more {
        text.line("\nThere are more.");
    }
    text.text()
}

/// In full: whoever reads a ticket may want to paste it.
fn subject(finding: &Finding) -> String {
    match (&finding.order, &finding.system) {
        (Some(order), _) => order.to_string(),
        (None, Some(system)) => system.clone(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::sample;

    fn printed(columns: usize) -> String {
        let around = Surroundings { now: sample::now(), zone: TimeZone::UTC, columns };
        let page = FindingsPage { more: true, ..sample::findings() };
        findings_lines(&page, &around).iter().map(|line| format!("{}\n", line.text().trim_end())).collect()
    }

    #[test]
    fn the_findings_list() {
        assert_snapshot!("findings_80", printed(80));
        assert_snapshot!("findings_140", printed(140));
        let around = Surroundings { now: sample::now(), zone: TimeZone::UTC, columns: 80 };
        assert_snapshot!("findings_markdown", findings_markdown(&sample::findings(), &around));
    }
}
