//! The agent: one process beside some systems that captures what they hand to each other,
//! keeps it on disk until it is delivered, and never gets in their way.

mod agent;
mod attribute_list;
pub mod capture;
mod cause;
mod clock;
pub mod command;
pub mod config;
pub mod decimal;
pub mod export;
mod health;
mod minor;
pub mod poll;
pub mod proxy;
pub mod receiver;
pub mod spool;
pub mod telemetry;
pub mod tls;

pub use agent::{Agent, AgentError};
