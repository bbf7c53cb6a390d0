use ordertrace_api::alert::{AcknowledgeRequest, AlertsQuery, SilenceRequest};
use ordertrace_api::explain::ExplainQuery;
use ordertrace_api::finding::FindingsQuery;
use ordertrace_api::history::HistoryQuery;
use ordertrace_api::hotspot::{HotspotOrdersQuery, HotspotsQuery};
use ordertrace_api::lines::SkuOrdersQuery;
use ordertrace_api::order::OrdersQuery;
use ordertrace_api::surface::SurfaceQuery;
use ordertrace_api::sync::SyncQuery;

/// What the runtime is to do. Tickets come back with the answer, so that late ones are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask for the orders list.
    FetchOrders {
        /// Comes back with the answer.
        ticket: u64,
        /// Which orders.
        query: OrdersQuery,
    },
    /// Ask for findings.
    FetchFindings {
        /// Comes back with the answer.
        ticket: u64,
        /// Which findings.
        query: FindingsQuery,
    },
    /// Ask for hotspots.
    FetchHotspots {
        /// Comes back with the answer.
        ticket: u64,
        /// Of which range.
        query: HotspotsQuery,
    },
    /// Ask for the orders that had a handoff.
    FetchHotspotOrders {
        /// Comes back with the answer.
        ticket: u64,
        /// Which handoff.
        query: HotspotOrdersQuery,
    },
    /// Ask what sets orders apart.
    FetchExplanation {
        /// Comes back with the answer.
        ticket: u64,
        /// Which orders.
        query: ExplainQuery,
    },
    /// Ask how handoffs are done.
    FetchSurface {
        /// Comes back with the answer.
        ticket: u64,
        /// In which range.
        query: SurfaceQuery,
    },
    /// Ask whether copies agree.
    FetchSync {
        /// Comes back with the answer.
        ticket: u64,
        /// Lags of which range.
        query: SyncQuery,
    },
    /// Ask what each system said of a SKU, and what differs of it now.
    FetchHistory {
        /// Comes back with the answer.
        ticket: u64,
        /// Which SKU, in which range.
        query: HistoryQuery,
    },
    /// Ask for the orders that touched a SKU.
    FetchSkuOrders {
        /// Comes back with the answer.
        ticket: u64,
        /// Which SKU, in which range.
        query: SkuOrdersQuery,
    },
    /// Ask for alerts.
    FetchAlerts {
        /// Comes back with the answer.
        ticket: u64,
        /// Which alerts.
        query: AlertsQuery,
    },
    /// Say who takes care of an alert.
    Acknowledge {
        /// Comes back with the answer.
        ticket: u64,
        /// The alert.
        id: String,
        /// Who, and what they say.
        request: AcknowledgeRequest,
    },
    /// Have nobody told of an alert for a time.
    Silence {
        /// Comes back with the answer.
        ticket: u64,
        /// The alert.
        id: String,
        /// For how long, and why.
        request: SilenceRequest,
    },
    /// Ask for a journey.
    FetchJourney {
        /// Comes back with the answer.
        ticket: u64,
        /// Any of its keys.
        key: String,
        /// Whether times are to be by one clock.
        aligned: bool,
    },
    /// Ask for the spans inside a handoff.
    FetchSpans {
        /// Comes back with the answer.
        ticket: u64,
        /// 32 hexadecimal digits.
        trace_id: String,
        /// The span to look under: 16 hexadecimal digits.
        under: String,
    },
    /// Put this into the terminal's clipboard.
    Copy(String),
    /// End.
    Quit,
}
