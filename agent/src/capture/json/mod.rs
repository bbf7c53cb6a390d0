//! Looking for values in JSON bodies: one pass over the bytes, no tree, and a body that was
//! cut off yields what stood before the cut.

mod path;
mod walk;

pub(in crate::capture) use path::JsonPath;
pub use path::JsonPathError;
pub(in crate::capture) use walk::{Hit, Leaf, Pattern, Walk, walk};

#[cfg(test)]
mod tests;
