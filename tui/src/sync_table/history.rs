use jiff::Timestamp;
use jiff::tz::TimeZone;
use ordertrace_api::history::{CopyHistory, History};
use ordertrace_api::lines::SkuOrder;
use ordertrace_api::reading::{Entity, StockState};
use ordertrace_api::sync::DriftNow;

use super::cells::push_cells;
use super::drifts::signed;
use super::steps::{marks, steps};
use crate::text::{Line, Tone, fit, human, ns_between, pad, width};

const SINCE: usize = 7;

/// How the columns of a history share its width. A column of 0 is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryColumns {
    what: usize,
    system: usize,
    place: usize,
    value: usize,
    by: usize,
    since: usize,
    steps: usize,
}

impl HistoryColumns {
    /// Shares out `columns` as far as this history needs them: who says what and since when come first, and
    /// time has what is left.
    pub fn of(columns: usize, history: &History, drifts: &[DriftNow]) -> Self {
        let widest = |text: &dyn Fn(&CopyHistory) -> String, name: &str, most: usize| {
            let widest = history.copies.iter().map(|copy| width(&text(copy))).max().unwrap_or(0);
            if widest == 0 { 0 } else { widest.max(width(name)).min(most) }
        };
        let wide = columns >= 110;
        let mut free = columns.saturating_sub(1);
        let mut take = |wanted: usize| {
            // Each has a blank before it.
            let taken = wanted.min(free.saturating_sub(1));
            free = free.saturating_sub(taken + usize::from(taken > 0));
            taken
        };
        let system = take(widest(&|copy| copy.system.clone(), "SYSTEM", if wide { 20 } else { 12 }));
        let value = take(widest(&value_text, "VALUE", if wide { 20 } else { 10 }));
        let since = take(if columns >= 40 { SINCE } else { 0 });
        let by = widest(&|copy| by_text(copy, drifts), "BY", 9);
        let by = take(if columns >= 50 { by } else { 0 });
        let what = take(if columns >= 60 { widest(&what, "WHAT", if wide { 20 } else { 10 }) } else { 0 });
        let place = take(if columns >= 70 { widest(&place, "WHERE", if wide { 20 } else { 9 }) } else { 0 });
        let steps = free.saturating_sub(1);
        Self { what, system, place, value, by, since, steps: if steps < 8 { 0 } else { steps } }
    }

    fn line(self, mark: (Tone, &str), cells: [(Tone, String); 7]) -> Line {
        let [what, system, place, value, by, since, steps] = cells;
        let mut line = Line::of(mark.0, pad(mark.1, 1));
        let columns = [
            (what, self.what, false),
            (system, self.system, false),
            (place, self.place, false),
            (value, self.value, true),
            (by, self.by, true),
            (since, self.since, true),
            (steps, self.steps, false),
        ];
        push_cells(&mut line, columns);
        line
    }

    /// The names of the columns, and over the bars the time they are of.
    pub fn heading(self, history: &History, zone: &TimeZone) -> Line {
        let axis = axis((history.since, history.until), self.steps, zone);
        let names = ["WHAT", "SYSTEM", "WHERE", "VALUE", "BY", "FOR"].map(|name| (Tone::Dim, name.to_owned()));
        let [what, system, place, value, by, since] = names;
        self.line((Tone::Plain, ""), [what, system, place, value, by, since, (Tone::Dim, axis)])
    }

    /// When orders touched it, over the bars; where one of them is `chosen`, it stands out. `None` where there are
    /// no bars.
    pub fn marks(self, history: &History, orders: &[SkuOrder], chosen: Option<&SkuOrder>) -> Option<Line> {
        let [name, blank] = [(Tone::Dim, "orders".to_owned()), (Tone::Plain, String::new())];
        let (what, system) = if self.what > 0 { (name, blank.clone()) } else { (blank.clone(), name) };
        let [place, value, by, since] = std::array::from_fn(|_| blank.clone());
        let touched = (Tone::Strong, marks(history, orders, chosen, self.steps));
        let line = self.line((Tone::Plain, ""), [what, system, place, value, by, since, touched]);
        Some(line).filter(|_| self.steps > 0)
    }

    /// One copy: marked `!` where it does not show what its source does and is late, `~` where it is not.
    pub fn row(self, history: &History, copy: &CopyHistory, drifts: &[DriftNow], now: Timestamp) -> Line {
        let drift = drift_of(copy, drifts);
        let (tone, mark) = match drift {
            Some(drift) if drift.late => (Tone::Error, "!"),
            Some(_) => (Tone::Warning, "~"),
            None => (Tone::Plain, ""),
        };
        let since = copy.values.last().map(|value| human(ns_between(value.since, now)));
        let value_tone = if drift.is_some() { tone } else { Tone::Strong };
        let bar_tone = if drift.is_some() { tone } else { Tone::Work };
        self.line(
            (tone, mark),
            [
                (Tone::Plain, what(copy)),
                (Tone::Strong, copy.system.clone()),
                (Tone::Plain, place(copy)),
                (value_tone, value_text(copy)),
                (tone, by_text(copy, drifts)),
                (Tone::Plain, since.unwrap_or_default()),
                (bar_tone, steps(history, copy, self.steps)),
            ],
        )
    }
}

/// `storefront stock main`.
pub fn copy_text(copy: &CopyHistory) -> String {
    let texts = [copy.system.clone(), what(copy), place(copy)];
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Of what it is: `stock`, `reserved`, `price EUR`, `product title`.
fn what(copy: &CopyHistory) -> String {
    match copy.entity {
        Entity::Inventory if copy.state.is_empty() || copy.state == StockState::Available.name() => "stock".to_owned(),
        Entity::Inventory => copy.state.replace('_', " "),
        Entity::Price => format!("price {}", copy.currency),
        Entity::Product => copy.field.clone(),
        Entity::OrderStatus => "status".to_owned(),
        Entity::Feed | Entity::SearchIndex => copy.entity.name().replace('_', " "),
    }
}

fn place(copy: &CopyHistory) -> String {
    let texts = [&copy.location, &copy.channel];
    texts.into_iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}

/// What it says now: `7`, `2 ×12`.
fn value_text(copy: &CopyHistory) -> String {
    let value = copy.values.last().map(|value| value.value.clone()).unwrap_or_default();
    if copy.units_each == "1" { value } else { format!("{value} ×{}", copy.units_each) }
}

fn by_text(copy: &CopyHistory, drifts: &[DriftNow]) -> String {
    let by = drift_of(copy, drifts).and_then(|drift| drift.difference.as_deref());
    by.map(signed).unwrap_or_default()
}

/// What differs of it now.
pub(super) fn drift_of<'d>(copy: &CopyHistory, drifts: &'d [DriftNow]) -> Option<&'d DriftNow> {
    drifts.iter().find(|drift| {
        drift.entity == copy.entity
            && drift.target == copy.system
            && (&drift.location, &drift.channel) == (&copy.location, &copy.channel)
            && (&drift.currency, &drift.field) == (&copy.currency, &copy.field)
    })
}

/// The beginning of the range, its middle and its end, as far as there is room.
fn axis((since, until): (Timestamp, Timestamp), columns: usize, zone: &TimeZone) -> String {
    // A day that goes on while it is looked at is a little longer than one.
    const DAY_NS: u64 = 90_000_000_000_000;
    let length_ns = ns_between(since, until);
    let format = if length_ns > DAY_NS { "%m-%d %H:%M" } else { "%H:%M" };
    let clock = |at: Timestamp| at.to_zoned(zone.clone()).strftime(format).to_string();
    let half = jiff::SignedDuration::from_nanos(i64::try_from(length_ns / 2).unwrap_or(0));
    let [first, middle, last] = [since, since.checked_add(half).unwrap_or(since), until].map(clock);
    let taken = width(&first) + width(&last);
    if columns < taken + 1 {
        return fit(&first, columns);
    }
    let free = columns - taken;
    let before = (columns / 2).saturating_sub(width(&first));
    match free.checked_sub(before + width(&middle)) {
        Some(after) if before > 0 && after > 0 => {
            format!("{first}{}{middle}{}{last}", " ".repeat(before), " ".repeat(after))
        }
        _ => format!("{first}{}{last}", " ".repeat(free)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_row_is_no_wider_than_the_screen_and_all_are_as_wide() {
        let (history, drifts) = (sample::history(), sample::sync().drifts);
        for columns in 8..200 {
            let layout = HistoryColumns::of(columns, &history, &drifts);
            let wide = layout.heading(&history, &TimeZone::UTC).width();
            assert!(wide <= columns, "{columns}: {wide}");
            if let Some(line) = layout.marks(&history, &sample::sku_orders().orders, None) {
                assert_eq!(line.width(), wide, "{columns}: {:?}", line.text());
            }
            for copy in &history.copies {
                let line = layout.row(&history, copy, &drifts, sample::now());
                assert_eq!(line.width(), wide, "{columns}: {:?}", line.text());
            }
        }
    }

    #[test]
    fn the_time_is_told_as_far_as_there_is_room() {
        let range = (sample::start(), sample::start() + jiff::SignedDuration::from_hours(2));
        let axis = |columns| axis(range, columns, &TimeZone::UTC);
        assert_eq!(axis(24), "09:12       10:12  11:12");
        assert_eq!(axis(12), "09:12  11:12");
        assert_eq!(axis(8), "09:12");
        (0..99).for_each(|columns| assert!(width(&axis(columns)) <= columns));
    }
}
