//! The programs as people run them: real processes, real ClickHouse, real OpenTelemetry SDKs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod alerts;
mod bad_input;
#[path = "../../agent/tests/polls/server.rs"]
mod database_server;
mod findings;
mod huge;
mod real_order;
mod sdk;
mod self_observation;
mod sources;
mod sync;
