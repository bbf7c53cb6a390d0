//! What the screens show, ready to be drawn. Nothing here draws, asks or knows the time but
//! from events.

mod aim;
mod alerts;
mod connection;
mod cursor;
mod explain;
mod findings;
mod hotspots;
mod journey;
mod lookback;
mod map;
mod orders;
mod pane;
mod poll;
mod prompt;
mod screen;
mod sku;
mod sku_orders;
mod surface;
mod sync;
mod text_filter;
mod touched;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::keys::Key;

pub use alerts::{AlertTally, AlertsScreen, Deed};
pub use connection::Connection;
pub use cursor::Cursor;
pub use explain::{ExplainScreen, HitScreen};
pub use findings::{FindingsScreen, Severities};
pub use hotspots::HotspotsScreen;
pub use journey::{JourneyScreen, Loaded};
pub use lookback::Lookback;
pub use map::{MapRow, MapScreen};
pub use orders::{Filter, OrdersScreen, Sort, Tally};
pub use pane::{Pane, PaneKind, SpansState};
pub use poll::Poll;
pub use prompt::{Asks, Prompt};
pub use screen::{List, Screen};
pub use sku::SkuScreen;
pub use sku_orders::TouchingOrders;
pub use surface::SurfaceScreen;
pub use sync::SyncScreen;
pub use text_filter::TextFilter;
pub use touched::TouchedScreen;

use crate::cli::Range;

/// A terminal's size in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub columns: u16,
    /// Height.
    pub rows: u16,
}

/// Everything.
#[derive(Clone, Debug)]
pub struct State {
    /// The time of the last tick.
    pub now: Timestamp,
    /// The zone of times of day.
    pub zone: TimeZone,
    /// The terminal.
    pub size: Size,
    /// URL of the collector.
    pub collector: String,
    /// Whether it answers.
    pub connection: Connection,
    /// Who looks, for what others see of it.
    pub who: String,
    /// What was given with `--since` and `--until`.
    pub range: Range,
    /// The list; there even while an order is open.
    pub orders: OrdersScreen,
    /// What is wrong; asked for whatever is on the screen.
    pub findings: FindingsScreen,
    /// What somebody must know; asked for whatever is on the screen.
    pub alerts: AlertsScreen,
    /// Whether copies agree.
    pub sync: SyncScreen,
    /// Which handoffs cost most.
    pub hotspots: HotspotsScreen,
    /// Which system hands on to which.
    pub map: MapScreen,
    /// How handoffs are done.
    pub surface: SurfaceScreen,
    /// The lists that lie over the orders, the one on the screen last; none twice.
    lists: Vec<List>,
    /// What each system says of one SKU, over the list it was chosen from.
    pub sku: Option<SkuScreen>,
    /// The orders that had a handoff, while they lie over the list it was chosen from.
    pub touched: Option<TouchedScreen>,
    /// What sets orders apart, over whatever it was asked from.
    pub explain: Option<ExplainScreen>,
    /// The open order.
    pub journey: Option<JourneyScreen>,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    /// A message that goes away by itself.
    pub flash: Option<Flash>,
    /// The key that is being looked up, and the question's ticket.
    pub lookup: Option<(u64, String)>,
    next_ticket: u64,
}

/// What lies over a screen until a key closes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The keys of the screen below.
    Help {
        /// Rows scrolled away.
        scroll: usize,
    },
    /// What is asked before something is done that others see.
    Prompt(Prompt),
    /// Keys of several journeys to choose from.
    Candidates {
        /// What they are candidates for.
        text: String,
        /// The keys.
        keys: Vec<Key>,
        /// The chosen one.
        cursor: Cursor,
    },
}

/// A message that goes away by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// What it says.
    pub text: String,
    /// Until when.
    pub until: Timestamp,
}

impl State {
    /// Nothing known yet. `range` narrows the list for good.
    pub fn new(collector: &str, range: Range, zone: TimeZone, now: Timestamp, size: Size) -> Self {
        Self {
            now,
            zone,
            size,
            collector: collector.to_owned(),
            who: String::new(),
            range,
            connection: Connection::Connecting { since: now },
            orders: OrdersScreen::new(range, now),
            findings: FindingsScreen::new(range, now),
            alerts: AlertsScreen::new(now),
            sync: SyncScreen::new(range, now),
            hotspots: HotspotsScreen::new(range, now),
            map: MapScreen::new(range, now),
            surface: SurfaceScreen::new(range, now),
            lists: Vec::new(),
            sku: None,
            touched: None,
            explain: None,
            journey: None,
            overlay: None,
            flash: None,
            lookup: None,
            next_ticket: 0,
        }
    }

    /// A ticket that no other question has.
    pub fn ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket
    }

    /// Shows a message for a few seconds.
    pub fn say(&mut self, text: impl Into<String>) {
        const SHOWN: SignedDuration = SignedDuration::from_secs(5);
        self.flash = Some(Flash { text: text.into(), until: later(self.now, SHOWN) });
    }
}

/// `at` and `by` later; the last possible time where there is no such time.
pub fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
