use jiff::{SignedDuration, Timestamp};
use ordertrace_api::hotspot::{Against, Hotspots, HotspotsQuery, MinuteRange};

use super::{Cursor, Lookback, Poll, TextFilter, TouchedScreen};
use crate::cli::Range;
use crate::hotspot_table::{Column, HotspotBy, Spot};

/// Adding up a range costs more than a look at a list.
const EVERY: SignedDuration = SignedDuration::from_secs(5);

/// Parts of the range that sparklines show.
pub(crate) const SLICES: u32 = 20;

/// Ranges that end now, in minutes.
pub(super) const LENGTHS: &[(i64, &str)] =
    &[(60, "last hour"), (1_440, "last day"), (10_080, "last week"), (15, "last 15 minutes")];

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
    /// What names must contain.
    pub filter: TextFilter,
    /// Which time the figures are of.
    pub lookback: Lookback,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// When to ask again.
    pub poll: Poll,
    reply: Option<Hotspots>,
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
            filter: TextFilter::default(),
            lookback: Lookback::new(fixed, LENGTHS),
            trouble: None,
            poll: Poll::new(EVERY, now),
            reply: None,
            chosen: None,
        }
    }

    /// What to ask the collector for.
    pub fn query(&self, now: Timestamp) -> HotspotsQuery {
        let (since, until) = self.lookback.ends(now);
        HotspotsQuery { since, until, against: self.against, slices: Some(SLICES) }
    }

    /// Another length of range; `false` where it was given.
    pub fn stretch(&mut self) -> bool {
        let stretched = self.lookback.stretch();
        if stretched {
            self.ask_anew();
        }
        stretched
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
        self.shown = Spot::all(reply, self.by);
        self.shown.retain(|spot| self.filter.admits([&*spot.name()]));
        let (column, reversed) = (self.sort, self.reversed);
        // Stable: what weighs the same stays as the collector sorted it.
        self.shown.sort_by(|one, other| {
            let order = column.weight(other.now()).total_cmp(&column.weight(one.now()));
            // Those that are there no more have nothing to be sorted by.
            one.figures.is_gone().cmp(&other.figures.is_gone()).then(if reversed { order.reverse() } else { order })
        });
        let chosen = self.chosen.as_ref();
        self.cursor.follow(&self.shown, |spot| Some(&spot.name()) == chosen);
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

    /// The orders of the chosen line: those then, where there are none now.
    pub fn orders_of_chosen(&self, now: Timestamp) -> Option<TouchedScreen> {
        let spot = self.selected()?;
        let range = if spot.figures.is_gone() { self.compared } else { self.range };
        Some(TouchedScreen::of(spot, range, now))
    }
}
