use jiff::{SignedDuration, Timestamp};
use ordertrace_api::hotspot::MinuteRange;
use ordertrace_api::surface::{HandoffAccess, Surface, SurfaceQuery, SurfaceSummary};

use super::{Cursor, Lookback, Poll, TextFilter};
use crate::cli::Range;
use crate::surface_table::{SurfaceSort, bareness, handoff};

/// Calls are added up by the hour.
const EVERY: SignedDuration = SignedDuration::from_secs(30);

/// Ranges that end now, in minutes.
const LENGTHS: &[(i64, &str)] =
    &[(10_080, "last week"), (43_200, "last 30 days"), (1_440, "last day"), (60, "last hour")];

/// How handoffs are done.
#[derive(Clone, Debug)]
pub struct SurfaceScreen {
    /// The lines of the table.
    pub shown: Vec<HandoffAccess>,
    /// What all lines say together, those that are not shown too.
    pub summary: Option<SurfaceSummary>,
    /// The range that the calls are of.
    pub range: Option<MinuteRange>,
    /// When they came.
    pub received_at: Option<Timestamp>,
    /// Whether the collector has more.
    pub more: bool,
    /// The chosen row.
    pub cursor: Cursor,
    /// What comes first.
    pub sort: SurfaceSort,
    /// Whether it comes last.
    pub reversed: bool,
    /// Whether only what lacks encryption or a credential is shown.
    pub bare: bool,
    /// Whether all that is known of the chosen line is shown.
    pub detail: bool,
    /// Whether the table stands still.
    pub paused: bool,
    /// What handoff, scheme, TLS state or endpoint must contain.
    pub filter: TextFilter,
    /// Which time the calls are of.
    pub lookback: Lookback,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// When to ask again.
    pub poll: Poll,
    /// In the collector's order.
    rows: Vec<HandoffAccess>,
    chosen: Option<HandoffAccess>,
}

impl SurfaceScreen {
    /// Nothing known yet. `fixed` is the range to show, if it has ends.
    pub(super) fn new(fixed: Range, now: Timestamp) -> Self {
        Self {
            shown: Vec::new(),
            summary: None,
            range: None,
            received_at: None,
            more: false,
            cursor: Cursor::default(),
            sort: SurfaceSort::default(),
            reversed: false,
            bare: false,
            detail: false,
            paused: false,
            filter: TextFilter::default(),
            lookback: Lookback::new(fixed, LENGTHS),
            trouble: None,
            poll: Poll::new(EVERY, now),
            rows: Vec::new(),
            chosen: None,
        }
    }

    /// What to ask the collector for.
    pub fn query(&self, now: Timestamp) -> SurfaceQuery {
        let (since, until) = self.lookback.ends(now);
        SurfaceQuery { since, until }
    }

    /// Another length of range; `false` where it was given.
    pub fn stretch(&mut self) -> bool {
        let stretched = self.lookback.stretch();
        if stretched {
            // What is asked for now is not what the table stands still with.
            self.paused = false;
            self.poll.hurry();
        }
        stretched
    }

    /// Takes in an answer.
    pub fn receive(&mut self, reply: Surface, now: Timestamp) {
        self.trouble = None;
        if self.paused {
            return;
        }
        self.range = Some(reply.range);
        self.more = reply.more;
        self.summary = Some(reply.summary);
        self.rows = reply.rows;
        self.received_at = Some(now);
        self.arrange();
    }

    /// Sorts and filters again; the chosen line stays chosen wherever it goes.
    pub fn arrange(&mut self) {
        let wanted = |way: &&HandoffAccess| {
            let said = [&way.auth, &way.tls, &way.endpoint].into_iter().flatten().map(String::as_str);
            (!self.bare || bareness(way) > 0) && self.filter.admits(said.chain([&*handoff(way)]))
        };
        let mut shown: Vec<HandoffAccess> = self.rows.iter().filter(wanted).cloned().collect();
        let (sort, reversed) = (self.sort, self.reversed);
        // Stable: what is alike stays as the collector sorted it.
        shown.sort_by(|one, other| {
            let order = sort.compare(one, other);
            if reversed { order.reverse() } else { order }
        });
        self.shown = shown;
        if let Some(chosen) = &self.chosen {
            self.cursor.follow(&self.shown, |way| is_same(way, chosen));
        }
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.shown.len());
        self.chosen = self.selected().cloned();
    }

    /// The chosen line.
    pub fn selected(&self) -> Option<&HandoffAccess> {
        self.shown.get(self.cursor.at)
    }

    /// The other ways in which the chosen line's handoff is done.
    pub fn other_ways(&self) -> Vec<&HandoffAccess> {
        let Some(chosen) = self.selected() else { return Vec::new() };
        let of_handoff = |way: &&HandoffAccess| {
            (&way.from, &way.to, &way.operation) == (&chosen.from, &chosen.to, &chosen.operation)
        };
        self.rows.iter().filter(of_handoff).filter(|way| !is_same(way, chosen)).collect()
    }
}

/// Whether two lines tell of one way, however often and lately it was gone.
fn is_same(one: &HandoffAccess, other: &HandoffAccess) -> bool {
    let way = |way: &HandoffAccess| HandoffAccess { calls: 0, last_seen: Timestamp::UNIX_EPOCH, ..way.clone() };
    way(one) == way(other)
}
