//! The collector: OTLP in, ClickHouse out, journeys over HTTP.
//!
//! [`service`] plugs the parts together: [`ingest`] decodes and, with [`recognise`], turns what
//! arrives into [`record`]s; [`storage`] keeps them in the ClickHouse that [`engine`] runs, or in
//! any other; [`journey`] puts one order together; [`orders`] keeps the list; [`hotspots`]
//! adds up what handoffs cost; [`sync`] holds copies of stock and prices against each other; [`alert`]
//! tells who must know of what; [`tail`] tells what happens as it happens; [`api`] answers.

pub mod alert;
pub mod api;
mod background;
pub mod command;
pub mod detect;
pub mod engine;
pub mod explain;
pub mod flow;
pub mod hotspots;
pub mod ingest;
pub mod journey;
pub mod lines;
pub mod memory;
pub mod moment;
pub mod native;
pub mod orders;
mod percent;
pub mod recognise;
pub mod record;
pub mod service;
pub mod settings;
pub mod sources;
pub mod storage;
pub mod store;
pub mod surface;
pub mod sync;
pub mod tail;
mod trust;
mod union;
