//! Paths of the collector's HTTP API, so that server and clients cannot drift apart.

/// `GET`: the orders list; see [`OrdersQuery`](crate::order::OrdersQuery).
pub const ORDERS: &str = "/api/v1/orders";
/// `GET`: one journey by any of its keys (percent-encoded, in [`Key`](crate::keys::Key)'s
/// text form). 200 = [`Journey`](crate::journey::Journey), 300 =
/// [`Candidates`](crate::journey::Candidates) when the text names keys of several
/// journeys, 404 = nothing found.
pub const JOURNEY: &str = "/api/v1/journeys/{key}";
/// `GET`: what detection found; see [`FindingsQuery`](crate::finding::FindingsQuery).
pub const FINDINGS: &str = "/api/v1/findings";
/// `GET`: which handoffs cost most; see [`HotspotsQuery`](crate::hotspot::HotspotsQuery).
pub const HOTSPOTS: &str = "/api/v1/hotspots";
/// `GET`: the orders that had a handoff; see
/// [`HotspotOrdersQuery`](crate::hotspot::HotspotOrdersQuery). 200 =
/// [`OrdersPage`](crate::order::OrdersPage).
pub const HOTSPOT_ORDERS: &str = "/api/v1/hotspots/orders";
/// `GET`: what a set of orders has in common, and who else is hit; see
/// [`ExplainQuery`](crate::explain::ExplainQuery).
pub const EXPLAIN: &str = "/api/v1/explain";
/// `GET`: how handoffs are authenticated and encrypted, and at which endpoints; see
/// [`SurfaceQuery`](crate::surface::SurfaceQuery).
pub const SURFACE: &str = "/api/v1/surface";
/// `GET`: whether copies agree with where they come from; see [`SyncQuery`](crate::sync::SyncQuery).
pub const SYNC: &str = "/api/v1/sync";
/// `GET`: what each system said of one SKU, order or feed, and when it changed; see
/// [`HistoryQuery`](crate::history::HistoryQuery). 200 = [`History`](crate::history::History).
pub const SYNC_HISTORY: &str = "/api/v1/sync/history";
/// `GET`: the orders that touched a SKU; see [`SkuOrdersQuery`](crate::lines::SkuOrdersQuery). 200 =
/// [`SkuOrders`](crate::lines::SkuOrders).
pub const SYNC_ORDERS: &str = "/api/v1/sync/orders";
/// `GET`: what rules say somebody must know; see [`AlertsQuery`](crate::alert::AlertsQuery).
pub const ALERTS: &str = "/api/v1/alerts";
/// `POST`: somebody takes care of an alert; see [`AcknowledgeRequest`](crate::alert::AcknowledgeRequest).
/// 200 = [`Acknowledgement`](crate::alert::Acknowledgement).
pub const ALERT_ACKNOWLEDGEMENT: &str = "/api/v1/alerts/{id}/acknowledgement";
/// `POST`: nobody is to be told of an alert for a time; see [`SilenceRequest`](crate::alert::SilenceRequest).
/// 200 = [`SilenceReply`](crate::alert::SilenceReply).
pub const ALERT_SILENCE: &str = "/api/v1/alerts/{id}/silence";
/// `POST`: what rules would have told of a time that is past; see [`ReplayQuery`](crate::replay::ReplayQuery).
/// 200 = [`ReplayReply`](crate::replay::ReplayReply).
pub const RULES_REPLAY: &str = "/api/v1/rules/replay";
/// `GET`: a flow as orders go; see [`LearnQuery`](crate::flow::LearnQuery).
pub const LEARNED_FLOW: &str = "/api/v1/flows/learned";
/// `GET`: what happened since the page before; see [`TailQuery`](crate::tail::TailQuery).
pub const TAIL: &str = "/api/v1/tail";
/// `GET`: the spans of one trace, or with `?under=SPAN_ID` only that span and what it
/// caused; see [`SpansReply`](crate::span::SpansReply).
pub const TRACE_SPANS: &str = "/api/v1/traces/{trace_id}/spans";
/// `GET`: what the collector accepted, stored and refused; see
/// [`Status`](crate::status::Status).
pub const STATUS: &str = "/api/v1/status";
/// `GET`: the OpenAPI description of all of the above.
pub const OPENAPI: &str = "/openapi.json";
/// `GET`: 200 while the process runs.
pub const LIVEZ: &str = "/livez";
/// `GET`: 200 while a row can be stored, else 503 with the reason.
pub const READYZ: &str = "/readyz";
/// `GET`: Prometheus text exposition.
pub const METRICS: &str = "/metrics";
