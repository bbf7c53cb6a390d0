use crossterm::event::KeyEvent;
use jiff::Timestamp;
use ordertrace_api::order::OrdersPage;
use ordertrace_api::span::SpansReply;

use crate::client::JourneyReply;

/// What happened. An answer that did not come bears the reason, fit for a status line.
#[derive(Clone, Debug)]
pub enum Event {
    /// Time went by: this is the time now.
    Tick(Timestamp),
    /// The terminal has this size now.
    Resize {
        /// Its width.
        columns: u16,
        /// Its height.
        rows: u16,
    },
    /// A key was pressed.
    Key(KeyEvent),
    /// Answer to [`FetchOrders`](super::Action::FetchOrders).
    Orders {
        /// The question's.
        ticket: u64,
        /// The list.
        result: Result<OrdersPage, String>,
    },
    /// Answer to [`FetchJourney`](super::Action::FetchJourney).
    Journey {
        /// The question's.
        ticket: u64,
        /// The journey, or what else the key led to.
        result: Result<JourneyReply, String>,
    },
    /// Answer to [`FetchSpans`](super::Action::FetchSpans).
    Spans {
        /// The question's.
        ticket: u64,
        /// The spans.
        result: Result<SpansReply, String>,
    },
}
