//! The terminal UI: `update(&mut State, Event) -> Vec<Action>`. A state knows nothing of how
//! it is drawn, a view draws and decides nothing, and only the runtime does I/O.

mod action;
#[cfg(test)]
mod alerts_tests;
#[cfg(test)]
mod clocks_tests;
#[cfg(test)]
mod driver;
mod event;
mod executor;
#[cfg(test)]
mod explain_tests;
#[cfg(test)]
mod findings_tests;
mod geometry;
#[cfg(test)]
mod hotspots_tests;
#[cfg(test)]
mod incident_tests;
mod keymap;
#[cfg(test)]
mod map_tests;
mod pane;
mod runtime;
pub mod state;
#[cfg(test)]
mod surface_tests;
#[cfg(test)]
mod sync_tests;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use action::Action;
pub use event::{Event, NoAnswer};
pub use executor::Executor;
pub use geometry::PaneSize;
pub use runtime::{TuiSettings, run_tui};
pub use update::update;
pub use view::{Look, draw};
