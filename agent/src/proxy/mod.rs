//! The HTTP handoff proxy: each route listens locally, passes every request on to one
//! upstream as it came, and makes one span of each attempt.
//!
//! # Harmless
//! - Every connection of a caller has an upstream connection of its own, opened with the
//!   first request and closed with it. So nobody gets another caller's stale connection, and
//!   an idle connection that the upstream closes is closed towards the caller as well: the
//!   caller sees what it would see without the proxy. A request that was not yet written
//!   when its connection turned out closed goes out on a new one; one that was written and
//!   lost on a reused connection ends the caller's connection without an answer, which
//!   clients treat as they treat a server's closing: nothing is sent twice here.
//! - Bodies, trailers and upgrades stream through frame by frame. Capture copies a bounded
//!   beginning after the frame was passed on, hands it over without waiting, and counts what
//!   it must drop. A panic in capture ends in a counter.
//! - Only what RFC 9110, 7.6.1 calls hop-by-hop is changed, and `traceparent`, and Host where
//!   configured. Interim responses (1xx but 101) are not passed on.

mod attempt;
mod batcher;
mod connection;
mod forward;
mod headers;
mod link;
mod listener;
mod resend;
mod route;
mod tap;
mod upstream;
mod worker;

pub use batcher::{run_batcher, run_reading_batcher};
pub use listener::serve_route;
pub use route::{Route, RouteError};
pub use worker::{Outlets, Sink, run_worker};
