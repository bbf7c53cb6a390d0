//! The program people type: a terminal UI over the collector's HTTP API, and one-shot
//! commands for scripts and tickets.

pub mod client;
pub mod text;
pub mod theme;
pub mod waterfall;

#[cfg(test)]
mod sample;
