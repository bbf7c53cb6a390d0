//! What sets orders apart from others, as a table, for a screen or a report.

use ordertrace_api::explain::{Condition, Explanation, HandoffSymptom, OverRepresented, Symptom};
use ordertrace_api::journey::JourneyState;

use crate::text::{Line, Tone, fit, human, pad};

const RANK: usize = 2;
const BAR: usize = 8;
/// `300 of 300`.
const COUNT: usize = 10;
const TIMES: usize = 6;
const CHANCE: usize = 7;
const RISK: usize = 4;

/// How the columns of the table share its width. A column of 0 is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExplainColumns {
    value: usize,
    bar: usize,
    count: usize,
    times: usize,
    chance: usize,
    risk: usize,
}

impl ExplainColumns {
    /// Shares out `columns`: counts before bars, for they say the same.
    pub fn of(columns: usize) -> Self {
        let bar = if columns >= 70 { BAR } else { 0 };
        let count = if columns >= 40 { COUNT } else { 0 };
        let [times, chance, risk] = if columns >= 100 { [TIMES, CHANCE, RISK] } else { [0; 3] };
        let taken = [bar, count, bar, count, times, chance, risk];
        let taken: usize = taken.iter().map(|columns| columns + usize::from(*columns > 0)).sum();
        Self { value: columns.saturating_sub(RANK + 1 + taken), bar, count, times, chance, risk }
    }

    /// The names of the columns.
    pub fn heading(self) -> Line {
        let mut line = Line::of(Tone::Dim, pad("", RANK + 1)).and(Tone::Dim, pad("VALUE", self.value));
        for name in ["OF THESE ORDERS", "OF OTHERS"] {
            let columns = self.bar + self.count + usize::from(self.bar > 0);
            if columns > 0 {
                line.push(Tone::Dim, format!(" {}", pad(name, columns)));
            }
        }
        for (name, columns) in [("TIMES", self.times), ("CHANCE", self.chance), ("RISK", self.risk)] {
            if columns > 0 {
                line.push(Tone::Dim, format!(" {name:>columns$}"));
            }
        }
        line
    }

    /// One value: its share of the set, and of the rest.
    pub fn row(self, rank: usize, value: &OverRepresented) -> Line {
        let mut line = Line::of(Tone::Dim, format!("{rank:>RANK$} "));
        line.push(Tone::Strong, pad(&conditions_text(&value.conditions), self.value));
        let sides = [(value.set_with, value.set_of, Tone::Error), (value.rest_with, value.rest_of, Tone::Work)];
        for (with, of, tone) in sides {
            if self.bar > 0 {
                line.push(tone, format!(" {}", bar(with, of, self.bar)));
            }
            if self.count > 0 {
                line.push(Tone::Plain, format!(" {:>1$}", fit(&format!("{with} of {of}"), self.count), self.count));
            }
        }
        let times = value.ratio.map_or_else(|| "only".to_owned(), times_text);
        let risk = value.at_risk.to_string();
        for (text, columns) in [(times, self.times), (chance_text(value.p), self.chance), (risk, self.risk)] {
            if columns > 0 {
                line.push(Tone::Plain, format!(" {text:>columns$}"));
            }
        }
        line
    }
}

/// Full and empty, so that it can be read without colours; never quite full for a part, nor quite empty.
fn bar(with: u64, of: u64, columns: usize) -> String {
    let whole = (with as f64 / of.max(1) as f64 * columns as f64).round() as usize;
    let full = match with {
        0 => 0,
        _ if with >= of => columns,
        _ => whole.clamp(1, columns.saturating_sub(1)),
    };
    format!("{}{}", "█".repeat(full), "·".repeat(columns.saturating_sub(full)))
}

/// `×12`.
fn times_text(ratio: f64) -> String {
    if ratio < 10.0 { format!("×{ratio:.1}") } else { format!("×{:.0}", ratio.min(9_999.0)) }
}

/// The chance that nothing is behind it.
fn chance_text(p: f64) -> String {
    if p < 1e-4 { "<0.0001".to_owned() } else { format!("{p:.4}") }
}

/// `carrier=X + service.version=3.2 (wms)`.
pub fn conditions_text(conditions: &[Condition]) -> String {
    let text = |condition: &Condition| match &condition.system {
        Some(system) => format!("{}={} ({system})", condition.attribute, condition.value),
        None => format!("{}={}", condition.attribute, condition.value),
    };
    conditions.iter().map(text).collect::<Vec<_>>().join(" + ")
}

/// What the orders of the set show.
pub fn symptom_text(symptom: &Symptom) -> String {
    match symptom {
        Symptom::Finding(kind) => format!("with the finding {}", kind.name()),
        Symptom::State(JourneyState::Open) => "that are open".to_owned(),
        Symptom::State(JourneyState::Failed) => "that failed".to_owned(),
        Symptom::State(JourneyState::Done) => "that are done".to_owned(),
        Symptom::SlowerThanMs(ms) => format!("that took longer than {}", human(ms.saturating_mul(1_000_000))),
        Symptom::Handoff(handoff) => handoff_text(handoff),
    }
}

fn handoff_text(handoff: &HandoffSymptom) -> String {
    let HandoffSymptom { from, to, operation, slower_than_ms } = handoff;
    let mut name = format!("{}→{to}", from.as_deref().unwrap_or_default());
    if let Some(operation) = operation {
        name.push(' ');
        name.push_str(operation);
    }
    match slower_than_ms {
        Some(ms) => format!("of which {name} took longer than {}", human(ms.saturating_mul(1_000_000))),
        None => format!("with a failed {name}"),
    }
}

/// `36 orders with the finding stuck_order, beside 840 others`.
pub fn compared_text(explanation: &Explanation) -> String {
    let compared = &explanation.compared;
    let set = match (compared.set, compared.set_more) {
        (1, false) => "1 order".to_owned(),
        (set, false) => format!("{set} orders"),
        (set, true) => format!("the latest {set} orders"),
    };
    let rest = if compared.rest_more { "the latest " } else { "" };
    format!("{set} {}, beside {rest}{} others", symptom_text(&explanation.symptom), compared.rest)
}

/// Why nothing is reported.
pub fn nothing_text(explanation: &Explanation) -> String {
    let compared = &explanation.compared;
    match (compared.set, compared.rest) {
        (0, _) => "there is no such order".to_owned(),
        (_, 0) => "there are no others to compare them with: widen the range".to_owned(),
        _ if compared.comparisons == 0 => {
            "nothing can be told from so few orders: three at least must have something in common".to_owned()
        }
        _ => format!("nothing is over-represented: {} values were looked at", compared.values),
    }
}

/// More about one value, in lines of at most `columns`.
pub fn value_detail(explanation: &Explanation, value: &OverRepresented, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line::of(Tone::Plain, format!("also hit: {}", value.hit.len()));
    line.push(Tone::Dim, "   at risk, still under way: ");
    line.push(if value.at_risk > 0 { Tone::Warning } else { Tone::Plain }, value.at_risk.to_string());
    line.push(Tone::Dim, format!("   chance {}", chance_text(value.p)));
    if let (Some(order), Some(has)) = (&explanation.order, value.of_order) {
        line.push(Tone::Dim, format!("   {} {}", order.value, if has { "has it" } else { "does not have it" }));
    }
    lines.push(line);
    if !value.same.is_empty() {
        let text = format!("the same orders have {}", conditions_text(&value.same).replace(" + ", ", "));
        lines.push(Line::of(Tone::Dim, text));
    }
    lines.into_iter().map(|line| line.cut(columns)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_row_is_as_wide_as_the_screen() {
        for columns in RANK + 1..200 {
            for value in sample::explanation().values {
                let line = ExplainColumns::of(columns).row(1, &value);
                assert_eq!(line.width(), columns, "{:?}", line.text());
            }
        }
    }

    #[test]
    fn a_part_is_neither_all_nor_nothing() {
        for (with, of, expected) in
            [(0, 9, "····"), (1, 900, "█···"), (450, 900, "██··"), (899, 900, "███·"), (9, 9, "████")]
        {
            assert_eq!(bar(with, of, 4), expected);
        }
        assert_eq!(bar(0, 0, 4), "····");
    }
}
