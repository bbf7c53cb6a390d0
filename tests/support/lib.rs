//! Support of the workspace-wide tests: the real programs as processes.

mod collector;
mod program;
pub mod recording;

pub use collector::CollectorProcess;
pub use program::{binary, workspace};
