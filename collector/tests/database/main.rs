//! What the collector keeps in a real ClickHouse, and what it reads from it.

mod journeys;
mod orders;
mod otel_views;
mod retention;
mod support;
mod tls;
