use ordertrace_api::explain::{Explanation, OverRepresented};
use ordertrace_api::keys::Key;

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use crate::explain_table::{ExplainColumns, compared_text, conditions_text, nothing_text, value_detail};
use crate::text::{Line, Tone, wrap};

/// Orders named of each value.
const NAMED: usize = 8;

/// What sets orders apart, and who else is hit.
pub fn explanation_lines(explanation: &Explanation, around: &Surroundings) -> Vec<Line> {
    let width = around.columns;
    let columns = ExplainColumns::of(width);
    let mut lines: Vec<Line> =
        wrap(&compared_text(explanation), width).into_iter().map(|text| Line::of(Tone::Strong, text)).collect();
    lines.extend(wrap(&range_text(explanation, around), width).into_iter().map(|text| Line::of(Tone::Dim, text)));
    if explanation.values.is_empty() {
        lines.extend(wrap(&nothing_text(explanation), width).into_iter().map(|text| Line::of(Tone::Plain, text)));
        return lines;
    }
    lines.push(columns.heading());
    for (rank, value) in (1..).zip(&explanation.values) {
        lines.push(columns.row(rank, value));
        for line in value_detail(explanation, value, width.saturating_sub(3)) {
            lines.push(Line::of(Tone::Plain, "   ").join(line));
        }
        for (what, keys, all) in who(value) {
            lines.push(Line::of(Tone::Dim, format!("   {what} ")).and(Tone::Plain, named(keys, all)));
        }
    }
    if explanation.compared.values_more {
        let text = "not all values were looked at, for there are too many: narrow with --since and --until";
        lines.extend(wrap(text, width).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines.into_iter().map(|line| line.cut(width)).collect()
}

/// Whom a value hit, and whom it may hit.
fn who(value: &OverRepresented) -> impl Iterator<Item = (&'static str, &[Key], u64)> {
    let lists = [("hit    ", &value.hit, value.hit.len() as u64), ("at risk", &value.at_risk_orders, value.at_risk)];
    lists.into_iter().filter(|(_, keys, _)| !keys.is_empty()).map(|(what, keys, all)| (what, keys.as_slice(), all))
}

fn named(keys: &[Key], all: u64) -> String {
    let mut text = keys.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let more = all.saturating_sub(NAMED as u64);
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

fn range_text(explanation: &Explanation, around: &Surroundings) -> String {
    let (since, until) = (around.date_clock(explanation.since), around.date_clock(explanation.until));
    format!("active since {since}, started before {until}")
}

/// The same for a ticket.
pub fn explanation_markdown(explanation: &Explanation, around: &Surroundings) -> String {
    let mut text = Markdown::default();
    text.line(&format!("{}.", escape(&compared_text(explanation))));
    text.line(&format!("{}.", range_text(explanation, around)));
    text.line("");
    if explanation.values.is_empty() {
        text.line(&format!("{}.", nothing_text(explanation)));
        return text.text();
    }
    let rows = explanation.values.iter().map(|value| {
        vec![
            code(&conditions_text(&value.conditions)),
            format!("{} of {}", value.set_with, value.set_of),
            format!("{} of {}", value.rest_with, value.rest_of),
            format!("{:.1e}", value.p),
            value.hit.iter().take(NAMED).map(|key| code(&key.to_string())).collect::<Vec<_>>().join(" "),
            value.at_risk.to_string(),
        ]
    });
    text.table(&["value", "of these orders", "of others", "chance", "also hit", "at risk"], rows);
    text.text()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use jiff::tz::TimeZone;
    use ordertrace_api::explain::Compared;

    use super::*;
    use crate::sample;

    fn around(columns: usize) -> Surroundings {
        Surroundings { now: sample::now(), zone: TimeZone::UTC, columns }
    }

    fn text(explanation: &Explanation, columns: usize) -> String {
        let lines = explanation_lines(explanation, &around(columns));
        assert!(lines.iter().all(|line| line.width() <= columns));
        lines.iter().map(|line| line.text().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_explanation() {
        assert_snapshot!("explanation_80", text(&sample::explanation(), 80));
        assert_snapshot!("explanation_140", text(&sample::explanation(), 140));
        assert_snapshot!("explanation_markdown", explanation_markdown(&sample::explanation(), &around(80)));
        text(&sample::explanation(), 20);
    }

    #[test]
    fn why_nothing_is_told() {
        let nothing = |compared: Compared| {
            let explanation = Explanation { values: Vec::new(), compared, ..sample::explanation() };
            text(&explanation, 120).lines().last().unwrap().to_owned()
        };
        let compared = Compared { set: 4, rest: 90, values: 812, comparisons: 12, ..Compared::default() };
        assert_eq!(nothing(compared), "nothing is over-represented: 812 values were looked at");
        assert!(nothing(Compared { set: 0, ..compared }).starts_with("there is no such order"));
        assert!(nothing(Compared { rest: 0, ..compared }).starts_with("there are no others"));
        assert!(nothing(Compared { comparisons: 0, ..compared }).starts_with("nothing can be told"));
    }
}
