//! How a screen's rows are shared out: the state scrolls by it, the view draws by it.

use super::state::Size;

/// Rows of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// Title and what stands below it.
    pub head: u16,
    /// Names of the columns.
    pub heading: u16,
    /// The list.
    pub list: u16,
    /// The pane below it, its title line included.
    pub pane: u16,
    /// Messages.
    pub message: u16,
    /// Keys.
    pub footer: u16,
}

/// How much of the screen a pane takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaneSize {
    /// The lower half.
    Half,
    /// All but a few rows of the list.
    Full,
}

/// Findings that an order's head has room for.
pub(super) const FINDINGS_OF_ORDER: usize = 2;

/// The rows of the orders list; a further line in its head when there is an alarm.
pub(super) fn orders(size: Size, alarm: bool) -> Rows {
    share(size, if alarm && size.rows >= 8 { 2 } else { 1 }, None)
}

/// The rows of the findings; below them the chosen one in full.
pub(super) fn findings(size: Size) -> Rows {
    let mut rows = share(size, 1, None);
    rows.pane = take(&mut rows.list, 5, 10);
    // Half of it says nothing.
    if rows.pane < 5 {
        rows.list += std::mem::take(&mut rows.pane);
    }
    rows
}

/// The rows of the hotspots; below them all figures of the chosen one, and what they were.
pub(super) fn hotspots(size: Size, compared: bool) -> Rows {
    let mut rows = share(size, 1, None);
    let wanted = if compared { 9 } else { 5 };
    rows.pane = take(&mut rows.list, wanted, 8);
    // Names of columns without figures say nothing.
    if rows.pane < wanted {
        rows.list += std::mem::take(&mut rows.pane);
    }
    rows
}

/// The rows of the systems map; in its head what is broken, below it what the chosen row hands on and receives.
pub(super) fn map(size: Size) -> Rows {
    let mut rows = share(size, if size.rows >= 8 { 2 } else { 1 }, None);
    rows.pane = take(&mut rows.list, 5, 8);
    // Names of columns without figures say nothing.
    if rows.pane < 5 {
        rows.list += std::mem::take(&mut rows.pane);
    }
    rows
}

/// The rows of the surface; in its head what all rows say together.
pub(super) fn surface(size: Size, detail: bool) -> Rows {
    share(size, if size.rows >= 12 { 3 } else { 1 }, detail.then_some(PaneSize::Half))
}

/// The rows of the alerts; in their head who is told, below them the chosen one in full.
pub(super) fn alerts(size: Size) -> Rows {
    let mut rows = share(size, if size.rows >= 8 { 2 } else { 1 }, None);
    rows.pane = take(&mut rows.list, 8, 6);
    // Half of it says nothing.
    if rows.pane < 5 {
        rows.list += std::mem::take(&mut rows.pane);
    }
    rows
}

/// Lines beside the targets in the head of sync: the title, what is compared, what the shades mean.
pub(super) const BESIDE_TARGETS: u16 = 3;

/// The rows of lags and drifts: in the head the lags of so many targets, at most a third of the screen, and
/// below the list the chosen drift.
pub(super) fn sync(size: Size, targets: usize) -> Rows {
    let targets = u16::try_from(targets).unwrap_or(u16::MAX).min(size.rows / 3);
    let head = if size.rows >= 12 && targets > 0 { BESIDE_TARGETS + targets } else { 1 };
    let mut rows = share(size, head, None);
    rows.pane = take(&mut rows.list, 8, 5);
    // Half of it says nothing.
    if rows.pane < 4 {
        rows.list += std::mem::take(&mut rows.pane);
    }
    rows
}

/// Lines beside the orders that touched a SKU: their title, the names of their columns.
pub(super) const BESIDE_ORDERS: u16 = 2;

/// Rows of what each system says of one SKU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SkuRows {
    /// Its copies, and in the pane all that is known of the chosen copy or order.
    pub rows: Rows,
    /// The orders that touched it, between the two, with what stands beside them.
    pub orders: u16,
}

impl SkuRows {
    /// Rows of orders. Where there is no room below the copies, they take their place.
    pub(super) fn orders_listed(self) -> u16 {
        if self.orders == 0 { self.rows.list } else { self.orders.saturating_sub(BESIDE_ORDERS) }
    }
}

/// The rows of what each system says of one SKU in so many copies, and of the orders that touched it, where they are
/// told of.
pub(super) fn sku(size: Size, copies: usize, orders: Option<usize>) -> SkuRows {
    let mut rows = share(size, 1, (size.rows >= 14).then_some(PaneSize::Half));
    let Some(orders) = orders.filter(|_| rows.pane > 0) else { return SkuRows { rows, orders: 0 } };
    if orders > 0 {
        // When they touched it, over the bars.
        rows.heading += take(&mut rows.list, 1, 3);
    }
    // Where nothing is said of it, that takes a few lines too.
    let copies = u16::try_from(copies).unwrap_or(u16::MAX).max(3);
    let below = rows.pane + take(&mut rows.list, size.rows, copies);
    let wanted = u16::try_from(orders.max(1)).unwrap_or(u16::MAX).saturating_add(BESIDE_ORDERS);
    let orders = wanted.min(below * 3 / 5);
    rows.pane = below - orders;
    SkuRows { rows, orders }
}

/// The rows of a journey with so many findings.
pub(super) fn journey(size: Size, pane: Option<PaneSize>, findings: usize) -> Rows {
    // A pane is looked into for its own sake: the order's keys and milestones can wait.
    let head = match (size.rows, pane) {
        (24.., None) => 4,
        (16.., None) | (30.., Some(_)) => 3,
        _ => 1,
    };
    // A lower screen gives up other lines for findings.
    let findings = u16::try_from(findings.min(FINDINGS_OF_ORDER)).unwrap_or(0);
    let head = if head > 1 && size.rows >= 24 { head + findings } else { head };
    share(size, head, pane)
}

fn share(size: Size, head: u16, pane: Option<PaneSize>) -> Rows {
    let mut left = size.rows;
    // The list comes first: a terminal of two rows shows a title and one order.
    let head = take(&mut left, head, 1);
    let footer = take(&mut left, 1, 4);
    let message = take(&mut left, 1, 4);
    let heading = take(&mut left, 1, 4);
    let half = left * 3 / 5;
    let pane = match pane {
        None => 0,
        Some(PaneSize::Half) => take(&mut left, half, 2),
        Some(PaneSize::Full) => take(&mut left, size.rows, 3),
    };
    Rows { head, heading, list: left, pane, message, footer }
}

fn take(left: &mut u16, wanted: u16, keep: u16) -> u16 {
    let taken = wanted.min(left.saturating_sub(keep));
    *left -= taken;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_its_orders_and_the_chosen_one_share_the_screen() {
        for rows in 0..80 {
            for (copies, orders) in
                [(0, None), (0, Some(0)), (6, Some(1)), (6, Some(900)), (900, Some(3)), (900, Some(900))]
            {
                let size = Size { columns: 80, rows };
                let shared = sku(size, copies, orders);
                let Rows { head, heading, list, pane, message, footer } = shared.rows;
                assert_eq!(head + heading + list + shared.orders + pane + message + footer, rows, "{shared:?}");
                assert!(list > 0 || rows == 0, "{rows}");
                assert!(shared.orders_listed() > 0 || rows == 0, "{rows}: {shared:?}");
            }
        }
        let shared = sku(Size { columns: 80, rows: 24 }, 6, Some(9));
        assert_eq!((shared.rows.list, shared.orders_listed(), shared.rows.pane), (6, 5, 6));
    }

    #[test]
    fn the_rows_are_the_screens() {
        for rows in 0..80 {
            let size = Size { columns: 80, rows };
            for pane in [None, Some(PaneSize::Half), Some(PaneSize::Full)] {
                for shared in [
                    journey(size, pane, 0),
                    journey(size, pane, 9),
                    orders(size, true),
                    findings(size),
                    hotspots(size, true),
                    hotspots(size, false),
                    map(size),
                    surface(size, true),
                    surface(size, false),
                    alerts(size),
                    sync(size, 0),
                    sync(size, 4),
                    sync(size, 900),
                    sku(size, 0, None).rows,
                ] {
                    let Rows { head, heading, list, pane, message, footer } = shared;
                    assert_eq!(head + heading + list + pane + message + footer, rows, "{shared:?}");
                    assert!(list > 0 || rows == 0, "{rows}");
                }
            }
        }
    }
}
