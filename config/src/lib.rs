//! How the ordertrace programs read their YAML files: one loader, one way of writing
//! durations, and example files made from the defaults, so that none of them can drift.

mod duration;
mod error;
mod example;
mod load;
mod nearest;

pub use duration::{Duration, DurationError};
pub use error::{ConfigError, Place};
pub use example::{ExampleError, example, json_schema, to_yaml};
pub use load::{load, parse};
pub use nearest::nearest;
