//! The orders list: one line per journey, kept up to date as journeys grow.

mod list;
mod row;
mod summary;
mod touched;
mod tracker;

pub use list::Orders;
pub use summary::summarise;
pub use touched::{Touched, Tracked};
pub use tracker::track;
