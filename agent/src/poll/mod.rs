//! Polling systems that do not tell of themselves: databases, HTTP APIs and exported files,
//! whose rows become readings in the spool.
//!
//! ```text
//! config ─► Poller ─► source (files, HTTP, SQL) ─rows─► Gathering ─readings─► Outlet ─► spool
//!                 └─ state: how far it was read ◄── after the spool took them
//! ```
//!
//! - Read-only: files are opened for reading, HTTP is GET, databases are asked within a
//!   read-only transaction.
//! - One task for each source: none waits for another. A source that fails never makes the
//!   agent unready.
//! - Every poll is told of by a log record of its own, so that what is stale is known to be.

mod error;
mod file;
mod gathering;
mod http;
pub(crate) mod json;
mod moment;
mod plan;
mod poller;
mod record;
mod report;
mod schedule;
mod sql;
mod state;

pub mod config;

pub use error::PollSetupError;
pub use file::FileSetupError;
pub use http::HttpSetupError;
pub use json::PointerError;
pub use moment::{MomentError, TimeFormat};
pub(crate) use plan::Plan;
pub use plan::{FieldError, PlanError};
pub use poller::Poller;
pub(crate) use record::{export_request, reading_of_exchange};
pub use report::{Outcome, PollReport};
pub use sql::{SqlSetupError, StatementError};
