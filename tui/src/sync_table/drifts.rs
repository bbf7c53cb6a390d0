use std::cmp::Ordering;

use jiff::Timestamp;
use ordertrace_api::sync::{AgeNow, DriftNow, PAST_DAYS};
use rust_decimal::Decimal;

use crate::money::{largest, short};
use crate::text::{Line, Tone, fit_end, human, ns_between, pad};

/// A column of the drifts, each of which can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriftColumn {
    /// How long it does not agree; the oldest first.
    #[default]
    Age,
    /// How much more the target shows; the most first, whatever its sign.
    Units,
    /// How much of that orders in flight do not explain; the most first, whatever its sign.
    Unexplained,
    /// What the open orders are worth that hold the SKU; the largest amount first, what nobody knows last.
    Money,
    /// How often it came back; the most often first.
    Past,
    /// The SKU, or the order.
    Item,
    /// Location, channel, field.
    Place,
    /// What is compared.
    Sync,
    /// What the source says; sorted by its name.
    Source,
    /// What the target says; sorted by its name.
    Target,
}

impl DriftColumn {
    /// All, in the order in which they are sorted by.
    pub const ALL: [Self; 10] = [
        Self::Age,
        Self::Units,
        Self::Unexplained,
        Self::Money,
        Self::Past,
        Self::Item,
        Self::Place,
        Self::Sync,
        Self::Source,
        Self::Target,
    ];

    /// From left to right.
    const SHOWN: [Self; 10] = [
        Self::Item,
        Self::Place,
        Self::Sync,
        Self::Source,
        Self::Target,
        Self::Units,
        Self::Unexplained,
        Self::Money,
        Self::Past,
        Self::Age,
    ];

    /// Those that matter most first.
    const BY_WEIGHT: [Self; 10] = [
        Self::Item,
        Self::Age,
        Self::Units,
        Self::Target,
        Self::Source,
        Self::Money,
        Self::Place,
        Self::Unexplained,
        Self::Past,
        Self::Sync,
    ];

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|column| *column == self).unwrap_or(0);
        Self::ALL.get(at + 1).copied().unwrap_or_default()
    }

    /// Its heading.
    pub fn name(self) -> &'static str {
        match self {
            Self::Age => "FOR",
            Self::Units => "BY",
            Self::Unexplained => "UNEXPLAINED",
            Self::Money => "MONEY",
            Self::Past => "AGAIN",
            Self::Item => "ITEM",
            Self::Place => "WHERE",
            Self::Sync => "WHAT",
            Self::Source => "SOURCE",
            Self::Target => "TARGET",
        }
    }

    /// What it says of a drift.
    pub fn text(self, drift: &DriftNow, now: Timestamp) -> String {
        match self {
            // It may be over by now, and nobody knows.
            Self::Age if drift.doubtful => format!("{}?", human(ns_between(drift.since, now))),
            Self::Age => human(ns_between(drift.since, now)),
            Self::Units => drift.difference.as_deref().map_or_else(|| "differs".to_owned(), signed),
            Self::Unexplained => unexplained(drift).map(signed).unwrap_or_default(),
            Self::Money => match &drift.endangered {
                Some(hit) if hit.orders == 0 => String::new(),
                Some(hit) => short(&hit.money, hit.more || hit.unpriced > 0),
                None => short(&[], false),
            },
            Self::Past if drift.past == 0 => String::new(),
            Self::Past => format!("{}×", drift.past),
            Self::Item => drift.subject.clone(),
            Self::Place => place(drift),
            Self::Sync => drift.sync.clone(),
            Self::Source => format!("{} {}", drift.source, drift.source_value),
            Self::Target => format!("{} {}", drift.target, drift.target_value),
        }
    }

    /// Which of two comes first.
    pub fn compare(self, one: &DriftNow, other: &DriftNow) -> Ordering {
        match self {
            Self::Age => one.since.cmp(&other.since),
            Self::Units => units(other.difference.as_deref()).cmp(&units(one.difference.as_deref())),
            Self::Unexplained => units(rest(other)).cmp(&units(rest(one))),
            Self::Money => match (worth(one), worth(other)) {
                (Some(one), Some(other)) => other.total_cmp(&one),
                (one, other) => one.is_none().cmp(&other.is_none()),
            },
            Self::Past => (other.past, other.past_late).cmp(&(one.past, one.past_late)),
            Self::Item => one.subject.cmp(&other.subject),
            Self::Place => place(one).cmp(&place(other)),
            Self::Sync => one.sync.cmp(&other.sync),
            Self::Source => one.source.cmp(&other.source),
            Self::Target => one.target.cmp(&other.target),
        }
    }

    /// Whether it is read from the right: figures.
    fn is_figure(self) -> bool {
        matches!(self, Self::Age | Self::Units | Self::Unexplained | Self::Money | Self::Past)
    }

    /// The columns of the terminal without which it is left out, and those with which it has enough.
    fn widths(self) -> (usize, usize) {
        match self {
            Self::Item => (14, 24),
            Self::Age => (8, 8),
            Self::Units => (8, 9),
            Self::Target => (17, 26),
            Self::Source => (13, 22),
            // With the mark of what is sorted by.
            Self::Unexplained => (12, 12),
            Self::Money => (11, 11),
            Self::Place => (9, 16),
            Self::Past => (6, 6),
            Self::Sync => (8, 14),
        }
    }
}

/// How big a difference is; what is no number, or one that no decimal holds, is the biggest.
fn units(difference: Option<&str>) -> (bool, Decimal) {
    let units = difference.and_then(|by| Decimal::from_str_exact(by).ok());
    units.map_or((true, Decimal::ZERO), |units| (false, units.abs()))
}

/// What orders in flight leave of the difference, where they explain any of it.
fn unexplained(drift: &DriftNow) -> Option<&str> {
    let explains = |explained: &str| Decimal::from_str_exact(explained).is_ok_and(|explained| !explained.is_zero());
    drift.in_flight.as_ref().filter(|by| explains(&by.explained)).map(|by| by.unexplained.as_str())
}

/// The same, and all of it where they explain nothing.
fn rest(drift: &DriftNow) -> Option<&str> {
    unexplained(drift).or(drift.difference.as_deref())
}

/// The largest amount of what is endangered; `None` where nobody says how much that is.
fn worth(drift: &DriftNow) -> Option<f64> {
    let hit = drift.endangered.as_ref()?;
    (hit.orders == 0 || !hit.money.is_empty()).then(|| largest(&hit.money))
}

/// How the columns of the table share its width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftColumns {
    /// Those for which there is room, from left to right, and how wide they are.
    shown: Vec<(DriftColumn, usize)>,
}

impl DriftColumns {
    /// Shares out `columns`: which item comes first, then what is sorted by, by how much and since when, what
    /// both say, and what that endangers.
    pub fn of(columns: usize, sorted: DriftColumn) -> Self {
        // The mark; each column has a blank before it.
        let mut free = columns.saturating_sub(1);
        let [item, others @ ..] = DriftColumn::BY_WEIGHT;
        let others = others.into_iter().filter(|column| *column != sorted);
        let wanted = std::iter::once(sorted).filter(|column| *column != item).chain(others);
        let mut shown = vec![(item, item.widths().0.min(free.saturating_sub(1)))];
        free = free.saturating_sub(shown[0].1 + 1);
        for (column, (least, _)) in wanted.map(|column| (column, column.widths())) {
            if least < free {
                shown.push((column, least));
                free -= least + 1;
            }
        }
        for (column, width) in &mut shown {
            let more = column.widths().1.saturating_sub(*width).min(free);
            *width += more;
            free -= more;
        }
        shown[0].1 += free;
        shown.sort_by_key(|(column, _)| DriftColumn::SHOWN.iter().position(|shown| shown == column));
        Self { shown }
    }

    fn line(&self, mark: (Tone, &str), cell: impl Fn(DriftColumn) -> (Tone, String)) -> Line {
        let mut line = Line::of(mark.0, pad(mark.1, 1));
        for &(column, width) in &self.shown {
            let (tone, text) = cell(column);
            line.push(Tone::Plain, " ");
            match column.is_figure() {
                true => line.push(tone, format!("{text:>width$}", text = fit_end(&text, width))),
                false => line.push(tone, pad(&text, width)),
            }
        }
        line
    }

    /// The names of the columns; the one sorted by bears the mark.
    pub fn heading(&self, sorted: (DriftColumn, char)) -> Line {
        self.line((Tone::Plain, ""), |column| match sorted {
            (by, mark) if by == column => (Tone::Title, format!("{}{mark}", column.name())),
            _ => (Tone::Dim, column.name().to_owned()),
        })
    }

    /// One drift: marked `!` where it takes longer than the target's vendor says.
    pub fn row(&self, drift: &DriftNow, now: Timestamp) -> Line {
        let (tone, mark) = if drift.late { (Tone::Error, "!") } else { (Tone::Plain, "") };
        let has_place = self.shown.iter().any(|(column, _)| *column == DriftColumn::Place);
        self.line((tone, mark), |column| match column {
            // Else the places of a SKU would look the same.
            DriftColumn::Item if !has_place => (Tone::Strong, known([&drift.subject, &place(drift)])),
            DriftColumn::Item => (Tone::Strong, column.text(drift, now)),
            DriftColumn::Age => (tone, column.text(drift, now)),
            _ => (Tone::Plain, column.text(drift, now)),
        })
    }
}

/// Location, channel, field and currency, as far as there are any.
fn place(drift: &DriftNow) -> String {
    known([&drift.location, &drift.channel, &drift.field, &drift.currency])
}

/// What it is a copy of, with what is known of it.
pub fn item_text(drift: &DriftNow) -> String {
    known([&drift.subject, &drift.location, &drift.channel, &drift.field])
}

/// `+7`, `-11`, `0`.
pub(super) fn signed(by: &str) -> String {
    if by.starts_with('-') || by == "0" { by.to_owned() } else { format!("+{by}") }
}

fn known<const N: usize>(texts: [&String; N]) -> String {
    texts.into_iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}

/// `wms 7, storefront 10 (+3, +42.86 %)`.
pub fn values_text(drift: &DriftNow) -> String {
    let percent = drift.percent.as_ref().map(|by| format!(", {} %", signed(by))).unwrap_or_default();
    let by = drift.difference.as_ref().map(|by| format!(" ({}{percent})", signed(by)));
    let currency = if drift.currency.is_empty() { String::new() } else { format!(" {}", drift.currency) };
    format!(
        "{} {}{currency}, {} {}{currency}{}",
        drift.source,
        drift.source_value,
        drift.target,
        drift.target_value,
        by.unwrap_or_default()
    )
}

/// `4× in 7d, 3 late`: how often it came back.
pub fn past_text(drift: &DriftNow) -> Option<String> {
    let late = if drift.past_late > 0 { format!(", {} late", drift.past_late) } else { String::new() };
    (drift.past > 0).then(|| format!("{}× in {PAST_DAYS}d{late}", drift.past))
}

/// `search index products of pim`.
pub fn age_text(age: &AgeNow) -> String {
    format!("{} {} of {}", age.entity.name().replace('_', " "), age.name, age.system)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_row_is_as_wide_as_the_screen() {
        for columns in 12..200 {
            for sorted in DriftColumn::ALL {
                let layout = DriftColumns::of(columns, sorted);
                for drift in sample::sync().drifts {
                    let line = layout.row(&drift, sample::now());
                    assert_eq!(line.width(), columns, "{sorted:?}: {:?}", line.text());
                }
            }
        }
    }

    #[test]
    fn what_matters_is_shown_where_room_is_short() {
        let shown = |columns, sorted| {
            let heading = DriftColumns::of(columns, sorted).heading((sorted, '▼')).text();
            heading.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(shown(40, DriftColumn::Age), ["ITEM", "BY", "FOR▼"]);
        assert_eq!(shown(79, DriftColumn::Age), ["ITEM", "SOURCE", "TARGET", "BY", "MONEY", "FOR▼"]);
        assert!(shown(103, DriftColumn::Age).contains(&"UNEXPLAINED".to_owned()));
        for columns in 40..200 {
            for sorted in DriftColumn::ALL {
                let mark = format!("{}▼", sorted.name());
                assert!(shown(columns, sorted).contains(&mark), "{sorted:?} at {columns}");
            }
        }
    }

    #[test]
    fn the_places_of_a_sku_look_different() {
        let drift = &sample::sync().drifts[0];
        let row = |columns| DriftColumns::of(columns, DriftColumn::Age).row(drift, sample::now()).text();
        assert!(row(79).contains("HAT-RED-M main "), "{}", row(79));
        assert!(row(120).contains("HAT-RED-M  ") && row(120).contains(" main "), "{}", row(120));
    }

    #[test]
    fn what_nobody_knows_is_not_nothing() {
        let drifts = sample::sync().drifts;
        let texts = |column: DriftColumn| [0, 1, 2, 3].map(|at| column.text(&drifts[at], sample::now()));
        assert_eq!(texts(DriftColumn::Money), ["129 EUR", "1204 EUR+", "–", ""]);
        assert_eq!(texts(DriftColumn::Unexplained), ["", "-7", "", ""]);
        let mut idle = drifts[1].clone();
        idle.in_flight.as_mut().unwrap().explained = "0".to_owned();
        assert_eq!(DriftColumn::Unexplained.text(&idle, sample::now()), "", "orders that work the other way round");
    }

    #[test]
    fn each_column_sorts() {
        let first = |column: DriftColumn| {
            let mut drifts = sample::sync().drifts;
            drifts.sort_by(|one, other| column.compare(one, other));
            drifts.iter().map(|drift| drift.difference.clone().unwrap_or_default()).collect::<Vec<_>>()
        };
        assert_eq!(first(DriftColumn::Age), ["7", "-11", "", "5"]);
        assert_eq!(first(DriftColumn::Units), ["", "-11", "7", "5"], "what is no number is the biggest");
        assert_eq!(first(DriftColumn::Unexplained), ["", "7", "-11", "5"], "-7 of -11, and all of the others");
        assert_eq!(first(DriftColumn::Money), ["-11", "7", "5", ""], "what nobody knows comes last");
        assert_eq!(first(DriftColumn::Sync)[0], "5", "prices before stock");
        let mut column = DriftColumn::default();
        DriftColumn::ALL.iter().for_each(|_| column = column.next());
        assert_eq!(column, DriftColumn::default(), "round");
    }
}
