use ordertrace_api::lines::SkuOrders;

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use crate::money;
use crate::sync_table::{SkuOrderColumns, open_mark, reached_last};
use crate::text::{Line, Tone, wrap};

/// The orders that touched a SKU, the newest first.
pub fn sku_orders_lines(reply: &SkuOrders, around: &Surroundings) -> Vec<Line> {
    if reply.orders.is_empty() {
        return vec![Line::of(Tone::Dim, "no order is known to have touched it").cut(around.columns)];
    }
    let columns = SkuOrderColumns::of(around.columns);
    let rows = reply.orders.iter().map(|order| columns.row(order, around.now, &around.zone));
    let mut lines: Vec<Line> = std::iter::once(columns.heading()).chain(rows).collect();
    if reply.more {
        let hint = "more orders touched it: narrow with --since and --until, or raise --limit";
        lines.extend(wrap(hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines
}

/// The orders that touched a SKU for a ticket; nothing where there are none.
pub fn sku_orders_markdown(reply: &SkuOrders, around: &Surroundings) -> String {
    let mut text = Markdown::default();
    if reply.orders.is_empty() {
        return text.text();
    }
    text.line("");
    let rows = reply.orders.iter().map(|order| {
        let (milestone, system) = reached_last(order).unwrap_or_default();
        vec![
            order.seen.last().map(|seen| around.date_clock(seen.at)).unwrap_or_default(),
            code(&order.order.to_string()),
            order.units.clone().unwrap_or_default(),
            order.money.as_ref().map(money::full).unwrap_or_default(),
            open_mark(order).1.to_owned(),
            escape(milestone),
            escape(system),
        ]
    });
    text.table(&["seen last", "order", "units", "money", "state", "reached last", "where"], rows);
    if reply.more {
        text.line("\nMore orders touched it.");
    }
    text.text()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::sample;

    #[test]
    fn the_orders_that_touched_a_sku() {
        let around = |columns| Surroundings { now: sample::now(), zone: TimeZone::UTC, columns };
        let text = |reply: &SkuOrders, columns| {
            let lines = sku_orders_lines(reply, &around(columns));
            assert!(lines.iter().all(|line| line.width() <= columns));
            lines.iter().map(|line| line.text().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
        };
        let orders = sample::sku_orders();
        assert_snapshot!("sku_orders_80", text(&orders, 80));
        assert_snapshot!("sku_orders_140", text(&orders, 140));
        assert_snapshot!("sku_orders_markdown", sku_orders_markdown(&orders, &around(80)));
        assert_eq!(text(&SkuOrders::default(), 80), "no order is known to have touched it");
        assert_eq!(sku_orders_markdown(&SkuOrders::default(), &around(80)), "");
        text(&orders, 20);
    }
}
