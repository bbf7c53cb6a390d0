//! The orders that touched a SKU as a table.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ordertrace_api::finding::Money;
use ordertrace_api::history::History;
use ordertrace_api::lines::{LineSeen, SkuOrder};
use ordertrace_api::reading::Entity;

use super::cells::push_cells;
use crate::listing::id;
use crate::money;
use crate::text::{Line, Tone, date_clock, near_clock, pad, width};

const SEEN: usize = 11;
const UNITS: usize = 5;
const MONEY: usize = 11;
/// So much of a milestone says which one it is.
const MILESTONE: usize = 12;

/// How the columns of the orders share the width. A column of 0 is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkuOrderColumns {
    seen: usize,
    order: usize,
    units: usize,
    money: usize,
    state: usize,
    milestone: usize,
}

impl SkuOrderColumns {
    /// Shares out `columns`: which order it is and whether it is open come first, then what it is worth, and how
    /// far it has come.
    pub fn of(columns: usize) -> Self {
        // Each but the first has a blank before it.
        let mut free = columns + 1;
        let mut take = |wanted: usize, at_least: usize| {
            let taken = wanted.min(free.saturating_sub(1));
            let taken = if taken < at_least { 0 } else { taken };
            free = free.saturating_sub(taken + usize::from(taken > 0));
            taken
        };
        let order = take(if columns >= 110 { 24 } else { 16 }, 1);
        // On a narrow screen the state's symbol must do.
        let state = take(if columns >= 40 { 8 } else { 1 }, 1);
        let money = take(MONEY, MONEY);
        let seen = take(SEEN, SEEN);
        let units = take(UNITS, UNITS);
        let milestone = take(columns, MILESTONE);
        Self { seen, order, units, money, state, milestone }
    }

    fn line(self, cells: [(Tone, String); 6]) -> Line {
        let [seen, order, units, money, state, milestone] = cells;
        let mut line = Line::default();
        let columns = [
            (seen, self.seen, false),
            (order, self.order, false),
            (units, self.units, true),
            (money, self.money, true),
            (state, self.state, false),
            (milestone, self.milestone, false),
        ];
        push_cells(&mut line, columns);
        line
    }

    /// The names of the columns.
    pub fn heading(self) -> Line {
        let names = ["SEEN LAST", "ORDER", "UNITS", "MONEY", "STATE", "REACHED LAST"];
        self.line(names.map(|name| (Tone::Dim, name.to_owned())))
    }

    /// One order.
    pub fn row(self, order: &SkuOrder, now: Timestamp, zone: &TimeZone) -> Line {
        let (tone, state) = open_mark(order);
        let seen = order.seen.last().map(|seen| near_clock(seen.at, now, zone));
        let money = order.money.as_ref().map_or_else(unknown, |worth| money_within(worth, self.money));
        let symbol = state.chars().take(1).collect();
        self.line([
            (Tone::Plain, seen.unwrap_or_default()),
            (Tone::Strong, id(&order.order, self.order)),
            (Tone::Plain, order.units.clone().unwrap_or_else(unknown)),
            (Tone::Plain, money),
            (tone, if self.state < width(state) { symbol } else { state.to_owned() }),
            (
                Tone::Plain,
                reached_last(order).map(|(milestone, system)| format!("{milestone} {system}")).unwrap_or_default(),
            ),
        ])
    }
}

/// Whether what `history` tells of is something that orders hold: an order or a feed is nothing of the kind.
pub fn is_sku(history: &History) -> bool {
    let goods = |entity| matches!(entity, Entity::Inventory | Entity::Price | Entity::Product);
    history.copies.is_empty() || history.copies.iter().any(|copy| goods(copy.entity))
}

/// `○ open`: with a symbol, for those who see no colour.
pub fn open_mark(order: &SkuOrder) -> (Tone, &'static str) {
    if order.open { (Tone::Warning, "○ open") } else { (Tone::Good, "✓ closed") }
}

/// The milestone that the order reached last with these goods, and the system that said so.
pub fn reached_last(order: &SkuOrder) -> Option<(&str, &str)> {
    order.seen.iter().rev().find_map(|seen| Some((seen.milestone.as_deref()?, seen.system.as_str())))
}

/// Which system spoke of the order's goods when, the latest first.
pub fn order_detail(order: &SkuOrder, zone: &TimeZone) -> Vec<Line> {
    let (tone, state) = open_mark(order);
    let units = order.units.as_deref().map_or_else(|| "units unknown".to_owned(), units_text);
    let worth = order.money.as_ref().map_or_else(|| "worth unknown".to_owned(), money::full);
    let head = Line::of(tone, state).and(Tone::Strong, format!("   {units}, {worth}"));
    std::iter::once(head).chain(order.seen.iter().rev().map(|seen| seen_line(seen, zone))).collect()
}

/// `2026-11-21 12:20:03  wms          inventory.reserved   2 units at main`.
fn seen_line(seen: &LineSeen, zone: &TimeZone) -> Line {
    let units = seen.units.as_deref().map(units_text).unwrap_or_default();
    let location = seen.location.as_ref().map(|location| format!(" at {location}")).unwrap_or_default();
    Line::of(Tone::Plain, date_clock(seen.at, zone))
        .and(Tone::Strong, format!("  {}", pad(&seen.system, 12)))
        .and(Tone::Plain, format!(" {}", pad(seen.milestone.as_deref().unwrap_or("mentioned"), 20)))
        .and(Tone::Plain, format!(" {units}"))
        .and(Tone::Dim, location)
}

/// `1 unit`, `2.5 units`.
fn units_text(units: &str) -> String {
    format!("{units} unit{}", if units == "1" { "" } else { "s" })
}

fn money_within(worth: &Money, columns: usize) -> String {
    let text = money::full(worth);
    if width(&text) > columns { money::short(std::slice::from_ref(worth), false) } else { text }
}

/// What nobody says is not nothing.
fn unknown() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_row_is_no_wider_than_the_screen_and_all_are_as_wide() {
        for columns in 4..200 {
            let layout = SkuOrderColumns::of(columns);
            let wide = layout.heading().width();
            assert!(wide <= columns, "{columns}: {wide}");
            for order in sample::sku_orders().orders {
                let line = layout.row(&order, sample::now(), &TimeZone::UTC);
                assert_eq!(line.width(), wide, "{columns}: {:?}", line.text());
            }
        }
    }

    #[test]
    fn what_an_order_reached_last_need_not_be_where_it_was_seen_last() {
        let mut order = sample::sku_orders().orders[0].clone();
        assert_eq!(order.seen.last().and_then(|seen| seen.milestone.as_deref()), None);
        assert_eq!(reached_last(&order), Some(("inventory.reserved", "wms")));
        order.seen.iter_mut().for_each(|seen| seen.milestone = None);
        assert_eq!(reached_last(&order), None);
    }

    #[test]
    fn what_does_not_fit_is_cut_where_it_is_money_too() {
        let worth = Money { amount: "1810233.40".to_owned(), currency: "EUR".to_owned() };
        assert_eq!([11, 14].map(|columns| money_within(&worth, columns)), ["1.8M EUR", "1810233.40 EUR"]);
    }

    #[test]
    fn orders_and_feeds_are_held_by_no_order() {
        let mut history = sample::history();
        assert!(is_sku(&history));
        history.copies.truncate(1);
        for (entity, expected) in
            [(Entity::Product, true), (Entity::OrderStatus, false), (Entity::Feed, false), (Entity::SearchIndex, false)]
        {
            history.copies[0].entity = entity;
            assert_eq!(is_sku(&history), expected, "{entity:?}");
        }
        history.copies.clear();
        assert!(is_sku(&history), "nobody knows that it is none");
    }
}
