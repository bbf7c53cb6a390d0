//! Real HTTP between the systems: who listens where, how a request is received and sent.

mod directory;
mod inbound;
mod listener;
mod outbound;
mod request_id;
mod scope;
mod station;

pub(crate) use directory::Directory;
pub use directory::{ProxiedRoute, SESSION_HEADER};
pub(crate) use inbound::{ServiceError, receive};
pub(crate) use listener::{bind, serve};
pub use outbound::CallError;
pub(crate) use outbound::{Call, Reply};
pub(crate) use scope::Scope;
pub(crate) use station::{Station, World};
