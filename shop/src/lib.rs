//! A simulated shop that knows the truth of every order.
//!
//! [`Shop::bind`] starts thirteen services, each an HTTP server of its own on a loopback port
//! with its own state and its own ids. They share one runtime and speak only HTTP to each
//! other. [`Shop::run_orders`] sends shoppers through it and returns the [`truth`]: for every
//! order its handoffs with all their attempts, its systems and its strong keys, written down
//! by the callers' HTTP client and by the services that mint ids, apart from all telemetry.
//! [`compare::compare`] says in what a [`Journey`](ordertrace_api::journey::Journey) differs
//! from it.
//!
//! Everything is drawn from the seed and from what it is drawn for, never from a shared
//! generator: equal seeds give equal orders, ids, prices, faults and retries, whatever the
//! timing and concurrency. Faults are real: receivers answer 503 or 429, stall until the
//! caller's timeout, or close the socket without an answer.
//!
//! # The services
//!
//! | service | reports | mints | keys on its own spans |
//! |---|---|---|---|
//! | storefront | SDK | `cart`, `checkout`, `order` (code; row number within the storefront) | `cart.id`, `checkout.id`, `app.order.id`, `order_id` (the row), `payment.id`; the path alone on `PUT /orders/{order}/status` |
//! | search | SDK, drops context | | none |
//! | pricing | SDK | | the path alone on `POST /carts/{cart}/quote` |
//! | pim | silent | | |
//! | tax | silent | `tax_doc` | |
//! | fraud | SDK | `fraud_case` | `commerce.order.id`, `fraud.case.id` |
//! | payments | silent | `payment`, `charge`, `refund` | |
//! | oms | SDK | `order` (number) | `app.order.id`, `order.number`, `amazon.order.id`, `shipment.id`, `refund.id`, `invoice.id`, `tracking_number` |
//! | erp | SDK, drops context | `erp_doc` (a number, within the ERP), `invoice` | `erp.doc.id`, `order_id`, `invoice.id` |
//! | wms | silent | `shipment` | |
//! | shipping | SDK, drops context | `tracking` | `shipment.id`, `tracking_number` |
//! | crm | silent | | |
//! | marketplace | silent | `marketplace_order` | |
//!
//! *SDK*: an OpenTelemetry SDK provider of its own, OTLP over http/protobuf, SERVER and CLIENT
//! spans by the HTTP semantic conventions, W3C trace context. *Drops context*: SERVER spans
//! are roots; its own calls continue its own trace. *Silent*: no telemetry, and trace context
//! is not passed on. Who calls whom, which edges need a handoff proxy
//! ([`Shop::proxied_routes`]) and how a retry shows is in [`EDGES`]; what they ask is in
//! [`OPERATIONS`]. The shopper, outside, is the caller `shopper`.
//!
//! Milestones: log records `order.placed` and `payment.captured` (storefront),
//! `shipment.created` (shipping), `order.completed` and `order.cancelled` (oms); and span
//! attributes `commerce.milestone` of the oms: `order.created` of an order of the storefront,
//! `order.placed` of a marketplace order, `order.cancelled` of one that was out of stock, which
//! `commerce.reason` says.
//!
//! Noise: health checks (root SERVER spans of `GET /healthz`), database polling (root CLIENT
//! spans `SELECT …`), sessions that never order.
//!
//! # Which handoffs belong to an order
//!
//! The systems of an order are those at either end of its handoffs, the shopper included. A
//! handoff belongs to an order when
//!
//! 1. it bears one of the order's strong keys, in path, header, body or span attribute; or
//! 2. it was made within a handoff or a job that belongs to the order, as the trace tells: a
//!    span belongs with its own strong keys, else with those of its nearest ancestor that has
//!    any. If no ancestor has any and all strong keys in the trace are of one order, it is that
//!    order's; if they are of several, it is nobody's (the OMS exports several orders in one
//!    trace: `PUT /batches/{batch}/orders/{order}` belongs to its order, opening and
//!    committing the batch to none); or
//! 3. its trace has no strong key at all but a session key (the hashed request header
//!    [`SESSION_HEADER`], on the proxied handoff at its top at least), and the session was then
//!    about this order: the order whose strong keys were last seen in the session before, if
//!    its `order.placed` had not happened yet; else the next order of the session. After the
//!    last order of a session, and in one that never orders, that is none.
//!
//! A body that names several values of one kind links nothing: the commit of a batch, and
//! `OrderHistory` after two orders, name several orders and belong to none.
//!
//! What proxy, caller and receiver saw of one attempt is one attempt. A root SERVER span of a
//! service that drops the context is the far side of the one proxied attempt of the same order
//! that agrees with it in system, method, path and status and contains it in time.
//!
//! Attempts are one handoff's when they carry the same `Idempotency-Key`, or repeat a failed
//! call of the same method and path from below the same span, with or without
//! `http.request.resend_count`. An attempt is ok when its status is below 400. A handoff whose
//! every attempt failed was given up, which only edges that nothing else depends on do.
//!
//! Numbers are keys only within the system that minted them and are sent to no other under a
//! name that announces a key.

mod chance;
pub mod compare;
pub mod days;
mod edge;
mod fault;
mod flow;
mod ids;
mod instrument;
mod jobs;
mod money;
mod network;
mod operation;
mod recorder;
mod seeds;
mod services;
mod settings;
mod shelf;
mod shop;
pub mod stock;
mod system;
pub mod truth;

pub use edge::{EDGES, Edge, EdgeTraits, RetryMark};
pub use instrument::OtlpError;
pub use network::{CallError, ProxiedRoute, SESSION_HEADER};
pub use operation::{OPERATIONS, Operation};
pub use seeds::Seeds;
pub use settings::{Pace, ShopSettings};
pub use shop::{Shop, ShopError};
pub use system::{Reporting, System};
