//! The agent: one process beside some systems that captures what they hand to each other,
//! keeps it on disk until it is delivered, and never gets in their way.

pub mod capture;
pub mod config;
pub mod export;
pub mod receiver;
pub mod signal;
pub mod spool;
pub mod telemetry;
pub mod tls;
