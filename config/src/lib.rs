//! How the ordertrace programs read their YAML files: one loader, one way of writing
//! durations and of saying where a secret stands, and example files made from the defaults, so
//! that none of them can drift.

mod duration;
mod error;
mod example;
mod load;
mod nearest;
mod secret;

pub use duration::{Duration, DurationError};
pub use error::{ConfigError, Place};
pub use example::{ExampleError, example, json_schema, to_yaml};
pub use load::{load, parse};
pub use nearest::nearest;
pub use secret::{Secret, SecretError, SecretText};
