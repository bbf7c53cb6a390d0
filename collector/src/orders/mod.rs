//! The orders list: one line per journey, put together when somebody looks.
//!
//! Storing only notes in which journeys something happened ([`recent`]). Who asks for the
//! list pays for the journeys on it; a line that nothing was added to is kept ([`lines`]).

mod lines;
mod list;
mod recent;
mod summary;

pub use list::Orders;
pub(crate) use recent::recent;
pub use summary::summarise;
