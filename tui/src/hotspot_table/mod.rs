//! Hotspots as a table, for a screen or a report: what a line is, and what its columns say.

mod change;
mod columns;
mod order;
mod spark;

use ordertrace_api::hotspot::{Figures, HandoffHotspot, Hotspots, OrderFigures, Slice, SystemHotspot};

use crate::text::{fit, pad, width};

pub use change::{Change, change};
pub use columns::{Column, Measured, rate};
pub use order::{HotspotBy, HotspotSort, ranked};
pub use spark::Spark;

/// A line: a handoff, or all that a system received.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// The sender, where there is one to be known.
    pub from: Option<String>,
    /// The receiver.
    pub to: String,
    /// What was asked; empty for all that a system received.
    pub operation: String,
    /// What it costs.
    pub figures: Figures,
    /// What it means to orders.
    pub orders: OrderFigures,
    /// The same in the range it is compared with.
    pub before: Option<(Figures, OrderFigures)>,
    /// What happened when.
    pub slices: Vec<Slice>,
}

impl Spot {
    /// The lines of a reply, in its order.
    pub fn all(reply: &Hotspots, by: HotspotBy) -> Vec<Self> {
        match by {
            HotspotBy::Handoff => reply.handoffs.iter().map(Self::from).collect(),
            HotspotBy::System => reply.systems.iter().map(Self::from).collect(),
        }
    }

    /// What columns tell of it.
    pub fn now(&self) -> Measured<'_> {
        Measured { figures: &self.figures, orders: &self.orders }
    }

    /// What columns tell of what it is compared with.
    pub fn then(&self) -> Option<Measured<'_>> {
        self.before.as_ref().map(|(figures, orders)| Measured { figures, orders })
    }

    /// `storefront→payments POST /capture`, or `payments`.
    pub fn name(&self) -> String {
        if self.operation.is_empty() && self.from.is_none() {
            return self.to.clone();
        }
        format!("{}→{} {}", self.from.as_deref().unwrap_or_default(), self.to, self.operation)
    }

    /// Its name in exactly `columns`. What is asked ends unlike, so its middle goes where room is short.
    pub fn name_in(&self, columns: usize) -> String {
        let name = self.name();
        let taken = width(&name);
        if taken <= columns || columns < 24 {
            return pad(&name, columns);
        }
        let ending = crate::text::fit_end(&name, columns * 2 / 5);
        format!("{}{}", pad(&fit_without_mark(&name, columns - width(&ending)), columns - width(&ending)), ending)
    }

    /// The figure of a column for people; where there was no attempt there is none.
    pub fn text(&self, column: Column) -> String {
        if self.figures.is_gone() { "–".to_owned() } else { column.text(self.now()) }
    }

    /// How the figure of a column changed, `gone` and `new` included; `None` where there is nothing to
    /// compare with.
    pub fn change(&self, column: Column) -> Option<(Change, String)> {
        match self.then() {
            _ if self.figures.is_gone() => Some((Change::Harmless, "gone".to_owned())),
            Some(then) => Some(change(column, self.now(), then)),
            None => None,
        }
    }
}

/// The beginning of a text, whose cut another part marks.
fn fit_without_mark(text: &str, columns: usize) -> String {
    let fitted = fit(text, columns + 1);
    fitted.strip_suffix('…').map_or_else(|| fitted.clone(), str::to_owned)
}

impl From<&HandoffHotspot> for Spot {
    fn from(hotspot: &HandoffHotspot) -> Self {
        Self {
            from: hotspot.from.clone(),
            to: hotspot.to.clone(),
            operation: hotspot.operation.clone(),
            figures: hotspot.figures,
            orders: hotspot.orders.clone(),
            before: hotspot.before.map(|before| (before, hotspot.orders_before.clone().unwrap_or_default())),
            slices: hotspot.slices.clone(),
        }
    }
}

impl From<&SystemHotspot> for Spot {
    fn from(hotspot: &SystemHotspot) -> Self {
        Self {
            from: None,
            to: hotspot.system.clone(),
            operation: String::new(),
            figures: hotspot.figures,
            orders: hotspot.orders.clone(),
            before: hotspot.before.map(|before| (before, hotspot.orders_before.clone().unwrap_or_default())),
            slices: hotspot.slices.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn names_keep_both_ends() {
        let spots = Spot::all(&sample::hotspots(), HotspotBy::Handoff);
        assert_eq!(spots[0].name_in(40), "storefront→payments POST…ayment}/confirm");
        assert_eq!(spots[1].name_in(40), "storefront→search GET /search           ");
        for columns in 0..90 {
            assert_eq!(width(&spots[0].name_in(columns)), columns);
        }
    }

    #[test]
    fn what_came_and_what_went_is_said() {
        let spots = Spot::all(&sample::hotspots(), HotspotBy::Handoff);
        let changes: Vec<_> = spots.iter().map(|spot| spot.change(Column::P99).map(|(_, text)| text)).collect();
        let texts: Vec<_> = changes.iter().map(|change| change.as_deref().unwrap_or("-")).collect();
        assert_eq!(texts, ["×18", "−5 %", "=", "-", "gone"]);
    }
}
