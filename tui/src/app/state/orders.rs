use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::journey::JourneyState;
use ordertrace_api::keys::{Key, KeyPattern};
use ordertrace_api::order::{OrderSummary, OrdersPage, OrdersQuery};

use super::{Cursor, Poll};
use crate::cli::Range;

/// More orders than anybody scrolls through, few enough to fetch every second.
const LIMIT: u32 = 500;
const EVERY: SignedDuration = SignedDuration::from_secs(1);

/// Which orders of the list are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// Those that failed.
    Failed,
    /// Those under way.
    Open,
    /// Those that ended well.
    Done,
}

impl Filter {
    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Failed,
            Self::Failed => Self::Open,
            Self::Open => Self::Done,
            Self::Done => Self::All,
        }
    }

    fn admits(self, state: JourneyState) -> bool {
        match self {
            Self::All => true,
            Self::Failed => state == JourneyState::Failed,
            Self::Open => state == JourneyState::Open,
            Self::Done => state == JourneyState::Done,
        }
    }
}

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Failed first, then retried ones under way, then by last activity: whom to help.
    #[default]
    Need,
    /// Youngest first.
    Age,
    /// Most retries first.
    Retries,
    /// Longest handoff first.
    Slowest,
    /// By id.
    Order,
}

impl Sort {
    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Need => Self::Age,
            Self::Age => Self::Retries,
            Self::Retries => Self::Slowest,
            Self::Slowest => Self::Order,
            Self::Order => Self::Need,
        }
    }

    fn compare(self, a: &OrderSummary, b: &OrderSummary) -> Ordering {
        let newest = || b.last_at.cmp(&a.last_at);
        let slowest = |order: &OrderSummary| order.slowest.as_ref().map(|slowest| slowest.duration_ns);
        match self {
            Self::Need => need(b).cmp(&need(a)).then_with(newest),
            Self::Age => b.started_at.cmp(&a.started_at),
            Self::Retries => b.retries.cmp(&a.retries).then_with(newest),
            Self::Slowest => slowest(b).cmp(&slowest(a)).then_with(newest),
            Self::Order => a.id.cmp(&b.id),
        }
    }
}

fn need(order: &OrderSummary) -> u8 {
    match order.state {
        JourneyState::Failed => 2,
        JourneyState::Open if order.retries > 0 => 1,
        JourneyState::Open | JourneyState::Done => 0,
    }
}

/// How many orders of each kind came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Failed ones.
    pub failed: usize,
    /// Those under way.
    pub open: usize,
    /// Those that ended well.
    pub done: usize,
    /// Those of any state with a retry.
    pub retried: usize,
}

/// The orders list.
#[derive(Clone, Debug)]
pub struct OrdersScreen {
    /// The last answer's orders that the filter admits, sorted.
    pub shown: Vec<OrderSummary>,
    /// How many of each kind the last answer has.
    pub tally: Tally,
    /// When the last answer came.
    pub received_at: Option<Timestamp>,
    /// Whether the collector has more.
    pub more: bool,
    /// The chosen row.
    pub cursor: Cursor,
    /// Which are shown.
    pub filter: Filter,
    /// What they are sorted by.
    pub sort: Sort,
    /// The other way round.
    pub reversed: bool,
    /// Whether the list stands still.
    pub paused: bool,
    /// What keys must start with; empty for all.
    pub search: String,
    /// Why the collector refuses the last question.
    pub refusal: Option<String>,
    /// Whether the search is being typed.
    pub typing: bool,
    /// When to ask again.
    pub poll: Poll,
    range: Range,
    orders: Vec<OrderSummary>,
    chosen: Option<Key>,
    applied: Option<String>,
}

impl OrdersScreen {
    /// Nothing known yet.
    pub(super) fn new(range: Range, now: Timestamp) -> Self {
        Self {
            shown: Vec::new(),
            tally: Tally::default(),
            received_at: None,
            more: false,
            cursor: Cursor::default(),
            filter: Filter::default(),
            sort: Sort::default(),
            reversed: false,
            paused: false,
            search: String::new(),
            applied: None,
            refusal: None,
            typing: false,
            poll: Poll::new(EVERY, now),
            range,
            orders: Vec::new(),
            chosen: None,
        }
    }

    /// What to ask the collector for.
    pub fn query(&self, now: Timestamp) -> OrdersQuery {
        OrdersQuery {
            since: self.range.since.map(|since| since.resolve(now)),
            until: self.range.until.map(|until| until.resolve(now)),
            search: self.applied.clone(),
            limit: Some(LIMIT),
        }
    }

    /// Searches for `text`. Half a key, such as `order:`, is no key yet: until it is, the
    /// list stays that of what was typed before.
    pub fn search_for(&mut self, text: String) {
        if self.search == text {
            return;
        }
        let applied = match text.trim() {
            "" => None,
            key if key.parse::<KeyPattern>().is_ok() => Some(key.to_owned()),
            _ => self.applied.clone(),
        };
        self.search = text;
        if self.applied != applied {
            self.applied = applied;
            self.choose_first();
            self.poll.hurry();
        }
    }

    /// Takes in an answer.
    pub fn receive(&mut self, page: OrdersPage, now: Timestamp) {
        let count = |state| page.orders.iter().filter(|order| order.state == state).count();
        self.tally = Tally {
            failed: count(JourneyState::Failed),
            open: count(JourneyState::Open),
            done: count(JourneyState::Done),
            retried: page.orders.iter().filter(|order| order.retries > 0).count(),
        };
        self.refusal = None;
        self.more = page.more;
        self.orders = page.orders;
        self.received_at = Some(now);
        self.arrange();
    }

    /// Filters and sorts again; the chosen order stays chosen wherever it goes.
    pub fn arrange(&mut self) {
        self.shown = self.orders.iter().filter(|order| self.filter.admits(order.state)).cloned().collect();
        self.shown.sort_by(|a, b| self.sort.compare(a, b));
        if self.reversed {
            self.shown.reverse();
        }
        let chosen = self.chosen.as_ref();
        self.cursor.follow(&self.shown, |order| Some(&order.id) == chosen);
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.shown.len());
        self.chosen = self.selected().map(|order| order.id.clone());
    }

    /// Forgets which order was chosen: the first is.
    fn choose_first(&mut self) {
        self.cursor = Cursor::default();
        self.chosen = None;
    }

    /// The chosen order.
    pub fn selected(&self) -> Option<&OrderSummary> {
        self.shown.get(self.cursor.at)
    }
}
