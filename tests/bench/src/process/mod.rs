//! Programs under test: started, measured and stopped as processes of their own.

mod meter;
mod port;
mod program;

pub(crate) use meter::{Meter, Usage};
pub(crate) use port::free_port;
pub(crate) use program::Program;
