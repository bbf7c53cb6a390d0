//! The orders list as a table, for a screen or a report.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ordertrace_api::journey::JourneyState;
use ordertrace_api::keys::Key;
use ordertrace_api::order::{OrderSummary, SlowestHandoff};

use crate::text::{Line, Tone, fit, fit_end, human, near_clock, ns_between, pad, width};

const STARTED: usize = 11;
const AGE: usize = 6;
const RETRIES: usize = 4;

/// How the columns of the list share its width. A column of 0 is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListColumns {
    state: usize,
    order: usize,
    started: usize,
    age: usize,
    quiet: usize,
    milestone: usize,
    systems: usize,
    slowest: usize,
}

impl ListColumns {
    /// Shares out `columns`: state, order, age and retries come first, for they say whom to
    /// help; what does not fit is left out.
    pub fn of(columns: usize) -> Self {
        // On a narrow screen the state's symbol must do.
        let (state, age) = if columns >= 40 { (8, AGE) } else { (1, 0) };
        let mut free = columns.saturating_sub(state + 1 + age + 1 + RETRIES + 1);
        let mut take = |wanted: usize, at_least: usize| {
            let taken = wanted.min(free.saturating_sub(1));
            let taken = if taken < at_least { 0 } else { taken };
            free = free.saturating_sub(taken + 1);
            taken
        };
        let wide = columns >= 110;
        let order = take(if wide { 24 } else { 16 }, 1);
        let milestone = take(if wide { 20 } else { 13 }, 8);
        let slowest = take(if wide { 30 } else { 16 }, 10);
        let started = if columns >= 100 { take(STARTED, STARTED) } else { 0 };
        let quiet = if columns >= 100 { take(AGE, AGE) } else { 0 };
        let systems = take(48, 7);
        // What nobody needs, the order's id and the operation can use.
        let slowest = if wide { slowest + free } else { slowest };
        let order = if wide { order } else { order + free };
        Self { state, order, started, age, quiet, milestone, systems, slowest }
    }

    fn line(self, cells: [(Tone, String); 9]) -> Line {
        let widths = [
            self.state,
            self.order,
            self.started,
            self.age,
            self.quiet,
            RETRIES,
            self.milestone,
            self.systems,
            self.slowest,
        ];
        let mut line = Line::default();
        for ((tone, text), columns) in cells.into_iter().zip(widths).filter(|(_, columns)| *columns > 0) {
            line.push(tone, pad(&text, columns));
            line.push(Tone::Plain, " ");
        }
        line
    }

    /// The names of the columns; the one sorted by bears the mark.
    pub fn heading(self, sorted: Option<(&str, char)>) -> Line {
        let names = ["STATE", "ORDER", "STARTED", "AGE", "QUIET", "↻", "MILESTONE", "SYSTEMS", "SLOWEST"];
        self.line(names.map(|name| match sorted {
            Some((by, mark)) if by == name => (Tone::Title, format!("{name}{mark}")),
            _ => (Tone::Dim, name.to_owned()),
        }))
    }

    /// One order.
    pub fn row(self, order: &OrderSummary, now: Timestamp, zone: &TimeZone) -> Line {
        let (state_tone, state) = state_mark(order.state);
        let retries = if order.retries > 0 { format!("↻{}", order.retries) } else { String::new() };
        let milestone = order.last_milestone.as_ref().map_or("", |milestone| milestone.name.as_str());
        let order_tone = if order.state == JourneyState::Failed { Tone::Error } else { Tone::Strong };
        self.line([
            (state_tone, if self.state < width(state) { state.chars().take(1).collect() } else { state.to_owned() }),
            (order_tone, id(&order.id, self.order)),
            (Tone::Plain, near_clock(order.started_at, now, zone)),
            (Tone::Plain, age(ns_between(order.started_at, now))),
            (Tone::Plain, age(ns_between(order.last_at, now))),
            (Tone::Warning, retries),
            (Tone::Plain, milestone.to_owned()),
            (Tone::Plain, path(&order.systems, self.systems)),
            (Tone::Plain, order.slowest.as_ref().map(|slowest| handoff(slowest, self.slowest)).unwrap_or_default()),
        ])
    }
}

/// Most are orders: saying so in each row would only cost columns. Where room is short the
/// kind goes first, for system and value tell one from another.
pub(crate) fn id(key: &Key, columns: usize) -> String {
    let full = key.to_string();
    let short = match &key.system {
        Some(system) => format!("@{system}:{}", key.value),
        None => key.value.clone(),
    };
    let plain_order = key.kind == "order" && key.system.is_none();
    if plain_order || width(&full) > columns { fit_end(&short, columns) } else { full }
}

/// `✗ failed`: with a symbol, for those who see no colour.
pub fn state_mark(state: JourneyState) -> (Tone, &'static str) {
    match state {
        JourneyState::Failed => (Tone::Error, "✗ failed"),
        JourneyState::Open => (Tone::Plain, "○ open"),
        JourneyState::Done => (Tone::Good, "✓ done"),
    }
}

/// Whole seconds: tenths that change at every look only distract.
fn age(ns: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    human(ns / SECOND * SECOND)
}

/// The systems' names, shortened to three letters where they do not fit; where the order
/// is now matters more than where it came from.
fn path(systems: &[String], columns: usize) -> String {
    let full = systems.join("›");
    if width(&full) <= columns {
        return full;
    }
    let short: Vec<String> = systems.iter().map(|system| system.chars().take(3).collect()).collect();
    let ends = (0..short.len()).map(|cut| {
        let end = short.get(cut..).unwrap_or_default().join("›");
        if cut == 0 { end } else { format!("…›{end}") }
    });
    ends.into_iter().find(|end| width(end) <= columns).unwrap_or_default()
}

/// `1.24s storefront→payments POST /charge`, or as much as fits: who was slow goes last.
fn handoff(slowest: &SlowestHandoff, columns: usize) -> String {
    let time = human(slowest.duration_ns);
    let from = slowest.from.as_deref().unwrap_or_default();
    let long = format!("{time} {from}→{} {}", slowest.to, slowest.operation);
    if columns >= 30 { fit(&long, columns) } else { fit(&format!("{time} →{}", slowest.to), columns) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_row_is_as_wide_as_the_screen_or_narrower() {
        for columns in 0..200 {
            for order in sample::orders().orders {
                let line = ListColumns::of(columns).row(&order, sample::now(), &TimeZone::UTC);
                // Below that not even state and retries fit.
                assert!(line.width() <= columns.max(8), "{columns}: {:?}", line.text());
            }
        }
    }

    #[test]
    fn ids_keep_what_tells_them_apart() {
        assert_eq!(id(&sample::key("order:A-10042"), 20), "A-10042");
        assert_eq!(id(&sample::key("payment:pi_3QxRt7Kv20aZ"), 24), "payment:pi_3QxRt7Kv20aZ");
        assert_eq!(id(&sample::key("payment:pi_3QxRt7Kv20aZ"), 16), "pi_3QxRt7Kv20aZ");
        assert_eq!(id(&sample::key("order@storefront:4"), 16), "@storefront:4");
        assert_eq!(id(&sample::key("payment:pi_3QxRt7Kv20aZ"), 8), "…7Kv20aZ");
    }

    #[test]
    fn long_paths_keep_their_end() {
        let systems = ["storefront", "payments", "oms", "erp"].map(str::to_owned);
        assert_eq!(path(&systems, 40), "storefront›payments›oms›erp");
        assert_eq!(path(&systems, 15), "sto›pay›oms›erp");
        assert_eq!(path(&systems, 12), "…›oms›erp");
        assert_eq!(path(&systems, 2), "");
    }
}
