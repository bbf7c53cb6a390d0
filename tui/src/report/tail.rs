use ordertrace_api::tail::{TailEntry, TailKind};

use super::Surroundings;
use super::markdown::code;
use crate::listing::id;
use crate::text::{Line, Tone, clock, fit, pad};

const ORDER: usize = 18;
const SYSTEM: usize = 12;

/// What happened, in a line: when, to which order, where, what.
pub fn tail_line(entry: &TailEntry, around: &Surroundings) -> Line {
    let (tone, mark) = match entry.kind {
        TailKind::Milestone => (Tone::Plain, "●"),
        TailKind::Failure => (Tone::Error, "✗"),
        TailKind::Finding => (Tone::Warning, "!"),
        TailKind::FindingEnded => (Tone::Good, "✓"),
    };
    let order = entry.order.as_ref().map(|order| id(order, ORDER)).unwrap_or_default();
    let says = if entry.says.is_empty() { String::new() } else { format!("  {}", entry.says) };
    Line::of(Tone::Dim, clock(entry.at, &around.zone))
        .and(tone, format!(" {mark} "))
        .and(Tone::Strong, pad(&fit(&order, ORDER), ORDER))
        .and(Tone::Plain, format!(" {} ", pad(&fit(&entry.system, SYSTEM), SYSTEM)))
        .and(tone, &entry.what)
        .and(Tone::Dim, says)
}

/// The same as an item of a list.
pub fn tail_markdown(entry: &TailEntry, around: &Surroundings) -> String {
    format!("- {}\n", code(&tail_line(entry, around).text()))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::sample;

    #[test]
    fn each_kind_has_a_mark_of_its_own() {
        let around = Surroundings { now: sample::now(), zone: TimeZone::UTC, columns: 80 };
        let line = |kind, what: &str, says: &str| {
            let entry = TailEntry {
                at: sample::now(),
                kind,
                order: Some(sample::key("order:A-10042")),
                system: "payments".to_owned(),
                what: what.to_owned(),
                says: says.to_owned(),
                id: String::new(),
            };
            tail_line(&entry, &around).text()
        };
        let start = clock(sample::now(), &TimeZone::UTC);
        assert_eq!(
            [
                line(TailKind::Milestone, "payment.captured", "12.30 EUR"),
                line(TailKind::Failure, "POST /charges", "oms → payments: 503"),
                line(TailKind::Finding, "double_charge", ""),
                line(TailKind::FindingEnded, "double_charge", "it was paid back"),
            ],
            [
                format!("{start} ● A-10042            payments     payment.captured  12.30 EUR"),
                format!("{start} ✗ A-10042            payments     POST /charges  oms → payments: 503"),
                format!("{start} ! A-10042            payments     double_charge"),
                format!("{start} ✓ A-10042            payments     double_charge  it was paid back"),
            ]
        );
    }
}
