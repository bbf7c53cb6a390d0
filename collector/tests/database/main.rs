//! What the collector keeps in a real ClickHouse, and what it reads from it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod alerts;
mod aliases;
mod clocks;
mod cluster;
mod dashboards;
mod explain;
mod findings;
mod handoffs;
mod history;
mod hotspots;
mod journeys;
mod keys;
mod lines;
mod native;
mod once;
mod order_costs;
mod orders;
mod otel_views;
mod replay;
mod retention;
mod sources;
mod spans;
mod support;
mod surface;
mod sync;
mod tail;
mod tls;
