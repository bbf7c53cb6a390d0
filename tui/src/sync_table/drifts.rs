use std::cmp::Ordering;

use jiff::Timestamp;
use ordertrace_api::sync::{AgeNow, DriftNow, PAST_DAYS};
use rust_decimal::Decimal;

use crate::text::{Line, Tone, fit_end, human, ns_between, pad};

/// A column of the drifts, each of which can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriftColumn {
    /// How long it does not agree; the oldest first.
    #[default]
    Age,
    /// How much more the target shows; the most first, whatever its sign.
    Units,
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
    pub const ALL: [Self; 8] =
        [Self::Age, Self::Units, Self::Past, Self::Item, Self::Place, Self::Sync, Self::Source, Self::Target];

    /// From left to right.
    const SHOWN: [Self; 8] =
        [Self::Item, Self::Place, Self::Sync, Self::Source, Self::Target, Self::Units, Self::Past, Self::Age];

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
            Self::Units => match &drift.difference {
                Some(by) if by.starts_with('-') => by.clone(),
                Some(by) => format!("+{by}"),
                None => "differs".to_owned(),
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
            Self::Units => units(other).cmp(&units(one)),
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
        matches!(self, Self::Age | Self::Units | Self::Past)
    }

    /// Its width on a screen of so many columns; 0 = it is left out.
    fn width(self, columns: usize) -> usize {
        let wide = columns >= 124;
        match self {
            Self::Age => 8,
            Self::Units if columns >= 40 => 9,
            Self::Past if columns >= 100 => 6,
            Self::Place if columns >= 70 => {
                if wide {
                    16
                } else {
                    9
                }
            }
            Self::Sync if wide => 14,
            Self::Source if columns >= 64 => {
                if wide {
                    22
                } else {
                    13
                }
            }
            Self::Target if columns >= 50 => {
                if wide {
                    26
                } else {
                    17
                }
            }
            _ => 0,
        }
    }
}

/// How big the difference is; what is no number, or one that no decimal holds, is the biggest.
fn units(drift: &DriftNow) -> (bool, Decimal) {
    let units = drift.difference.as_deref().and_then(|by| Decimal::from_str_exact(by).ok());
    units.map_or((true, Decimal::ZERO), |units| (false, units.abs()))
}

/// How the columns of the table share its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriftColumns {
    columns: usize,
    /// What the others leave.
    item: usize,
}

impl DriftColumns {
    /// Shares out `columns`: which item comes first, then by how much and since when.
    pub fn of(columns: usize) -> Self {
        let taken: usize = DriftColumn::SHOWN
            .iter()
            .filter(|column| **column != DriftColumn::Item)
            .map(|column| column.width(columns))
            .filter(|width| *width > 0)
            .map(|width| width + 1)
            .sum();
        Self { columns, item: columns.saturating_sub(taken + 2) }
    }

    fn line(self, mark: (Tone, &str), cell: impl Fn(DriftColumn) -> (Tone, String)) -> Line {
        let mut line = Line::of(mark.0, pad(mark.1, 1));
        for column in DriftColumn::SHOWN {
            let width = if column == DriftColumn::Item { self.item } else { column.width(self.columns) };
            if width == 0 {
                continue;
            }
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
    pub fn heading(self, sorted: (DriftColumn, char)) -> Line {
        self.line((Tone::Plain, ""), |column| match sorted {
            (by, mark) if by == column => (Tone::Title, format!("{}{mark}", column.name())),
            _ => (Tone::Dim, column.name().to_owned()),
        })
    }

    /// One drift: marked `!` where it takes longer than the target's vendor says.
    pub fn row(self, drift: &DriftNow, now: Timestamp) -> Line {
        let (tone, mark) = if drift.late { (Tone::Error, "!") } else { (Tone::Plain, "") };
        self.line((tone, mark), |column| {
            let tone = match column {
                DriftColumn::Item => Tone::Strong,
                DriftColumn::Age => tone,
                _ => Tone::Plain,
            };
            (tone, column.text(drift, now))
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

fn known<const N: usize>(texts: [&String; N]) -> String {
    texts.into_iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}

/// `wms 7, storefront 10 (+3, +42.86 %)`.
pub fn values_text(drift: &DriftNow) -> String {
    let signed = |by: &String| if by.starts_with('-') { by.clone() } else { format!("+{by}") };
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
            for drift in sample::sync().drifts {
                let line = DriftColumns::of(columns).row(&drift, sample::now());
                assert_eq!(line.width(), columns, "{:?}", line.text());
            }
        }
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
        assert_eq!(first(DriftColumn::Sync)[0], "5", "prices before stock");
        let mut column = DriftColumn::default();
        DriftColumn::ALL.iter().for_each(|_| column = column.next());
        assert_eq!(column, DriftColumn::default(), "round");
    }
}
