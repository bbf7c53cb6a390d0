use crossterm::event::KeyEvent;
use jiff::Timestamp;
use ordertrace_api::alert::{Acknowledgement, AlertsReply, SilenceReply};
use ordertrace_api::finding::FindingsPage;
use ordertrace_api::history::History;
use ordertrace_api::hotspot::Hotspots;
use ordertrace_api::lines::SkuOrders;
use ordertrace_api::order::OrdersPage;
use ordertrace_api::span::SpansReply;
use ordertrace_api::surface::Surface;
use ordertrace_api::sync::{DriftNow, SyncReply};

use crate::client::{ExplainReply, JourneyReply};

/// Why a question has no answer, in words fit for a status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The collector is there, but this question it refuses.
    Refused(String),
    /// The collector is not there, or not able to answer anything.
    Unreachable(String),
}

/// What happened.
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
        result: Result<OrdersPage, NoAnswer>,
    },
    /// Answer to [`FetchFindings`](super::Action::FetchFindings).
    Findings {
        /// The question's.
        ticket: u64,
        /// The findings.
        result: Result<FindingsPage, NoAnswer>,
    },
    /// Answer to [`FetchHotspots`](super::Action::FetchHotspots).
    Hotspots {
        /// The question's.
        ticket: u64,
        /// The hotspots.
        result: Result<Hotspots, NoAnswer>,
    },
    /// Answer to [`FetchHotspotOrders`](super::Action::FetchHotspotOrders).
    HotspotOrders {
        /// The question's.
        ticket: u64,
        /// The orders.
        result: Result<OrdersPage, NoAnswer>,
    },
    /// Answer to [`FetchExplanation`](super::Action::FetchExplanation).
    Explanation {
        /// The question's.
        ticket: u64,
        /// The explanation, or what else the key led to.
        result: Result<ExplainReply, NoAnswer>,
    },
    /// Answer to [`FetchSurface`](super::Action::FetchSurface).
    Surface {
        /// The question's.
        ticket: u64,
        /// The ways of handoffs.
        result: Result<Surface, NoAnswer>,
    },
    /// Answer to [`FetchSync`](super::Action::FetchSync).
    Sync {
        /// The question's.
        ticket: u64,
        /// Lags and drifts.
        result: Result<SyncReply, NoAnswer>,
    },
    /// Answer to [`FetchHistory`](super::Action::FetchHistory).
    History {
        /// The question's.
        ticket: u64,
        /// What each system said, and what differs now.
        result: Result<(History, Vec<DriftNow>), NoAnswer>,
    },
    /// Answer to [`FetchSkuOrders`](super::Action::FetchSkuOrders).
    SkuOrders {
        /// The question's.
        ticket: u64,
        /// The orders.
        result: Result<SkuOrders, NoAnswer>,
    },
    /// Answer to [`FetchAlerts`](super::Action::FetchAlerts).
    Alerts {
        /// The question's.
        ticket: u64,
        /// The alerts.
        result: Result<AlertsReply, NoAnswer>,
    },
    /// Answer to [`Acknowledge`](super::Action::Acknowledge).
    Acknowledged {
        /// The question's.
        ticket: u64,
        /// What was noted.
        result: Result<Acknowledgement, NoAnswer>,
    },
    /// Answer to [`Silence`](super::Action::Silence).
    Silenced {
        /// The question's.
        ticket: u64,
        /// Who tells nobody of it, and until when.
        result: Result<SilenceReply, NoAnswer>,
    },
    /// Answer to [`FetchJourney`](super::Action::FetchJourney).
    Journey {
        /// The question's.
        ticket: u64,
        /// The journey, or what else the key led to.
        result: Result<JourneyReply, NoAnswer>,
    },
    /// Answer to [`FetchSpans`](super::Action::FetchSpans).
    Spans {
        /// The question's.
        ticket: u64,
        /// The spans.
        result: Result<SpansReply, NoAnswer>,
    },
}
