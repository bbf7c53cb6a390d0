//! Values that hold until the next one as a line of bars.

use jiff::Timestamp;
use ordertrace_api::history::{CopyHistory, History};
use ordertrace_api::lines::SkuOrder;

use crate::text::ns_between;

/// From low to high.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Where values that are alike throughout stand.
const MIDDLE: char = '▄';

/// What is no number is a line that changes at points.
const SAME: char = '─';
const OTHER: char = '●';

/// When orders touched it.
const TOUCHED: char = '◆';
/// The same beside one that is chosen.
const BESIDE: char = '·';

/// The lowest and the highest of what is drawn on one scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// That of all copies of the same thing as `of`: so that they can be compared.
    pub(super) fn of(history: &History, of: &CopyHistory) -> Self {
        let alike = history.copies.iter().filter(|copy| {
            (copy.entity, &copy.currency, &copy.state, &copy.field) == (of.entity, &of.currency, &of.state, &of.field)
        });
        let none = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };
        let numbers = alike.flat_map(|copy| copy.values.iter().filter_map(|value| number(copy, &value.value)));
        numbers.fold(none, |scale, number| Self { low: scale.low.min(number), high: scale.high.max(number) })
    }

    fn bar(self, number: f64) -> char {
        if self.high <= self.low {
            return MIDDLE;
        }
        let step = ((number - self.low) / (self.high - self.low) * (BARS.len() - 1) as f64).round();
        BARS.get(step as usize).copied().unwrap_or(MIDDLE)
    }
}

/// What a value counts in units, near enough to be drawn.
fn number(copy: &CopyHistory, value: &str) -> Option<f64> {
    let number = value.parse::<f64>().ok()? * copy.units_each.parse::<f64>().ok()?;
    number.is_finite().then_some(number)
}

/// What a copy said over the range, in `columns` parts of it: of each what it said at the end. Blank before
/// anything is known.
pub(super) fn steps(history: &History, copy: &CopyHistory, columns: usize) -> String {
    let scale = Scale::of(history, copy);
    let part = |at: Timestamp| part(history, at, columns);
    let mut line = vec![' '; columns];
    for (value, next) in copy.values.iter().zip(copy.values.iter().skip(1).map(Some).chain([None])) {
        let from = part(value.since);
        let to = next.map_or(columns, |next| part(next.since));
        let known = number(copy, &value.value);
        let bar = known.map_or(SAME, |number| scale.bar(number));
        // A value that did not last as long as a part is in the line only where it is the last of it.
        line.iter_mut().take(to.max(from)).skip(from).for_each(|place| *place = bar);
        if known.is_none()
            && value.since >= history.since
            && let Some(place) = line.get_mut(from)
        {
            *place = OTHER;
        }
    }
    line.into_iter().collect()
}

/// When orders touched the SKU, in the same parts of the range; where one of them is chosen, it stands out.
pub(super) fn marks(history: &History, orders: &[SkuOrder], chosen: Option<&SkuOrder>, columns: usize) -> String {
    let mut line = vec![' '; columns];
    let mut mark = |order: &SkuOrder, with: char| {
        let within = |at: &Timestamp| (history.since..=history.until).contains(at);
        for at in order.seen.iter().map(|seen| seen.at).filter(within) {
            if let Some(place) = line.get_mut(part(history, at, columns)) {
                *place = with;
            }
        }
    };
    let with = if chosen.is_some() { BESIDE } else { TOUCHED };
    orders.iter().for_each(|order| mark(order, with));
    if let Some(order) = chosen {
        mark(order, TOUCHED);
    }
    line.into_iter().collect()
}

/// The last of `columns` parts of the range in which a time lies, counted from 0.
fn part(history: &History, at: Timestamp, columns: usize) -> usize {
    let whole_ns = ns_between(history.since, history.until).max(1);
    let parts = u128::from(ns_between(history.since, at)) * columns as u128 / u128::from(whole_ns);
    usize::try_from(parts).unwrap_or(columns).min(columns.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use ordertrace_api::history::ValueSince;
    use ordertrace_api::lines::LineSeen;

    use super::*;
    use crate::sample;

    /// Values since so many minutes into the last ten.
    fn values(values: &[(&str, i64)]) -> Vec<ValueSince> {
        let since = |minute: i64| sample::now() - SignedDuration::from_mins(10 - minute);
        let value = |(value, minute): &(&str, i64)| ValueSince {
            value: (*value).to_owned(),
            since: since(*minute),
            uncertain_ms: 0,
        };
        values.iter().map(value).collect()
    }

    /// Ten minutes of two systems, the first in ten parts.
    fn drawn(first: &[(&str, i64)], other: &[(&str, i64)]) -> String {
        let sample = sample::history();
        let copy = |of: &[(&str, i64)]| CopyHistory { values: values(of), ..sample.copies[0].clone() };
        let copies = vec![copy(first), copy(other)];
        let since = sample::now() - SignedDuration::from_mins(10);
        let history = History { since, until: sample::now(), copies, ..sample };
        steps(&history, &history.copies[0], 10)
    }

    #[test]
    fn a_value_holds_until_the_next() {
        assert_eq!(drawn(&[("0", -60), ("7", 5)], &[]), "▁▁▁▁▁█████");
        assert_eq!(drawn(&[("7", 5)], &[]), "     ▄▄▄▄▄", "nothing is known before");
        assert_eq!(drawn(&[("3", 0), ("5", 5)], &[("1", 0), ("8", 9)]), "▃▃▃▃▃▅▅▅▅▅", "all on one scale");
        assert_eq!(drawn(&[("1", 0), ("9", 3), ("1", 3), ("2", 9)], &[]), "▁▁▁▁▁▁▁▁▁▂", "what did not last");
    }

    #[test]
    fn what_is_no_number_changes_at_points() {
        assert_eq!(drawn(&[("open", -5), ("paid", 4), ("NaN", 8)], &[]), "────●───●─");
        assert_eq!(drawn(&[], &[]), " ".repeat(10));
    }

    #[test]
    fn orders_are_marked_where_the_bars_change() {
        let mut history = sample::history();
        (history.since, history.until) = (sample::now() - SignedDuration::from_mins(10), sample::now());
        history.copies[0].values = values(&[("7", -5), ("6", 3), ("5", 7)]);
        let order = |minutes: &[i64]| {
            let template = sample::sku_orders().orders[0].clone();
            let at = |minute: i64| sample::now() - SignedDuration::from_mins(10 - minute);
            let seen = minutes.iter().map(|minute| LineSeen { at: at(*minute), ..template.seen[0].clone() });
            SkuOrder { seen: seen.collect(), ..template }
        };
        let orders = [order(&[7, 8]), order(&[-3, 3])];
        assert_eq!(steps(&history, &history.copies[0], 10), "███▇▇▇▇▆▆▆");
        assert_eq!(marks(&history, &orders, None, 10), "   ◆   ◆◆ ", "what lies outside the range is left out");
        assert_eq!(marks(&history, &orders, Some(&orders[1]), 10), "   ◆   ·· ");
        assert_eq!(marks(&history, &orders, None, 0), "");
    }

    #[test]
    fn cases_are_drawn_as_their_units() {
        let mut history = sample::history();
        history.copies.truncate(2);
        history.copies[0] =
            CopyHistory { values: values(&[("12", -60)]), units_each: "1".to_owned(), ..history.copies[0].clone() };
        history.copies[1] =
            CopyHistory { values: values(&[("1", -60)]), units_each: "12".to_owned(), ..history.copies[0].clone() };
        let [first, other] = [0, 1].map(|at| steps(&history, &history.copies[at], 4));
        assert_eq!(first, other);
    }
}
