//! The program people type: a terminal UI over the collector's HTTP API, and one-shot
//! commands for scripts and tickets.

pub mod alert_table;
pub mod app;
pub mod cli;
pub mod client;
pub mod clocks;
pub mod demo;
pub mod explain_table;
pub mod findings_table;
pub mod hotspot_table;
pub mod listing;
pub mod money;
pub mod report;
pub mod settings;
pub mod surface_table;
pub mod sync_table;
pub mod systems_map;
pub mod text;
pub mod theme;
pub mod waterfall;

#[cfg(test)]
mod sample;
