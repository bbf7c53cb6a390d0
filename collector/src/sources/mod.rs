//! What readings come from, and whether they are up to date: polls of agents, and systems that tell of themselves.
//!
//! Each request is stored with what it tells of sources; the newest of each and of each outcome is kept
//! ([`ledger`]). How a source is ([`state`]) follows from that and from the time at which somebody asks, so that it
//! is the same for all collectors, and a source grows stale while nothing arrives. What is compared says when it
//! rests on one that is not up to date ([`doubt`]).

mod doubt;
mod ledger;
mod metrics;
mod state;
mod view;

pub use metrics::{SourceMetrics, run};
pub use view::SourceView;
