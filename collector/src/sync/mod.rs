//! Whether copies agree with where they come from, and since when they do not.
//!
//! Readings are taken in as they were stored ([`feed`](ledger)): each system's [`Copy`](copy::Copy) of an
//! item keeps the newest value and since when it has it, whatever the order of arrival. Of each declared
//! pair of systems ([`pair`]) copies are held against each other: where they differ a [`drift`] begins, and it
//! ends when the target shows what the source does. So its length is the sync lag, and one that does not end
//! grows while nothing arrives. Of a feed or search index the copy says when it was made, and so its [`age`].
//!
//! Of stock, [orders in flight](flight) explain a part of what differs ([`explain`]): it is told apart when somebody asks.
//!
//! What is written follows from what is stored, so it does not matter how many collectors do it, or where
//! one of them ends.

mod age;
mod alias;
mod copy;
mod drift;
mod evaluator;
mod explain;
mod flight;
mod history;
mod item;
mod known;
mod ledger;
mod metrics;
mod otlp;
mod packed;
mod pair;
mod past;
mod recent;
mod view;

pub use alias::{AliasError, Aliases};
pub use evaluator::{Evaluator, Taken, run};
pub(crate) use explain::{Differing, Flights, MOST_SKUS};
pub(crate) use ledger::{OPEN, open_at};
pub use metrics::SyncMetrics;
pub use pair::{Pairs, PairsError};
pub use view::SyncView;
