//! Real HTTP between the systems: who listens where, how a request is received and sent.

mod call;
mod call_error;
mod directory;
mod inbound;
mod listener;
mod outbound;
mod request_id;
mod scope;
mod station;

pub(crate) use call::{Call, Reply};
pub use call_error::CallError;
pub(crate) use directory::Directory;
pub use directory::{ProxiedRoute, SESSION_HEADER};
pub(crate) use inbound::{ServiceError, receive};
pub(crate) use listener::{bind, serve};
pub(crate) use scope::Scope;
pub(crate) use station::{Station, World};
