use jiff::{SignedDuration, Timestamp};
use ordertrace_api::hotspot::{Against, HotspotOrdersQuery, Hotspots, HotspotsQuery, MinuteRange};
use ordertrace_api::order::{OrderSummary, OrdersPage};

use super::{Cursor, Poll};
use crate::cli::Range;
use crate::hotspot_table::{Column, HotspotBy, Spot};

/// Adding up a range costs more than a look at a list.
const EVERY: SignedDuration = SignedDuration::from_secs(5);

/// Orders are put together one by one when they are asked for.
const ORDERS_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// Enough to see what they have in common; the worst come first.
const ORDERS_LIMIT: u32 = 50;

/// Parts of the range that sparklines show.
pub(crate) const SLICES: u32 = 20;

/// Ranges that end now, in minutes.
const LENGTHS: [(i64, &str); 4] =
    [(60, "last hour"), (1_440, "last day"), (10_080, "last week"), (15, "last 15 minutes")];

/// Which handoffs cost most.
#[derive(Clone, Debug)]
pub struct HotspotsScreen {
    /// The lines of the table.
    pub shown: Vec<Spot>,
    /// The range that the figures are of.
    pub range: Option<MinuteRange>,
    /// The range they are compared with.
    pub compared: Option<MinuteRange>,
    /// Up to when orders are known.
    pub orders_until: Option<Timestamp>,
    /// When they came.
    pub received_at: Option<Timestamp>,
    /// Whether the collector has more.
    pub more: bool,
    /// The chosen row.
    pub cursor: Cursor,
    /// What a line is.
    pub by: HotspotBy,
    /// What comes first.
    pub sort: Column,
    /// Whether it comes last.
    pub reversed: bool,
    /// What the range is compared with.
    pub against: Option<Against>,
    /// Whether the table stands still.
    pub paused: bool,
    /// What names must contain; empty for all.
    pub filter: String,
    /// Whether the filter is being typed.
    pub typing: bool,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// When to ask again.
    pub poll: Poll,
    /// The orders of a line, while they lie over the table.
    pub touched: Option<TouchedScreen>,
    fixed: Range,
    length: usize,
    reply: Option<Hotspots>,
    chosen: Option<String>,
}

/// The orders that had a handoff.
#[derive(Clone, Debug)]
pub struct TouchedScreen {
    /// The handoff, or the system.
    pub name: String,
    /// What is asked for.
    pub query: HotspotOrdersQuery,
    /// Those with most money at risk first, then those that it took longest.
    pub orders: Vec<OrderSummary>,
    /// When they came.
    pub received_at: Option<Timestamp>,
    /// Whether the collector has more.
    pub more: bool,
    /// The chosen row.
    pub cursor: Cursor,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// When to ask again.
    pub poll: Poll,
    chosen: Option<String>,
}

impl HotspotsScreen {
    /// Nothing known yet. `fixed` is the range to show, if it has ends.
    pub(super) fn new(fixed: Range, now: Timestamp) -> Self {
        Self {
            shown: Vec::new(),
            range: None,
            compared: None,
            orders_until: None,
            received_at: None,
            more: false,
            cursor: Cursor::default(),
            by: HotspotBy::Handoff,
            sort: Column::Time,
            reversed: false,
            against: None,
            paused: false,
            filter: String::new(),
            typing: false,
            trouble: None,
            poll: Poll::new(EVERY, now),
            touched: None,
            fixed,
            length: 0,
            reply: None,
            chosen: None,
        }
    }

    /// What to ask the collector for.
    pub fn query(&self, now: Timestamp) -> HotspotsQuery {
        let until = self.fixed.until.map(|until| until.resolve(now));
        let since = self.fixed.since.map(|since| since.resolve(now)).or_else(|| {
            let (minutes, _) = LENGTHS.get(self.length)?;
            until.unwrap_or(now).checked_sub(SignedDuration::from_mins(*minutes)).ok()
        });
        HotspotsQuery { since, until, against: self.against, slices: Some(SLICES) }
    }

    /// The range in words.
    pub fn range_name(&self) -> &'static str {
        match (self.fixed.since, self.fixed.until) {
            (None, None) => LENGTHS.get(self.length).map_or("", |(_, name)| name),
            _ => "the time given",
        }
    }

    /// Another length of range; `false` where it was given.
    pub fn stretch(&mut self) -> bool {
        if self.fixed.since.is_some() {
            return false;
        }
        self.length = (self.length + 1) % LENGTHS.len();
        self.ask_anew();
        true
    }

    /// Compares with a day earlier, with a week, or not.
    pub fn compare(&mut self) {
        self.against = match self.against {
            None => Some(Against::Day),
            Some(Against::Day) => Some(Against::Week),
            Some(Against::Week) => None,
        };
        self.ask_anew();
    }

    /// What is asked for now is not what the table stands still with.
    fn ask_anew(&mut self) {
        self.paused = false;
        self.poll.hurry();
    }

    /// Takes in an answer.
    pub fn receive(&mut self, reply: Hotspots, now: Timestamp) {
        self.trouble = None;
        if self.paused {
            return;
        }
        self.range = Some(reply.range);
        self.compared = reply.compared;
        self.orders_until = reply.orders_until;
        self.more = reply.more;
        self.received_at = Some(now);
        self.reply = Some(reply);
        self.arrange();
    }

    /// Sorts and filters again; the chosen line stays chosen wherever it goes.
    pub fn arrange(&mut self) {
        let Some(reply) = &self.reply else { return };
        let wanted = self.filter.trim().to_lowercase();
        self.shown = Spot::all(reply, self.by);
        self.shown.retain(|spot| spot.name().to_lowercase().contains(&wanted));
        let (column, reversed) = (self.sort, self.reversed);
        // Stable: what weighs the same stays as the collector sorted it.
        self.shown.sort_by(|one, other| {
            let order = column.weight(other.now()).total_cmp(&column.weight(one.now()));
            // Those that are there no more have nothing to be sorted by.
            one.figures.is_gone().cmp(&other.figures.is_gone()).then(if reversed { order.reverse() } else { order })
        });
        let chosen = self.chosen.as_ref();
        if let Some(at) = self.shown.iter().position(|spot| Some(&spot.name()) == chosen) {
            self.cursor.at = at;
        }
    }

    /// Shows those whose name contains `text`.
    pub fn filter_by(&mut self, text: String) {
        self.filter = text;
        self.arrange();
    }

    /// Handoffs instead of systems, or the other way round.
    pub fn turn(&mut self) {
        self.by = match self.by {
            HotspotBy::Handoff => HotspotBy::System,
            HotspotBy::System => HotspotBy::Handoff,
        };
        self.cursor = Cursor::default();
        self.chosen = None;
        self.arrange();
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.shown.len());
        self.chosen = self.selected().map(Spot::name);
    }

    /// The chosen line.
    pub fn selected(&self) -> Option<&Spot> {
        self.shown.get(self.cursor.at)
    }

    /// Opens the orders of the chosen line: those then, where there are none now.
    pub fn open(&mut self, now: Timestamp) {
        let Some(spot) = self.selected() else { return };
        let range = if spot.figures.is_gone() { self.compared } else { self.range };
        let of_system = self.by == HotspotBy::System;
        let query = HotspotOrdersQuery {
            // Orders may know who sent, though reports do not: all senders', then.
            from: spot.from.clone(),
            to: spot.to.clone(),
            operation: (!of_system).then(|| spot.operation.clone()),
            since: range.map(|range| range.since),
            until: range.map(|range| range.until),
            limit: Some(ORDERS_LIMIT),
        };
        self.touched = Some(TouchedScreen {
            name: spot.name(),
            query,
            orders: Vec::new(),
            received_at: None,
            more: false,
            cursor: Cursor::default(),
            trouble: None,
            poll: Poll::new(ORDERS_EVERY, now),
            chosen: None,
        });
    }
}

impl TouchedScreen {
    /// Takes in an answer; the chosen order stays chosen.
    pub fn receive(&mut self, page: OrdersPage, now: Timestamp) {
        self.trouble = None;
        self.received_at = Some(now);
        self.more = page.more;
        self.orders = page.orders;
        let chosen = self.chosen.as_ref();
        if let Some(at) = self.orders.iter().position(|order| Some(&order.id.to_string()) == chosen) {
            self.cursor.at = at;
        }
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.orders.len());
        self.chosen = self.selected().map(|order| order.id.to_string());
    }

    /// The chosen order.
    pub fn selected(&self) -> Option<&OrderSummary> {
        self.orders.get(self.cursor.at)
    }
}
